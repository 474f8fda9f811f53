"""One's tokens over the API: seen and ended by token too, made only by somebody who is there."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from network.rest.endpoint import Endpoint, Input
from network.tokens import actions
from network.tokens.models import AccessToken, Scope


class TokenShape(serializers.Serializer):
    """A token of mine, without its value."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_on = serializers.DateField(allow_null=True)


class NewTokenShape(TokenShape):
    """A token just made; its value is shown this once."""

    token = serializers.CharField(allow_null=True)


class TokenInput(Input):
    name = serializers.CharField(max_length=60)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices), min_length=1, max_length=len(Scope)
    )


class TokensEndpoint(Endpoint):
    """My access tokens in this network."""

    fresh = {"create"}
    shown_once = ("token",)

    def get_queryset(self):
        return AccessToken.objects.visible_to(self.request.user)

    @extend_schema(responses=TokenShape(many=True))
    def list(self, request):
        """My tokens, the newest first."""
        tokens = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(TokenShape(tokens, many=True).data)

    @extend_schema(request=TokenInput, responses={201: NewTokenShape})
    def create(self, request):
        """Make a token; not open to tokens, and asks for a fresh sign-in."""
        token, token.token = actions.create_token(
            request.user, request.network, **self.body(TokenInput)
        )
        return Response(NewTokenShape(token).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk):
        """End a token."""
        token = get_object_or_404(self.get_queryset(), pk=pk)
        actions.revoke_token(token, request.user)
        return Response(status=204)
