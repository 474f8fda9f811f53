from django.urls import path

from bridging.search import views

urlpatterns = [path("search/", views.search, name="search")]
