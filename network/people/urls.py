from django.urls import path

from network.people import views

urlpatterns = [
    path("people/<slug:username>/avatar.svg", views.avatar, name="avatar"),
    path("me/", views.profile, name="profile"),
    path("theme/", views.theme, name="theme"),
]
