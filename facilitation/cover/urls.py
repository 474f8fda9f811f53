from django.urls import path

from facilitation.cover import views

urlpatterns = [
    path("groups/<slug:slug>/cover/", views.group_cover, name="group_cover"),
    path("groups/<slug:slug>/cover/rota/", views.cover_rota, name="cover_rota"),
    path("groups/<slug:slug>/cover/days/", views.cover_days, name="cover_days"),
    path("groups/<slug:slug>/cover/leave/", views.cover_leave, name="cover_leave"),
    path("groups/<slug:slug>/cover/<uuid:pk>/back/", views.cover_back, name="cover_back"),
    path("groups/<slug:slug>/notes/<slug:username>/", views.member_notes, name="member_notes"),
]
