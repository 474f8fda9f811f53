"""The digest as a letter: what waits, group by group; who wrote, in its subject, and no group."""

from django.contrib.humanize.templatetags.humanize import apnumber
from django.urls import reverse

from network.notifications.letters import stop_url, written
from network.notifications.wishes import hours_of
from network.templatetags.kith import who

WHY = (
    "You get this because something waits for you: once a day at most when you are here often, "
    "else once a week."
)


def letter_for(digest, waiting):
    """The letter that tells the person what waits for them."""
    person, network = digest.person, digest.network
    page = reverse("notices" if waiting.notices else "catch_up")
    facts = {
        "heading": heading_of(waiting),
        "preview": preview_of(waiting),
        "body": [],
        "parts": parts_of(waiting, network),
        "button_url": network.absolute(page),
        "button_text": "Read what waits for you" if waiting.notices else "See what is new",
        "why": WHY,
        "quiet": hours_of(person).in_words,
        "change_url": network.absolute(reverse("notification_settings")),
        "stop_url": stop_url(person, "digest", network),
        "network": network.name,
    }
    return written(digest.pk, person, network, facts)


def heading_of(waiting):
    """Who wrote, by name; else how many conversations began. No group and none of its words."""
    told = [one.notice.actor for one in waiting.notices]
    names = list(dict.fromkeys(actor.name for actor in told if actor is not None))
    if names:
        return f"{in_a_row(names)} wrote to you"
    if waiting.notices:
        return "Somebody hopes for an answer from you"
    return conversations(len(waiting.threads))


def in_a_row(names):
    """“Jun”, “Jun and Ana”, “Jun, Ana and two others”."""
    if len(names) <= 2:
        return " and ".join(names)
    if len(names) == 3:
        return f"{names[0]}, {names[1]} and {names[2]}"
    return f"{names[0]}, {names[1]} and {apnumber(len(names) - 2)} others"


def conversations(many):
    if many == 1:
        return "A conversation began in one of your groups"
    return f"{apnumber(many).capitalize()} conversations began in your groups"


def preview_of(waiting):
    """What a mail program shows beside the subject: how much there is."""
    if waiting.notices:
        many = len(waiting.notices)
        return "One thing waits for you." if many == 1 else f"{many} things wait for you."
    return "What others have begun since you were there."


def parts_of(waiting, network):
    """[(group's name, [(a line, its address)])], as it was told; what reads alike stands once."""
    parts: dict = {}
    for one in waiting.notices:
        lines = parts.setdefault(one.group_name, {})
        lines.setdefault(one.text, network.absolute(one.url))
    for thread in waiting.threads:
        lines = parts.setdefault(thread.group.name, {})
        lines.setdefault(begun(thread), network.absolute(thread.get_absolute_url()))
    return [(title, list(lines.items())) for title, lines in parts.items()]


def begun(thread):
    """A thread by its title and who opened it."""
    by = who(thread) if thread.author or thread.by_kith else "somebody"
    return f"“{thread.title}”, begun by {by}."
