"""The pages of charters."""

from django.urls import path

from microgroups.charter import views

CHARTER = "groups/<slug:slug>/charter/"

urlpatterns = [
    path(CHARTER, views.group_charter, name="group_charter"),
    path(f"{CHARTER}history/", views.charter_history, name="charter_history"),
    path(f"{CHARTER}confirm/", views.confirm_charter, name="confirm_charter"),
    path(
        "groups/<slug:slug>/agreements/accept/", views.accept_agreements, name="accept_agreements"
    ),
]
