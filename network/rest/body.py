"""What comes in: JSON as it is defined, and fields that take the type they name and no other."""

import json
import math
from collections.abc import Mapping

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

NUMBERS = (int, float)
TYPES = (
    (serializers.BooleanField, bool),
    (serializers.IntegerField, int),
    (serializers.FloatField, NUMBERS),
    (serializers.DecimalField, NUMBERS),
    (serializers.MultipleChoiceField, list),
    (serializers.ListField, list),
    (serializers.ListSerializer, list),
    (serializers.DictField, dict),
    (serializers.Serializer, dict),
    (serializers.JSONField, object),
    (serializers.Field, str),
)
NAMES = {
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "an object",
    str: "a text",
}


class Json(BaseParser):
    """A body of JSON in UTF-8."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            text = stream.read().decode("utf-8")
            return json.loads(text, parse_constant=never, parse_float=finite)
        except (ValueError, RecursionError):
            raise ParseError("The body is not JSON in UTF-8.") from None


def never(word):
    raise ValueError(f"{word} is no JSON.")


def finite(digits):
    number = float(digits)
    return number if math.isfinite(number) else never(digits)


class Input(serializers.Serializer):
    """A body: unknown fields are ignored, and a number is never taken for a text."""

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            wrong = {
                name: [f"Must be {NAMES.get(type_of(field), 'a number')}."]
                for name, field in self.fields.items()
                if not field.read_only and data.get(name) is not None
                if not fits(field, data[name])
            }
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


class Asked(serializers.Serializer):
    """A query string. What it does not name is ignored."""


def type_of(field):
    return next(kind for of, kind in TYPES if isinstance(field, of))


def fits(field, value):
    """Whether a value of JSON has the type of this field."""
    kind = type_of(field)
    if isinstance(value, bool) and kind not in (bool, object):
        return False
    if not isinstance(value, kind):
        return False
    if kind in (list, dict) and getattr(field, "child", None) is not None:
        items = value.values() if kind is dict else value
        return all(item is None or fits(field.child, item) for item in items)
    return True
