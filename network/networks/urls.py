from django.urls import path

from network.networks import views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/<slug:username>/", views.person, name="person"),
    path("people/<slug:username>/role/", views.person_role, name="person_role"),
    path("people/<slug:username>/suspend/", views.suspend, name="suspend"),
    path("people/<slug:username>/unsuspend/", views.unsuspend, name="unsuspend"),
    path("network/", views.network_admin, name="network_admin"),
    path("house-rules/", views.house_rules, name="house_rules"),
    path("move-in/", views.move_in, name="move_in"),
    path("me/leave/", views.leave_network, name="leave_network"),
]
