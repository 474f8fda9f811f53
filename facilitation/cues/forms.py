"""What a facilitator types into a cue."""

from datetime import timedelta

from django import forms
from django.utils import timezone


class NoteForm(forms.Form):
    """A few words to the cue's person."""

    note = forms.CharField(max_length=1000, widget=forms.Textarea, label="Your words")


class AnswerForm(forms.Form):
    """A reply in the thread."""

    note = forms.CharField(max_length=40_000, widget=forms.Textarea, label="Your words")


class DismissForm(forms.Form):
    """Why nothing is to be done; it helps Kith to notice better."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What should we know?",
        help_text="For example: they told me that they are away until spring.",
    )


class SnoozeForm(forms.Form):
    """For how long to put a cue aside."""

    hours = forms.IntegerField(min_value=1, max_value=24 * 30, required=False)

    def until(self):
        return timezone.now() + timedelta(hours=self.cleaned_data["hours"] or 1)


class AssignForm(forms.Form):
    """Whom to ask: a username."""

    to = forms.CharField(max_length=30)
