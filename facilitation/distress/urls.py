"""The pages of calling for help."""

from django.urls import path

from facilitation.distress import views

urlpatterns = [
    path("posts/<uuid:id>/distress/", views.distress_post, name="distress_post"),
    path("groups/<slug:slug>/distress/", views.distress_group, name="distress_group"),
    path("distress/<uuid:pk>/", views.distress, name="distress"),
    path("distress/<uuid:pk>/seen/", views.distress_seen, name="distress_seen"),
    path("distress/<uuid:pk>/word/", views.distress_word, name="distress_word"),
]
