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
    )
    reason = forms.CharField(
        max_length=NOTE,
        label="Why?",
        help_text="They read this.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, about_place=True, **facts):
        super().__init__(*args, **facts)
        lifted = "They may come in again" if about_place else "It is taken back"
        self.fields["decision"].choices = [
            (State.LIFTED, lifted),
            (State.UPHELD, "It stays as it is"),
        ]
