"""What may be searched for."""

from django import forms

from bridging.search.finding import KINDS
from bridging.search.rules import MOST_CHARACTERS


class SearchForm(forms.Form):
    """Words, and where to look."""

    q = forms.CharField(
        max_length=MOST_CHARACTERS,
        required=False,
        label="Search for",
        widget=forms.TextInput(attrs={"type": "search"}),
        error_messages={"max_length": "Please use at most 200 characters."},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["in"] = forms.ChoiceField(
            choices=[(kind, kind) for kind in KINDS], required=False
        )
