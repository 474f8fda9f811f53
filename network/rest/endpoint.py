"""The viewset that every room's api.py extends: it lets in, asks, answers; it decides nothing."""

import uuid
from datetime import UTC
from functools import partial

from django.http import Http404, HttpResponseNotModified
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from rest_framework import serializers, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from network.ids import names_an_id
from network.people.models import Visitor
from network.registries import api_posts
from network.rest import limits
from network.rest.body import Asked, Input
from network.rest.errors import EditConflict
from network.rest.scopes import scopes_of
from network.rest.session import ask_for_fresh_sign_in
from network.transactions import deed

__all__ = ["Asked", "Endpoint", "Input", "PersonBrief"]


class PersonBrief(serializers.Serializer):
    """How a person stands in another shape; null for a former member."""

    username = serializers.CharField()
    name = serializers.CharField()
    avatar = serializers.SerializerMethodField()

    def get_avatar(self, person) -> str:
        return reverse("avatar", args=[person.username])


class Endpoint(viewsets.GenericViewSet):
    """Some addresses of the API about one thing.

    scopes            {action: scope or scopes of which a token needs one}; else read or write
    open_to_visitors  actions that ask nobody to sign in
    open_to_those_outside  those for a session of somebody who has no place in this network
    fresh             actions that ask for a sign-in of just now, and take no token
    asked             {action: Asked serializer}; what it read stands in `self.query`
    ordering          how a list is ordered: no nulls, together unique
    shown_once        fields of an answer that are not kept for a repeated request
    """

    counts_for_itself = True  # the middleware of limits leaves it alone
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    scopes: dict = {}
    open_to_visitors: set = set()
    open_to_those_outside: set = set()
    fresh: set = set()
    asked: dict = {}
    ordering: tuple = ("-id",)
    shown_once: tuple = ()

    # One request

    def dispatch(self, request, *args, **kwargs):
        """Answer one request; every time that is said is in UTC."""
        with timezone.override(UTC):
            self.args, self.kwargs = args, kwargs
            self.request = self.initialize_request(request, *args, **kwargs)
            self.headers = self.default_response_headers
            try:
                self.initial(self.request, *args, **kwargs)
                response = self.handle()
            except Exception as error:
                response = self.handle_exception(error)
            self.response = self.finalize_response(self.request, response, *args, **kwargs)
            return self.response

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        look_at_path(kwargs)
        self.query = self.read_query()

    def perform_authentication(self, request):
        """Who asks; and count it, also when the token is none of ours."""
        try:
            super().perform_authentication(request)
        except Exception:
            request.user, request.auth = Visitor(), None
            limits.spend_request(request)
            raise
        limits.spend_request(request)

    def check_permissions(self, request):
        if request.method.lower() not in self.action_map:
            self.http_method_not_allowed(request)
        super().check_permissions(request)
        if self.action in self.fresh:
            ask_for_fresh_sign_in(request, timezone.now())

    def handle(self):
        """Do what is asked, with what stands around it."""
        method = self.request.method.lower()
        handle = partial(getattr(self, method), self.request, *self.args, **self.kwargs)
        if method == "post":
            for _, guard in api_posts.items():
                handle = partial(guard, self, handle)
        elif "If-Match" in self.request.headers and method not in ("get", "head"):
            handle = partial(self.unless_changed, handle)
        return handle()

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        is_one_thing = isinstance(response, Response) and not hasattr(response, "is_list")
        if is_one_thing and response.status_code == 200 and request.method in SAFE_METHODS:
            response.add_post_render_callback(self.tag)
        return response

    # What the actions of a viewset use

    def body(self, shape, **facts):
        """The body as `shape` (an Input) reads it; 400 by field where it does not fit."""
        body = shape(data=self.request.data, context=self.get_serializer_context(), **facts)
        body.is_valid(raise_exception=True)
        return body.validated_data

    def get_ordering(self):
        return self.ordering

    def scopes_asked(self):
        return scopes_of(self.scopes, self.action, self.request.method)

    def read_query(self):
        """What the query string asks, by this action's `asked`; a name said twice is 400."""
        shape = self.asked.get(self.action, Asked)
        said = self.request.query_params
        names = {*shape().fields, "limit", "cursor"}
        twice = {name: ["Say it once."] for name in names if len(said.getlist(name)) > 1}
        if twice:
            raise serializers.ValidationError(twice)
        query = shape(data=said.dict(), context=self.get_serializer_context())
        query.is_valid(raise_exception=True)
        return query.validated_data

    # ETags

    def tag(self, response):
        """Give the rendered answer its ETag; 304 when the caller has it already."""
        etag = etag_of(self.request.user, response.content)
        known = parse_etags(self.request.headers.get("If-None-Match", ""))
        if etag in [mark.removeprefix("W/") for mark in known] or "*" in known:
            response = HttpResponseNotModified(headers={"Cache-Control": "private, no-store"})
        response["ETag"] = etag
        return response

    @deed
    def unless_changed(self, handle):
        """Do it only if the thing is still what the caller read; its row is held meanwhile."""
        if (self.lookup_url_kwarg or self.lookup_field) in self.kwargs:
            thing = self.get_object()
            type(thing)._base_manager.select_for_update(no_key=True).get(pk=thing.pk)
        wanted = parse_etags(self.request.headers["If-Match"])
        if wanted != ["*"] and self.present_etag() not in wanted:
            raise EditConflict
        return handle()

    def present_etag(self):
        """The ETag that a GET of this address would carry now; None where there is no GET."""
        reader, action = self.action_map.get("get"), self.action
        if reader is None:
            return None
        self.action = reader
        shown = getattr(self, reader)(self.request, *self.args, **self.kwargs)
        self.action = action
        return etag_of(self.request.user, self.request.accepted_renderer.render(shown.data))


def etag_of(person, content):
    """A mark of these bytes for this person: it says nothing to anybody else."""
    seen = f"{person.pk}:".encode() + content
    return f'"{salted_hmac("network.rest.etag", seen, algorithm="sha256").hexdigest()[:32]}"'


def look_at_path(parts):
    """404 for an address that can name nothing: a NUL in it, or an id that is no UUID."""
    for name, value in parts.items():
        if "\0" in str(value):
            raise Http404
        if names_an_id(name):
            try:
                uuid.UUID(str(value))
            except ValueError:
                raise Http404 from None
