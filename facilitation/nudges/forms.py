"""What is typed into a draft, and what a group wishes."""

from django import forms

from facilitation.nudges.rules import LONGEST


class LetterForm(forms.Form):
    """The words to somebody."""

    body = forms.CharField(
        max_length=LONGEST,
        label="Yours to change",
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": "Say it in your own words; one line is enough."},
    )


class HabitForm(forms.Form):
    """What Kith may do by itself."""

    by_kith = forms.BooleanField(required=False)
    rests = forms.BooleanField(required=False)


class ChoiceForm(forms.Form):
    """Stay, rest or leave."""

    choice = forms.ChoiceField(choices=[(name, name) for name in ("stay", "rest", "leave")])
