"""What people type who appeal, and who decide."""

from django import forms

from microgroups.appeals.actions import TEXT
from microgroups.appeals.models import State
from microgroups.groups.rules import NOTE


class AppealForm(forms.Form):
    """What they say."""

    text = forms.CharField(
        max_length=TEXT,
        label="What would you like them to know?",
        help_text="It goes to somebody who did not decide this.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ResolveForm(forms.Form):
    """What becomes of it, and why."""

    decision = forms.ChoiceField(
        label="What becomes of it?",
        widget=forms.RadioSelect,
        choices=[
            (State.LIFTED, "They may come in again"),
            (State.UPHELD, "It stays as it is"),
        ],
    )
    reason = forms.CharField(
        max_length=NOTE,
        label="Why?",
        help_text="They read this.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
