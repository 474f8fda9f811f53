"""Making a token on a page."""

from django import forms

from network.tokens.models import Scope

SAYS = {
    Scope.READ: "Read\nWhat you may read.",
    Scope.WRITE: "Write\nPost, join and answer in your name.",
    Scope.FACILITATE: "Facilitate\nWhat you do for groups that you look after.",
    Scope.ADMIN: "Run the network\nWhat you do as a moderator or an admin.",
}


class TokenForm(forms.Form):
    name = forms.CharField(
        label="What is it for?", max_length=60, help_text="A name by which you will know it later."
    )
    scopes = forms.MultipleChoiceField(
        label="What may it do?",
        choices=list(SAYS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
