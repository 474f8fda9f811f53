"""The pages of moderation."""

from django.urls import path

from facilitation.moderation import move_views, views

urlpatterns = [
    path("posts/<uuid:id>/report/", views.report_post, name="report_post"),
    path("people/<slug:username>/report/", views.report_person, name="report_person"),
    path("groups/<slug:slug>/report/", views.report_group, name="report_group"),
    path("highlights/<uuid:pk>/report/", views.report_highlight, name="report_highlight"),
    path("reports/", views.reports, name="reports"),
    path("reports/<uuid:pk>/", views.report, name="report"),
    path("groups/<slug:slug>/decisions/", views.group_decisions, name="group_decisions"),
    path("decisions/", views.my_decisions, name="my_decisions"),
    path("decisions/<uuid:pk>/", views.decision, name="decision"),
    path("decisions/<uuid:pk>/undo/", views.undo_decision, name="undo_decision"),
    path("decisions/<uuid:pk>/appeal/", views.appeal_decision, name="appeal_decision"),
    path("redirects/<uuid:pk>/accept/", views.accept_redirect, name="accept_redirect"),
    path("redirects/<uuid:pk>/decline/", views.decline_redirect, name="decline_redirect"),
    path("posts/<uuid:id>/hide/", views.hide_post, name="hide_post"),
    path("posts/<uuid:id>/hidden/", views.hidden_post, name="hidden_post"),
    path("threads/<uuid:id>/slow/", views.slow_thread, name="slow_thread"),
    path("threads/<uuid:id>/move/", move_views.move_thread, name="move_thread"),
    path("threads/<uuid:id>/redirect/", views.redirect_thread, name="redirect_thread"),
    path(
        "groups/<slug:slug>/people/<slug:username>/pause/",
        views.pause_member,
        name="pause_member",
    ),
]
