"""What people type about a sister, and what they choose."""

from django import forms

from microgroups.budding import rules
from microgroups.budding.actions import INHERITED
from microgroups.budding.models import Way
from microgroups.groups.forms import CharterForm
from network.templatetags.kith import in_words


class BudForm(CharterForm):
    """The sister: its charter, who looks after it, and why it is time."""

    facilitator = forms.ChoiceField(
        label="Who would look after it?",
        help_text="They are told, and say yes by choosing to go, or both.",
    )
    why = forms.CharField(
        max_length=rules.WHY,
        required=False,
        label="Why now?",
        help_text="Everybody reads this above their choice.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {person.username: person for person in people}
        self.fields["facilitator"].choices = [(key, one.name) for key, one in self.people.items()]

    def clean_facilitator(self):
        return self.people[self.cleaned_data["facilitator"]]


def values_of(group, person, colour):
    """The sister as it begins: like the group, but for its name."""
    inherited = {field: getattr(group, field) for field in INHERITED}
    cap = min(group.cap, group.network.max_cap)
    return {**inherited, "cap": cap, "colour": colour, "facilitator": person.username}


class MergeForm(forms.Form):
    """Which group would take its people in."""

    into = forms.ChoiceField(
        label="Which group?",
        help_text="Its facilitators are told. Until they say yes nothing changes.",
    )
    words = forms.CharField(
        max_length=rules.WHY,
        required=False,
        label="What would you like them to know?",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, groups, **kwargs):
        super().__init__(*args, **kwargs)
        self.groups = {group.slug: group for group in groups}
        self.fields["into"].choices = [(key, group.name) for key, group in self.groups.items()]

    def clean_into(self):
        return self.groups[self.cleaned_data["into"]]


class ChoiceForm(forms.Form):
    """Stay, go, or both for a while."""

    choice = forms.ChoiceField(label="Where will you be?", widget=forms.RadioSelect)

    def __init__(self, *args, budding, **kwargs):
        super().__init__(*args, **kwargs)
        here, there = budding.group.name, budding.sister.name
        most = in_words(budding.group.network.max_groups_per_person)
        self.fields["choice"].choices = [
            (
                Way.STAY,
                f"I stay with {here}\nYour seat and your threads. This is also what happens if you "
                "say nothing.",
            ),
            (
                Way.GO,
                f"I go to {there}\nYour seat here goes to somebody who waits; you keep reading "
                "what was said here until the parting.",
            ),
            (
                Way.BOTH,
                "Both, for thirty days\nTwo seats, then you stay unless you say otherwise. It does "
                f"not count against your {most} groups.",
            ),
        ]


class SettleForm(ChoiceForm):
    """For who is in both: stay or go."""

    def __init__(self, *args, budding, **kwargs):
        super().__init__(*args, budding=budding, **kwargs)
        here, there = budding.group.name, budding.sister.name
        self.fields["choice"].choices = [
            (Way.STAY, f"I stay with {here}\nYour seat in {there} is free again."),
            (
                Way.GO,
                f"I go to {there}\nYour seat here goes to somebody who waits; you keep reading "
                "what was said here until the parting.",
            ),
        ]
