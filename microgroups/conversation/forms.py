"""What can be told of words from the words alone; the rest is for the actions to say."""

from django import forms

from microgroups.conversation.models import Kind
from microgroups.conversation.rights import FACILITATORS_KINDS
from microgroups.conversation.rules import SAY_SOMETHING, openers
from microgroups.reminders.actions import WorthASecondLook

KINDS = {
    Kind.TALK: "Talk\nSomething to tell, or to think about together",
    Kind.QUESTION: "Question\nYou can mark the reply that helped",
    Kind.INTRODUCTION: "Hello\nWho you are, and what brought you here",
    Kind.STARTER: "Starter\nA question to everybody, to get talk going",
    Kind.ANNOUNCEMENT: "Announcement\nEvery member is told",
}
OPENERS = {
    "brought": "What brought me here…",
    "tried": "What I have already read or tried…",
    "ask": "One thing I’d like to ask…",
}


def words_field(label, rows, **facts):
    """A box for words in Markdown."""
    facts.setdefault("error_messages", {"required": SAY_SOMETHING})
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, widget=widget, strip=False, **facts)


def asked_field():
    """Whether somebody has been asked to look twice; the page that asks says so."""
    return forms.BooleanField(required=False, widget=forms.HiddenInput)


class ReplyForm(forms.Form):
    """Writing back in a thread."""

    body = words_field("Your reply", 4)
    as_it_is = asked_field()
    reply_to = forms.UUIDField(required=False, widget=forms.HiddenInput)


class EditForm(forms.Form):
    """Saying it in other words."""

    body = words_field("Your words", 10)
    as_it_is = asked_field()


class TitleForm(forms.Form):
    """Giving a thread another title."""

    title = forms.CharField(label="Title", widget=forms.TextInput(attrs={"maxlength": 200}))


class ThreadForm(forms.Form):
    """Opening a thread. Somebody new may answer three openers in place of one plain box."""

    kind = forms.ChoiceField(label="What is it", widget=forms.RadioSelect)
    title = forms.CharField(
        label="Title", error_messages={"required": "Give it a title, so that others find it."}
    )
    brought = words_field(OPENERS["brought"], 2, required=False)
    tried = words_field(OPENERS["tried"], 2, required=False)
    ask = words_field(
        OPENERS["ask"], 2, required=False, help_text="A question makes it easy to answer you."
    )
    body = words_field("Your words", 8, required=False)
    as_it_is = asked_field()

    def __init__(self, *args, facilitates=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [
            (kind, words)
            for kind, words in KINDS.items()
            if facilitates or kind not in FACILITATORS_KINDS
        ]

    def opener_fields(self):
        """The three openers, as fields."""
        return [self[name] for name in OPENERS]

    def clean(self):
        """The plain box and the openers as one text."""
        said = self.cleaned_data
        said["body"] = openers(said.pop(name, "") for name in (*OPENERS, "body"))
        if not said["body"] and not self.errors.get("body"):
            self.add_error("body", SAY_SOMETHING)
        return said


def say_no(form, refusal):
    """Put what an action refuses where it belongs on the form; the question whether to look twice
    is no error, and stands beside it (`second_look`)."""
    if isinstance(refusal, WorthASecondLook):
        form.second_look = refusal.sentence
        return
    errors = getattr(refusal, "errors", None) or {None: [str(refusal)]}
    for field, said in errors.items():
        form.add_error(field if field in form.fields else None, said)
