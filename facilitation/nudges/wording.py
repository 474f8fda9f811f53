"""What a draft says: it asks for something that only this member can give, and points to one live
thread. Never for how long they were away, and nothing that nobody has said (domain.md R24)."""

from facilitation.nudges.models import Step
from network.templatetags.kith import first_name


def draft_text(membership, thread, step):
    """The words of a draft. thread: which one it points to, or None."""
    say = second if step == Step.SECOND else first
    return say(membership, thread, first_name(membership.person))


def first(membership, thread, name):
    known = asked_about(membership)
    if thread is None and known:
        return f"{name}, {known} What would you tell {membership.group.name} about it first?"
    if thread is None:
        asked = f"{name}, what should {membership.group.name} talk about next?"
        return f"{asked} You know what is missing."
    if thread.is_open_question:
        who = first_name(thread.author) if thread.author else "Somebody"
        asked = f"{name}, {who} asks “{thread.title}” and has no answer yet."
        return " ".join(filter(None, [asked, known, "Would you say what you know about it?"]))
    if thread.was_theirs_too:
        asked = f"{name}, the talk in “{thread.title}” goes on, and you had a part in it."
        return f"{asked} How do you see it now?"
    about = f"{name}, “{thread.title}” is being talked about in {membership.group.name}."
    return " ".join(filter(None, [about, known, "What would you say to it?"]))


def second(membership, thread, name):
    """Another wording: one may also name somebody."""
    known = asked_about(membership)
    if thread is None:
        asked = f"{name}, whom should we ask in, or what should we try in {membership.group.name}?"
        return f"{asked} A line from you would help us to choose."
    asked = f"{name}, a voice is wanted in “{thread.title}”."
    return " ".join(filter(None, [asked, known, "Is it yours, or whom of us would you ask?"]))


def asked_about(membership):
    """What they said that one may ask them about."""
    offers = membership.offers.strip().rstrip(".")
    return f"You wrote that one may ask you about this: “{offers}”." if offers else ""
