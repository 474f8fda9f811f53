"""What whoever calls for help may add; nothing of it is needed."""

from django import forms

from facilitation.distress.rules import NOTE


class WordForm(forms.Form):
    """A word to whoever called."""

    note = forms.CharField(
        max_length=NOTE,
        required=False,
        label="A word to whoever called",
        error_messages={"required": "Say it in your own words; one line is enough."},
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It reaches them at once, here and by e-mail, in your name.",
    )


class NoteForm(forms.Form):
    """A word to those who are called."""

    note = forms.CharField(
        max_length=NOTE,
        required=False,
        label="Anything that whoever comes should know?",
        help_text="A name, a house number, how you know them.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
