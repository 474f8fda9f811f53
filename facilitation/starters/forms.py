"""What a facilitator types into a starter, and when it is to be asked."""

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone

from facilitation.starters.library import KINDS
from microgroups.conversation.forms import words_field

KEEP, NOW, MORNING, THEN = "keep", "now", "morning", "then"
EIGHT = time(8)


class StarterForm(forms.Form):
    """The words, and by which button they were sent."""

    title = forms.CharField(
        label="Title", error_messages={"required": "Give it a title, so that others find it."}
    )
    body = words_field(
        "Your words",
        7,
        help_text="Say why you ask, and ask for one thing that can be answered in a few lines.",
    )
    at = forms.DateTimeField(
        required=False,
        label="At another time",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "Choose a day and an hour, like 2027-05-03 08:00."},
    )
    when = forms.ChoiceField(
        choices=[(each, each) for each in (KEEP, NOW, MORNING, THEN)], required=False
    )

    def clean(self):
        said = super().clean()
        if said.get("when") == THEN and not said.get("at") and "at" not in self.errors:
            self.add_error("at", "Choose a day and an hour first.")
        return said

    def words(self):
        return {name: self.cleaned_data[name] for name in ("title", "body")}

    def asks(self):
        return self.cleaned_data["when"] in (NOW, MORNING, THEN)

    def time_for(self, now):
        """When it is to be asked; None: now."""
        if self.cleaned_data["when"] == THEN:
            return self.cleaned_data["at"]
        return morning_after(now) if self.cleaned_data["when"] == MORNING else None


class WhenForm(forms.Form):
    """A draft as it is: now, or tomorrow morning."""

    when = forms.ChoiceField(choices=[(NOW, NOW), (MORNING, MORNING)], required=False)

    def time_for(self, now):
        return morning_after(now) if self.cleaned_data["when"] == MORNING else None


class HabitForm(forms.Form):
    """What Kith may do by itself."""

    by_kith = forms.BooleanField(required=False)


class LibraryForm(forms.Form):
    """Which part of the library."""

    kind = forms.ChoiceField(
        label="For which kind of group?",
        choices=[*KINDS.items(), ("all", "All of them")],
        required=False,
    )


def morning_after(now):
    """Tomorrow at eight where the person is."""
    today = timezone.localdate(now)
    return timezone.make_aware(datetime.combine(today + timedelta(days=1), EIGHT))
