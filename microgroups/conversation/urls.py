"""The pages of conversations."""

from django.urls import path

from microgroups.conversation import thread_views, views

urlpatterns = [
    path("catch-up/", views.catch_up, name="catch_up"),
    path("catch-up/read/", views.read_everything, name="read_everything"),
    path("groups/<slug:slug>/", views.group, name="group"),
    path("groups/<slug:slug>/past/", views.group_past, name="group_past"),
    path("groups/<slug:slug>/read/", views.read_group, name="read_group"),
    path("groups/<slug:slug>/threads/new/", thread_views.new_thread, name="new_thread"),
    path("threads/<uuid:id>/", thread_views.thread, name="thread"),
    path("threads/<uuid:id>/edit/", thread_views.edit_thread, name="edit_thread"),
    path("threads/<uuid:id>/delete/", thread_views.delete_thread, name="delete_thread"),
    path("threads/<uuid:id>/undelete/", thread_views.undelete_thread, name="undelete_thread"),
    path("threads/<uuid:id>/close/", thread_views.close_thread, name="close_thread"),
    path("threads/<uuid:id>/pin/", thread_views.pin_thread, name="pin_thread"),
    path("threads/<uuid:id>/answer/", thread_views.choose_answer, name="choose_answer"),
    path("posts/<uuid:id>/edit/", thread_views.edit_post, name="edit_post"),
    path("posts/<uuid:id>/delete/", thread_views.delete_post, name="delete_post"),
    path("posts/<uuid:id>/undelete/", thread_views.undelete_post, name="undelete_post"),
    path("posts/<uuid:id>/history/", thread_views.post_history, name="post_history"),
    path("posts/<uuid:id>/react/", thread_views.react, name="react"),
]
