"""What people type about a charter that is there."""

from django import forms

from microgroups.charter.rules import ANSWERS
from microgroups.groups.rules import LINES, TEXTS


def answer(label, help_text, most, rows):
    return forms.CharField(
        max_length=most,
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        show_hidden_initial=True,
    )


class ConfirmForm(forms.Form):
    """The five answers; those that are changed are told from how the page showed them."""

    purpose = answer(
        "Why we come, and stay", "One sentence; it stands on the card.", LINES["purpose"], 2
    )
    difference = answer(
        "What makes us different",
        "What is possible only in a small group?",
        TEXTS["difference"],
        4,
    )
    belonging = answer(
        "Who belongs", "And who does not; it spares everybody a wait.", TEXTS["belonging"], 4
    )
    agreements = answer(
        "How we treat each other", "Our agreements, one a line.", TEXTS["agreements"], 5
    )
    care_plan = answer(
        "Who looks after newcomers and talk",
        "Names, and what they will do in the first weeks.",
        TEXTS["care_plan"],
        4,
    )

    @classmethod
    def kept(cls, group, draft):
        """The page as its facilitator left it: what was kept, beside the answers as they stand."""
        stands = answers_of(group)
        shown = {f"initial-{name}": text for name, text in stands.items()}
        form = cls(stands | shown | draft.words, initial=stands)
        form.may_be_empty()
        return form

    def may_be_empty(self):
        """What is kept for later need not be finished."""
        for field in self.fields.values():
            field.required = False

    def changes(self):
        """The answers that were changed on the page; another's change meanwhile is left alone."""
        return {field: self.cleaned_data[field] for field in self.changed_data}

    def answers(self):
        """[(bound field, whether it stands open)]: folded, until it is changed or needs a look."""
        changed = self.changed_data if self.is_bound else []
        return [(self[name], name in changed or bool(self[name].errors)) for name in ANSWERS]


class AcceptForm(forms.Form):
    """As of when the agreements were read."""

    seen = forms.DateTimeField(required=False)


def answers_of(group):
    """The group's five answers as the initial values of the form."""
    return {field: getattr(group, field) for field in ANSWERS}
