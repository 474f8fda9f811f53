"""What whoever calls for help may add; nothing of it is needed."""

from django import forms

from facilitation.distress.rules import NOTE


class NoteForm(forms.Form):
    """A word to those who are called."""

    note = forms.CharField(
        max_length=NOTE,
        required=False,
        label="Anything that whoever comes should know?",
        help_text="A name, a house number, how you know them.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
