"""Search over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from bridging.search.finding import KINDS, asked
from bridging.search.rules import MOST_CHARACTERS
from network.rest.endpoint import Asked, Endpoint
from network.rest.listing import in_pages


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
