from django.urls import path

from network.tokens import views

urlpatterns = [
    path("me/tokens/", views.tokens, name="tokens"),
    path("me/tokens/<uuid:id>/revoke/", views.revoke_token, name="revoke_token"),
]
