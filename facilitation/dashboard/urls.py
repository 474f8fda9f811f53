from django.urls import path

from facilitation.dashboard import views

urlpatterns = [
    path("care/", views.care, name="care"),
    path("groups/<slug:slug>/care/", views.group_care, name="group_care"),
]
