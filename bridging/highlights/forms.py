"""What people type on the way of a highlight."""

from django import forms

from bridging.highlights.actions import ECHO, NOTE


class ProposeForm(forms.Form):
    """Why others may like it."""

    note = forms.CharField(
        max_length=NOTE,
        required=False,
        label="A line to its author",
        help_text="Why would others like to read it? Its author sees this with your question.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EchoForm(forms.Form):
    """A line or two back to the group."""

    body = forms.CharField(
        max_length=ECHO,
        label="Write back",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write a line or two to send."},
    )
