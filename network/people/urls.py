from django.urls import path

from network.people import views

urlpatterns = [
    path("people/<slug:username>/avatar.svg", views.avatar, name="avatar"),
    path("people/<slug:username>/block/", views.block, name="block"),
    path("people/<slug:username>/unblock/", views.unblock, name="unblock"),
    path("me/", views.profile, name="profile"),
    path("me/blocks/", views.blocks, name="blocks"),
    path("theme/", views.theme, name="theme"),
]
