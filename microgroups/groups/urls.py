"""The pages of groups."""

from django.urls import path

from microgroups.groups import start_views, views

urlpatterns = [
    path("groups/", views.discover, name="discover"),
    path("groups/start/", start_views.start_group, name="start_group"),
    path("groups/start/<uuid:pk>/", start_views.group_draft, name="group_draft"),
    path("groups/start/<uuid:pk>/drop/", start_views.drop_draft, name="drop_draft"),
    path(
        "groups/start/<uuid:pk>/<slug:step>/",
        start_views.group_draft_step,
        name="group_draft_step",
    ),
    path("groups/<slug:slug>/settings/", views.group_settings, name="group_settings"),
    path("groups/<slug:slug>/cap/", views.group_cap, name="group_cap"),
    path("groups/<slug:slug>/archive/", views.archive_group, name="archive_group"),
    path("groups/<slug:slug>/restore/", views.restore_group, name="restore_group"),
    path("groups/<slug:slug>/approve/", views.approve_group, name="approve_group"),
    path("groups/<slug:slug>/decline/", views.decline_group, name="decline_group"),
    path("groups/<slug:slug>/pledge/", views.pledge_to_come, name="pledge_to_come"),
    path("groups/<slug:slug>/propose/", views.propose_again, name="propose_again"),
]
