"""What people type about themselves."""

import zoneinfo

from allauth.core import context
from django import forms
from django.conf import settings
from django.utils import timezone

from network.errors import Invalid
from network.people.actions import checked_name


class SignUpForm(forms.Form):
    """What allauth's sign-up asks besides address and password."""

    field_order = ["name", "email", "password1", "old_enough"]

    name = forms.CharField(
        max_length=60,
        label="What people may call you",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Please write what people may call you."},
    )
    old_enough = forms.BooleanField(
        error_messages={"required": "Please confirm your age to come in."},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = timezone.now()
        if age := context.request.network.minimum_age:
            self.fields["old_enough"].label = f"I am {age} or older"
        else:
            del self.fields["old_enough"]

    def clean_name(self):
        try:
            return checked_name(self.cleaned_data["name"])
        except Invalid as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def signup(self, request, user):
        """Everything was kept by the adapter."""


class ProfileForm(forms.Form):
    """What one says about oneself."""

    name = forms.CharField(max_length=60, label="Name")
    username = forms.CharField(
        max_length=30,
        label="Username",
        help_text="For mentions: small letters, digits and _. Mentions of the old one stay behind.",
    )
    intro = forms.CharField(
        max_length=140,
        required=False,
        label="One line about you",
        help_text="What may people ask you about?",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    time_zone = forms.ChoiceField(
        label="Time zone",
        help_text="Your quiet hours are from 21 to 8 there.",
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in sorted(zones())],
    )
    language = forms.ChoiceField(label="Language", choices=lambda: settings.LANGUAGES)


def zones():
    """The names of all time zones that a person would look for."""
    kept = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/")
    every = zoneinfo.available_timezones()
    return [zone for zone in every if zone.startswith((*kept, "Pacific/")) or zone == "UTC"]
