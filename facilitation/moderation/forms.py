"""What people type who report, decide, and answer a decision."""

from django import forms

from facilitation.moderation.rules import MOST_HOURS
from microgroups.conversation.forms import words_field
from microgroups.groups.rules import NOTE

SAY_WHY = "Say why in your own words; a sentence is enough."
NONE_OF_THESE = "None of these; I say it below"


def reason_field(label, help_text, rows=4):
    return forms.CharField(
        max_length=NOTE,
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": SAY_WHY},
    )


class ReportForm(forms.Form):
    """What somebody should look at, and why."""

    agreement = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, label="Which agreement is it about?"
    )
    reason = reason_field(
        "What should whoever looks know?",
        "A sentence is enough. Whom it is about never learns who asked.",
        rows=3,
    )

    def __init__(self, *args, agreements, **facts):
        super().__init__(*args, **facts)
        known = [(each, each) for each in agreements]
        self.fields["agreement"].choices = [*known, ("", NONE_OF_THESE)]


class AgreementForm(forms.Form):
    """A decision and the agreement that it rests on."""

    agreement = forms.ChoiceField(
        label="Which of our agreements is it about?",
        error_messages={
            "required": "Choose the agreement that this rests on.",
            "invalid_choice": "The agreements have changed meanwhile. Choose one as it now reads.",
        },
    )

    def __init__(self, *args, agreements, **facts):
        super().__init__(*args, **facts)
        self.fields["agreement"].choices = [(each, each) for each in agreements]


class ReviewForm(AgreementForm):
    """What shall happen with something that was reported."""

    step = forms.ChoiceField(widget=forms.RadioSelect, label="What shall happen?")
    to = forms.CharField(
        max_length=200, required=False, label="The title that would fit, if it is about the title"
    )
    reason = reason_field("What you tell them", "They read this, and it stands in the decision.")
    field_order = ("step", "agreement", "to", "reason")

    def __init__(self, *args, steps, agreements, **facts):
        super().__init__(*args, agreements=agreements, **facts)
        self.fields["step"].choices = steps
        self.fields["agreement"].required = bool(agreements)
        if "retitle" not in dict(steps):
            del self.fields["to"]


class HideForm(AgreementForm):
    """Why a post is hidden."""

    reason = reason_field(
        "What you tell its author",
        "They read this, can rewrite the post, and can ask somebody else to look.",
    )


class PauseForm(AgreementForm):
    """For how long somebody reads and does not write, and why."""

    hours = forms.TypedChoiceField(
        choices=[
            ("24", "A day"),
            ("72", "Three days"),
            (str(MOST_HOURS), "A week"),
        ],
        coerce=int,
        initial="24",
        widget=forms.RadioSelect,
        label="For how long?",
    )
    reason = reason_field(
        "What you tell them", "They read this, and can ask somebody else to look."
    )
    field_order = ("hours", "agreement", "reason")


class RewriteForm(forms.Form):
    """Hidden words, said anew."""

    body = words_field("Your words, all of them", 6)


class AppealForm(forms.Form):
    """Why somebody else should look again."""

    text = forms.CharField(
        max_length=2000,
        label="What should they know?",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what they should know; a sentence is enough."},
    )


class MoveForm(AgreementForm):
    """To which other group a thread may move, and why."""

    to = forms.CharField(
        max_length=200,
        label="Where would it fit?",
        help_text="An open group that everybody in the network knows of; a part of its name will "
        "do.",
        error_messages={"required": "Name the group in which it would stand."},
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    reason = reason_field(
        "Why you think so", "Everybody who wrote in it reads this before they say yes or no."
    )
    field_order = ("to", "agreement", "reason")

    def __init__(self, *args, meant, agreements, **facts):
        """meant: the groups that somebody means by what they wrote."""
        super().__init__(*args, agreements=agreements, **facts)
        self.meant = meant
        known = self.fields["agreement"]
        known.choices, known.required = [("", "None of these"), *known.choices], False

    def clean_to(self):
        found = self.meant(self.cleaned_data["to"])
        if not found:
            raise forms.ValidationError("No open group is called that. Look at how it is written.")
        if len(found) > 1:
            names = ", ".join(f"{place.name} ({place.slug})" for place in found)
            raise forms.ValidationError(f"Which do you mean: {names}? Write it as it stands here.")
        return found[0].slug


class StepForm(AgreementForm):
    """A gentle step in a thread that nobody has reported."""

    step = forms.ChoiceField(
        widget=forms.RadioSelect,
        label="What may help?",
        choices=[
            ("note", "A private note to its author\nOnly they read it. Mostly this is enough."),
            ("retitle", "A new title\nProposed to its author; it comes by their yes."),
            ("slow", "Slow the thread down\nOne post an hour for each of us, until tomorrow."),
        ],
        initial="note",
    )
    to = forms.CharField(
        max_length=200, required=False, label="The title that would fit, if it is about the title"
    )
    reason = reason_field("What you tell its author", "It stands in the decision, too.")
    field_order = ("step", "agreement", "to", "reason")

    def clean_to(self):
        """Only for a title: a slow thread is one post an hour."""
        return self.cleaned_data["to"] if self.data.get("step") == "retitle" else ""
