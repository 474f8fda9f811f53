"""At what a group looks twice."""

from django import forms


class LinesField(forms.CharField):
    """A text as its lines."""

    widget = forms.Textarea

    def prepare_value(self, value):
        return value if isinstance(value, str) or value is None else "\n".join(value)

    def to_python(self, value):
        return super().to_python(value).splitlines()


class ReminderForm(forms.Form):
    """Whether people are asked to look twice, and at what."""

    on = forms.BooleanField(
        required=False,
        label="Ask for a second look\nBefore something goes out that holds one of these. Whoever "
        "wrote it changes it, or posts it as it is.",
    )
    capitals = forms.BooleanField(
        required=False, label="Capitals\nWhere most of a text is written in them"
    )
    marks = forms.BooleanField(
        required=False, label="Exclamation marks\nThree in a row, or six in one text"
    )
    words = LinesField(
        required=False,
        label="Words you would rather say otherwise",
        help_text="One in each line, thirty at most. Everybody in the group can read them.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
