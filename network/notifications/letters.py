"""A Notice as a letter: text and HTML from one set of words, and one click to stop its kind."""

from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from network.notifications.kinds import KINDS
from network.notifications.reading import in_words
from network.notifications.wishes import hours_of

SALT = "network.notifications.stop"
WHY = {
    "welcome": "you came into the group",
    "care": "somebody in the group wrote to you",
    "presence": "you were here less often than you usually are",
    "facilitating": "you look after the group",
    "seats": "you asked for a seat",
    "groups": "of a group that was proposed",
    "highlights": "of words of yours",
    "talk": "you asked to be mailed when somebody answers or names you",
    "account": "it is about your place here",
    "decisions": "of a report, or of words of yours",
    "distress": "somebody may be in danger, and you look after people here",
}
AT_ANY_HOUR = "This comes at any hour."


def letter_for(told, person, network):
    """The letter that tells the person what `told` says."""
    notice = told.notice
    wording = KINDS[notice.kind]
    heading = in_words(wording.subject_line or wording.text, notice, told)
    urgent = wording.urgent  # which nobody may stop
    stop = "" if urgent else stop_url(person, wording.category, network)
    facts = {
        "heading": heading,
        "preview": told.text,
        "body": [told.text],
        "quote": told.words,
        "quote_by": who_said(told),
        "button_url": network.absolute(told.url),
        "button_text": in_words(wording.button or "Open it", notice, told),
        "why": f"You get this because {wording.why or WHY[wording.category]}.",
        "quiet": AT_ANY_HOUR if urgent else hours_of(person).in_words,
        "change_url": network.absolute(reverse("notification_settings")),
        "stop_url": stop,
        "network": network.name,
    }
    return written(notice.pk, person, network, facts)


def written(key, person, network, facts):
    """The message with these facts (templates/email/letter.html); its heading is its subject."""
    message = EmailMultiAlternatives(
        subject=" ".join(facts["heading"].split()),
        body=render_to_string("email/letter.txt", facts),
        from_email=network.sender,
        to=[person.email],
        headers={
            "Message-ID": f"<{key}@{network.slug}.kith>",
            **unsubscribe(facts["stop_url"]),
        },
    )
    message.attach_alternative(render_to_string("email/letter.html", facts), "text/html")
    return message


def who_said(told):
    """Whose words the letter brings: a person's, or those that a group has written for it."""
    if not told.words:
        return ""
    return told.notice.actor.name if told.notice.actor else told.group_name


def unsubscribe(stop):
    """What tells a mail program how to stop such letters with one click."""
    if not stop:
        return {}
    return {
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def stop_url(person, category, network):
    """Where letters of this kind are stopped with one click."""
    return network.absolute(reverse("stop_mail", args=[stop_token(person, category)]))


def stop_token(person, category):
    """Names a person and a category; opens nothing."""
    return signing.dumps([str(person.pk), category], salt=SALT, compress=True)


def read_stop_token(token):
    """(person's key, category) of a token of ours, or None."""
    try:
        key, category = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return key, category
