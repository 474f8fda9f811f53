from django.urls import path

from network.networks import views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/<str:username>/", views.person, name="person"),
    path("people/<str:username>/role/", views.person_role, name="person_role"),
    path("people/<str:username>/suspend/", views.suspend, name="suspend"),
    path("people/<str:username>/unsuspend/", views.unsuspend, name="unsuspend"),
    path("network/", views.network_admin, name="network_admin"),
    path("house-rules/", views.house_rules, name="house_rules"),
    path("move-in/", views.move_in, name="move_in"),
]
