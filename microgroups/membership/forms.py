"""What people type at the door of a group, and in it."""

import re

from django import forms

from microgroups.groups.rules import NOTE
from microgroups.membership.models import Role
from microgroups.membership.rules import ANSWER, DESCRIPTION, MOST_USES, WORDS


class JoinForm(forms.Form):
    """One answer for each question of the group; kept: {question: what was kept for later}."""

    def __init__(self, *args, questions=(), kept=None, **kwargs):
        super().__init__(*args, **kwargs)
        for number, question in enumerate(questions):
            self.fields[f"answer_{number}"] = forms.CharField(
                max_length=ANSWER,
                label=question,
                initial=(kept or {}).get(question, ""),
                widget=forms.Textarea(attrs={"rows": 3}),
                error_messages={"required": "Please write a line; it goes to the facilitators."},
            )

    def may_be_empty(self):
        """What is kept for later need not be finished."""
        for field in self.fields.values():
            field.required = False

    def answers(self):
        """The answers in the order of the questions."""
        return list(self.cleaned_data.values())


class InviteForm(forms.Form):
    """Who is asked in by name."""

    who = forms.CharField(
        max_length=60,
        label="Their name, or their username",
        help_text="A few letters are enough; you choose whom you mean.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Please write whom you mean."},
    )
    words = forms.CharField(max_length=WORDS, required=False, label="A line from you")


class LettersForm(forms.Form):
    """Who is asked in by mail."""

    emails = forms.CharField(
        max_length=20 * 255,
        label="Addresses, one on each line",
        help_text="We write once, remind once after a day, and then leave them in peace.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"required": "Please write one address at least."},
    )
    words = forms.CharField(max_length=WORDS, required=False, label="A line from you")

    def clean_emails(self):
        """The addresses as a list; what is none is said by whoever writes to them."""
        return re.split(r"[\s,;]+", self.cleaned_data["emails"].strip())


class LinkForm(forms.Form):
    """For how many a link is."""

    max_uses = forms.IntegerField(
        min_value=1, max_value=MOST_USES, initial=5, label="For how many people"
    )
    words = forms.CharField(max_length=WORDS, required=False, label="A line from you")


class DescribeForm(forms.Form):
    """What one may be asked about, and what one would like to learn."""

    offers = forms.CharField(max_length=DESCRIPTION, required=False, label="Ask me about")
    asks = forms.CharField(max_length=DESCRIPTION, required=False, label="I would like to learn")


class RemoveForm(forms.Form):
    """Why somebody has to go."""

    reason = forms.CharField(
        max_length=NOTE,
        label="Why?",
        help_text="They read this.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    bar = forms.BooleanField(
        required=False,
        initial=True,
        label="They cannot come back by themselves\nA facilitator can lift this.",
    )


class DeclineForm(forms.Form):
    """Why not this time."""

    reason = forms.CharField(
        max_length=NOTE,
        label="Why not this time?",
        help_text="They read this; they can ask again after a week.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RoleForm(forms.Form):
    """Member or facilitator."""

    role = forms.ChoiceField(choices=Role.choices)
