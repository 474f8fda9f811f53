"""Starting a group, one question at a time: the steps, their forms, and what stands around them."""

from dataclasses import dataclass

from django import forms
from django.urls import reverse

from microgroups.groups.forms import POLICIES, VISIBILITIES, CharterForm
from microgroups.groups.models import JoinPolicy, Visibility


@dataclass(frozen=True)
class Step:
    """One page of starting: its name in the address, its words, the fields it asks for."""

    name: str
    title: str
    question: str
    why: str
    fields: tuple


STEPS = [
    Step(
        "why",
        "Why",
        "Why would somebody come, and stay?",
        "One sentence that people can say to a friend. It stands on the card.",
        ("purpose",),
    ),
    Step(
        "difference",
        "What is different",
        "What makes it different from the whole network?",
        "What is possible only in a small group?",
        ("difference",),
    ),
    Step(
        "belonging",
        "Who belongs",
        "Who belongs, and who does not?",
        "Name the people you would be glad to see at the door. It is kind to say who it is not "
        "for, too; they will know sooner.",
        ("belonging",),
    ),
    Step(
        "agreements",
        "How we treat each other",
        "How do you treat each other?",
        "Three short lines are better than ten.",
        ("agreements",),
    ),
    Step(
        "care",
        "Who looks after people",
        "Who welcomes newcomers, and keeps talk alive?",
        "Names, and what they will do in the first weeks.",
        ("care_plan",),
    ),
    Step(
        "name",
        "Name",
        "What is it called?",
        "Short enough to say aloud. Its paint is how people find it at a glance.",
        ("name", "colour"),
    ),
    Step(
        "door",
        "The door",
        "Who comes in, and who sees it?",
        "Both can be changed later.",
        ("join_policy", "questions", "visibility"),
    ),
    Step(
        "size",
        "Seats",
        "How many seats?",
        "Small enough to know each other. It can grow later.",
        ("cap",),
    ),
]
NAMES = [step.name for step in STEPS]
STEP_OF = {field: step for step in STEPS for field in step.fields}
BEGUN = {"join_policy": JoinPolicy.OPEN, "visibility": Visibility.LISTED}


class StepForm(forms.Form):
    """The fields of one step; each may be left for later."""

    def __init__(self, step, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in step.fields:
            self.fields[name] = field = CharterForm().fields[name]
            field.required = False
            if len(step.fields) == 1:
                field.label, field.help_text = step.question, step.why


def form_for(step, draft, posted, network):
    """The step's form, with what the draft holds or else the usual."""
    initial = {"cap": network.default_cap, "colour": "moss", **BEGUN}
    if draft is not None:
        initial |= {field: getattr(draft, field) for field in step.fields if getattr(draft, field)}
    return StepForm(step, posted, initial=initial)


def steps_of(draft, current):
    """[(step, address or None, whether it is the current one, whether it is answered)]"""
    return [
        {
            "title": step.title,
            "url": reverse("group_draft_step", args=[draft.pk, step.name]) if draft else None,
            "is_current": step is current,
            "is_said": draft is not None and all(getattr(draft, name) for name in step.fields[:1]),
        }
        for step in STEPS
    ]


def step_named(name):
    return next((step for step in STEPS if step.name == name), None)


def step_beside(step, by):
    """The step `by` places further on; None before the first and after the last."""
    place = STEPS.index(step) + by
    return STEPS[place] if 0 <= place < len(STEPS) else None


def answers_of(draft):
    """[(step, its answer in words, its address)] of a draft; "" where nothing was said yet."""
    door = [
        dict(POLICIES).get(draft.join_policy or JoinPolicy.OPEN, "").partition("\n")[0],
        *draft.questions,
        dict(VISIBILITIES).get(draft.visibility or Visibility.LISTED, "").partition("\n")[0],
    ]
    told = {
        "door": "\n".join(filter(None, door)),
        "size": f"{draft.cap or draft.network.default_cap} seats",
    }
    return [
        {
            "step": step,
            "words": told.get(step.name) or getattr(draft, step.fields[0]),
            "url": reverse("group_draft_step", args=[draft.pk, step.name]),
        }
        for step in STEPS
    ]
