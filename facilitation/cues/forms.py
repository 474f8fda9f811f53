"""What a facilitator types into a cue."""

from datetime import timedelta

from django import forms

from microgroups.groups.rules import NOTE

SAY_SOMETHING = {"required": "Say it in your own words; one line is enough."}
CHOOSE = {"required": "Choose one of these.", "invalid_choice": "Choose one of these."}


class NoteForm(forms.Form):
    """A few words to the cue's person."""

    note = forms.CharField(
        max_length=NOTE, widget=forms.Textarea, label="Your words", error_messages=SAY_SOMETHING
    )


class AnswerForm(forms.Form):
    """A reply in the thread."""

    note = forms.CharField(
        max_length=40_000, widget=forms.Textarea, label="Your words", error_messages=SAY_SOMETHING
    )


class DismissForm(forms.Form):
    """Why nothing is to be done; it helps Kith to notice better."""

    reason = forms.CharField(
        max_length=NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What should we know?",
        help_text="For example: they told me that they are away until spring. "
        "It is about them, so it is in what they can take home of their own data.",
        error_messages={"required": "Say why in a few words; it helps us to notice better."},
    )


class LeaveGroupForm(DismissForm):
    """Why nothing is to be done about the group itself."""

    def __init__(self, *args, **facts):
        super().__init__(*args, **facts)
        self.fields["reason"].help_text = "We do not ask again for three months."


class TurnAwayForm(forms.Form):
    """Why somebody who knocks cannot come in this time."""

    reason = forms.CharField(
        max_length=NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Why not this time?",
        help_text="They read this, in your name.",
        error_messages={"required": "They should know why. A sentence is enough."},
    )


class SnoozeForm(forms.Form):
    """For how long to put a cue aside."""

    hours = forms.TypedChoiceField(
        choices=[("1", "An hour"), ("24", "A day"), ("168", "A week")],
        coerce=int,
        initial="24",
        widget=forms.RadioSelect,
        label="For how long?",
        error_messages=CHOOSE,
    )

    def until(self, now):
        return now + timedelta(hours=self.cleaned_data["hours"])


class AssignForm(forms.Form):
    """Whom of the other facilitators to ask."""

    to = forms.ChoiceField(widget=forms.RadioSelect, label="Whom?", error_messages=CHOOSE)

    def __init__(self, *args, people, **facts):
        super().__init__(*args, **facts)
        self.people = {person.username: person for person in people}
        if len(people) == 1:
            self.fields["to"].initial = people[0].username
        self.fields["to"].choices = [(name, person.name) for name, person in self.people.items()]

    def person(self):
        return self.people[self.cleaned_data["to"]]
