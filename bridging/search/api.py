"""Search over the API."""

from django.core import signing
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from bridging.search.finding import KINDS, asked
from bridging.search.rules import MOST_CHARACTERS
from network.pages import lock_of
from network.rest.endpoint import Asked, Endpoint
from network.rest.listing import limit_of


class HitShape(serializers.Serializer):
    """Something that holds the words."""

    type = serializers.ChoiceField(["group", "person", "post", "highlight"])
    id = serializers.UUIDField()
    url = serializers.CharField()
    title = serializers.CharField()
    excerpt_html = serializers.CharField()
    group = serializers.SlugField(allow_null=True)
    at = serializers.DateTimeField()


class SearchAsked(Asked):
    q = serializers.CharField(max_length=MOST_CHARACTERS)

    def get_fields(self):
        fields = super().get_fields()
        fields["in"] = serializers.ChoiceField(KINDS, required=False)
        return fields


class SearchEndpoint(Endpoint):
    """Everything I may see that holds the words."""

    asked = {"list": SearchAsked}

    @extend_schema(responses=HitShape(many=True))
    def list(self, request):
        """What holds the words, best first."""
        kinds = [self.query["in"]] if "in" in self.query else KINDS
        hits = asked(request, self.query["q"], kinds=kinds)
        answer = Response(HitShape(hits, many=True).data)
        return in_pages(answer, request)


def in_pages(answer, request):
    """A part of what was found, with cursors: the whole of it is at most some hundred hits."""
    size, lock = limit_of(request.query_params), lock_of(request)
    try:
        start = signing.loads(request.query_params["cursor"], salt=lock)
    except KeyError:
        start = 0
    except signing.BadSignature:
        raise Http404 from None
    hits, path = answer.data, request.path

    def address(at):
        query = request.query_params.copy()
        query["cursor"] = signing.dumps(at, salt=lock)
        return request.network.absolute(f"{path}?{query.urlencode()}")

    answer.data = {
        "next": address(start + size) if start + size < len(hits) else None,
        "previous": address(max(0, start - size)) if start else None,
        "results": hits[start : start + size],
    }
    answer.is_list = True
    return answer
