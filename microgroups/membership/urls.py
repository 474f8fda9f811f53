"""The pages at the door of a group, and about the people in it."""

from django.urls import path

from microgroups.membership import invited, views

GROUP = "groups/<slug:slug>/"
PERSON = GROUP + "people/<slug:username>/"

urlpatterns = [
    path(GROUP + "join/", views.join, name="join"),
    path(GROUP + "leave/", views.leave, name="leave"),
    path(GROUP + "rest/", views.rest, name="rest"),
    path(GROUP + "return/", views.return_to_group, name="return_to_group"),
    path(GROUP + "people/", views.group_people, name="group_people"),
    path(PERSON, views.group_member, name="group_member"),
    path(PERSON + "remove/", views.remove_member, name="remove_member"),
    path(PERSON + "role/", views.change_role, name="change_role"),
    path(PERSON + "unbar/", views.unbar, name="unbar"),
    path(GROUP + "invitations/", invited.group_invitations, name="group_invitations"),
    path(
        GROUP + "invitations/<uuid:pk>/revoke/",
        invited.revoke_invitation,
        name="revoke_invitation",
    ),
    path("invitations/<code>/", invited.invitation, name="invitation"),
    path("invitations/<code>/decline/", invited.decline_invitation, name="decline_invitation"),
    path("invitations/stop/<str:token>/", invited.stop_letters, name="stop_letters"),
    path(GROUP + "requests/", views.group_requests, name="group_requests"),
    path(GROUP + "requests/<slug:username>/admit/", views.admit, name="admit"),
    path(
        GROUP + "requests/<slug:username>/decline/", views.decline_request, name="decline_request"
    ),
]
