"""How somebody wants to be reached."""

from django import forms

from network.notifications import kinds
from network.notifications.models import Much

MUCH = [
    (Much.ALL, "Letters as they come\nOutside your quiet hours. We write less when you open less."),
    (Much.NAMED, "Only when somebody writes to me by name\nAnswers, notes, invitations."),
    (Much.NOTHING, "Nothing by mail\nHere you still read everything."),
]
FROM_GROUP = [
    ("", "As everywhere"),
    (Much.ALL, "All letters"),
    (Much.NAMED, "Only what is written to me by name"),
    (Much.NOTHING, "Nothing by mail"),
]
MEANS = {
    "talk": "here at once; by mail if you like",
    "digest": "once a day when you are here often, else once a week; never an empty one",
    "welcome": "when you come into a group",
    "care": "when somebody in a group thinks of you",
    "presence": "an ask now and then, a few times a year at most",
    "facilitating": "in a group that you look after",
    "seats": "a seat that is kept for you, a yes or a no",
    "groups": "that you proposed, or whose people choose",
    "highlights": "your words, before they leave a group",
    "decisions": "about words of yours, or a report you made",
    "account": "your place in the network",
}
ORDER = list(MEANS)
CLOCK = {"invalid": "Write a time like 21:00.", "required": "Write a time like 21:00."}


def clock(label):
    widget = forms.TimeInput(attrs={"type": "time", "class": "input short"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, error_messages=CLOCK)


class WishesForm(forms.Form):
    """Which letters, when, and how much; a field for each group."""

    quiet_from = clock("From")
    quiet_until = clock("Until")
    much = forms.ChoiceField(
        label="How much, at most", widget=forms.RadioSelect, choices=MUCH, initial=Much.ALL
    )
    channels = forms.MultipleChoiceField(
        label="What is mailed", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data, wishes):
        channels = [name for name, by_mail in wishes.channels.items() if by_mail]
        initial = {
            "quiet_from": wishes.hours.starts,
            "quiet_until": wishes.hours.ends,
            "much": wishes.much,
            "channels": channels,
        }
        super().__init__(data, initial=initial)
        self.wishes = wishes
        words = {**kinds.wished(), **kinds.mailed()}
        self.fields["channels"].choices = [
            (name, f"{words[name]}\n{MEANS[name]}")
            for name in sorted(wishes.channels, key=ORDER.index)
        ]
        for group, much in wishes.per_group:
            self.fields[f"group_{group.slug}"] = forms.ChoiceField(
                label=group.name, choices=FROM_GROUP, required=False, initial=much or ""
            )

    def group_fields(self):
        return [self[f"group_{group.slug}"] for group, _ in self.wishes.per_group]

    def asked(self):
        """What was typed, as `wishes.wish` takes it."""
        said = self.cleaned_data
        return {
            "quiet_from": said["quiet_from"],
            "quiet_until": said["quiet_until"],
            "much": said["much"],
            "channels": {name: name in said["channels"] for name in self.wishes.channels},
            "groups": {
                group.slug: said[f"group_{group.slug}"] or None
                for group, _ in self.wishes.per_group
            },
        }
