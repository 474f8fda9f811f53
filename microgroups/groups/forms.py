"""What people type about a group."""

from django import forms

from microgroups.groups.models import PAINTS, JoinPolicy, MicroGroup, Visibility
from microgroups.groups.rules import NOTE

POLICIES = [
    (JoinPolicy.OPEN, "They walk in\nWhoever finds a free window takes it."),
    (JoinPolicy.ASK, "They ask first\nA facilitator reads the answers and says yes."),
    (
        JoinPolicy.INVITE,
        "They are invited\nA facilitator’s invitation is a yes, a member’s a vouch.",
    ),
]
VISIBILITIES = [
    (Visibility.NETWORK, "Everybody here sees the card and the names\nThe talk stays inside."),
    (Visibility.LISTED, "Everybody here sees the card\nNames and talk stay inside."),
    (Visibility.HIDDEN, "Nobody sees that it exists\nOnly its members know."),
]


def long_text(label, help_text):
    return forms.CharField(
        max_length=4000,
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class QuestionsField(forms.CharField):
    """Up to three questions, one on each line; answers the list of them."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value):
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > 3:
            raise forms.ValidationError(f"These are {len(lines)} questions; ask three at most.")
        if any(len(line) > 200 for line in lines):
            raise forms.ValidationError("Keep each question to 200 characters.")
        return lines


class CharterForm(forms.Form):
    """The charter of a group and how people come in."""

    name = forms.CharField(max_length=80, label="What is it called?")
    purpose = forms.CharField(
        max_length=140,
        label="Why would somebody join, and stay?",
        help_text="One sentence; it stands on the card.",
    )
    difference = long_text(
        "What makes it different from the whole network?", "What is possible only in a small group?"
    )
    belonging = long_text("Who belongs, and who does not?", "Say both; it spares everybody a wait.")
    agreements = long_text("How do you treat each other?", "Three short lines are better than ten.")
    care_plan = long_text(
        "Who looks after newcomers and talk?", "Names, and what they will do in the first weeks."
    )
    colour = forms.ChoiceField(
        label="Its paint", choices=[(paint, paint.capitalize()) for paint in PAINTS]
    )
    join_policy = forms.ChoiceField(
        label="How do people come in?", widget=forms.RadioSelect, choices=POLICIES, initial="open"
    )
    questions = QuestionsField(
        required=False,
        max_length=700,
        label="What do you ask them?",
        help_text="Up to three questions, one on each line. Facilitators read the answers.",
    )
    visibility = forms.ChoiceField(
        label="Who can see it?",
        widget=forms.RadioSelect,
        choices=VISIBILITIES,
        initial=Visibility.LISTED,
    )
    cap = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        label="How many windows?",
        help_text="Small enough to know each other. It can grow later.",
    )


class SettingsForm(CharterForm):
    """The charter of a group that is there; an admin may write a reason for more seats."""

    reason = forms.CharField(
        max_length=NOTE,
        required=False,
        label="Why more seats than the policy allows?",
        help_text="For an admin who grants them. It becomes this group’s own ceiling.",
    )


class CapForm(forms.Form):
    """How many windows an admin gives a group."""

    cap = forms.IntegerField(min_value=1, max_value=10_000, label="How many windows?")
    reason = forms.CharField(
        max_length=NOTE,
        required=False,
        label="Why more than the policy allows?",
        help_text="Needed above what the network allows; it becomes this group’s own ceiling. "
        "Its facilitators and admins read it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReasonForm(forms.Form):
    """Why not this time."""

    reason = forms.CharField(
        max_length=NOTE,
        label="Why not this time?",
        help_text="They read this, and can answer.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AnswerForm(forms.Form):
    """What a founder answers."""

    answer = forms.CharField(
        max_length=NOTE,
        label="Your answer",
        help_text="What has changed, or what was meant?",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DiscoverForm(forms.Form):
    """What somebody is looking for."""

    q = forms.CharField(max_length=200, required=False, label="What are you looking for?")
    room = forms.ChoiceField(
        required=False,
        label="Which ones?",
        choices=[
            ("", "Any group"),
            ("free", "With a free window"),
            ("proposed", "About to begin"),
            ("mine", "Those I am in"),
        ],
    )


def values_of(group: MicroGroup):
    """The group as the initial values of its form."""
    return {field: getattr(group, field) for field in CharterForm.base_fields}


def posted(request):
    """What was sent to a form; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def say_no(form, refusal):
    """Put what an action refused on the form: at its fields where it names them."""
    for field, said in getattr(refusal, "errors", {}).items():
        form.add_error(field if field in form.fields else None, said)
    if not hasattr(refusal, "errors"):
        form.add_error(FIELDS.get(refusal.code), str(refusal))


FIELDS = {"cap_above_limit": "cap", "cap_below_members": "cap"}
