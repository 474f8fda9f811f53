"""What facilitators choose and type about who looks after the group."""

from django import forms

from facilitation.cover.rules import WEEKDAYS
from microgroups.groups.rules import NOTE

A_DAY = {"required": "Choose a day.", "invalid": "Choose a day."}


def day(label):
    widget = forms.DateInput(attrs={"type": "date", "class": "input short"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=A_DAY)


class RotaForm(forms.Form):
    """Who is on duty on which day of the week: a list of usernames for each."""

    def __init__(self, data, *, people, rota):
        super().__init__(data)
        self.people = {person.username: person for person in people}
        choices = [(person.username, person.name) for person in people]
        for number, weekday in enumerate(WEEKDAYS):
            self.fields[weekday] = forms.MultipleChoiceField(
                label=weekday.capitalize(),
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=[each.username for each in people if each.pk in rota.get(number, ())],
                error_messages={"invalid_choice": "Somebody there facilitates no more."},
            )

    def days(self):
        """{weekday: people}"""
        return {
            number: [self.people[username] for username in self.cleaned_data[weekday]]
            for number, weekday in enumerate(WEEKDAYS)
        }


class LeaveForm(forms.Form):
    """From when until when, what the others should know, and who steps in."""

    starts_on = day("From")
    back_on = day("Back on")
    deputy = forms.ChoiceField(
        label="Who steps in?",
        required=False,
        error_messages={"invalid_choice": "Choose somebody who is in the group."},
    )
    note = forms.CharField(
        max_length=NOTE,
        required=False,
        label="A note for those who look after it meanwhile",
        help_text="Kept on this page while you are away. Members do not read it.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data, *, people):
        super().__init__(data)
        self.people = {person.username: person for person in people}
        names = [(person.username, person.name) for person in people]
        self.fields["deputy"].choices = [("", "Whoever is there"), *names]

    def said(self):
        """What was typed, as `actions.go_away` takes it."""
        return {**self.cleaned_data, "deputy": self.people.get(self.cleaned_data["deputy"])}


class NoteForm(forms.Form):
    """A few words about a member for the other facilitators."""

    text = forms.CharField(
        max_length=NOTE,
        label="What should the others know?",
        help_text="Write it as if they read it: it is in what they can take home of their data.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write a line or two; the others read it."},
    )
