"""How a group greets."""

from django import forms

from facilitation.welcome.rules import GREETING, STEPS


class GreetingForm(forms.Form):
    """The words of the greeting, and the steps that follow."""

    greeting = forms.CharField(
        label="Your own words of welcome",
        help_text="Kith sends them to whoever comes in, and says that it is Kith who does. "
        "Leave it empty for our greeting alone.",
        max_length=GREETING,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    steps = forms.MultipleChoiceField(
        label="In the first two weeks",
        choices=list(STEPS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
