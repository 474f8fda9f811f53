"""What can happen to a person: an account is made, changed, claimed."""

import itertools
import zoneinfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from network.errors import Invalid, Refused
from network.people.models import Person
from network.people.rules import check_username, normal_email, skeleton_of, username_from
from network.text import one_line
from network.transactions import deed

LIMITS = {"name": 60, "intro": 140}


@deed
def create_person(email, name, *, username="", password=None, now=None, **facts):
    """An account that can sign in; the username is made from the name unless given.

    email: as it was typed, or None for somebody who cannot be reached. Without a password nobody
    can sign in with one. Refuses: name_taken.
    """
    now = now or timezone.now()
    name = checked_line("name", name, required=True)
    email = normal_email(email) if email else None
    if username:
        check_username(username)
    person = Person(email=email, name=name, joined_at=now, claimed_at=now, **facts)
    person.set_password(password)
    name_person(person, username or free_username(name), taken_matters=bool(username))
    return person


def name_person(person, username, *, taken_matters=True):
    """Give the person their username and save; refuse one that is taken or looks like another."""
    person.username, person.skeleton = username, skeleton_of(username)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        if "one_person_per_email" in str(error):
            raise Refused("email_taken", "Somebody has an account with this address.") from error
        if not taken_matters:
            return name_person(person, free_username(person.name))
        raise Refused(
            "name_taken",
            f"The username {username} is taken, or looks like one that is. Choose another one.",
            field="username",
        ) from error
    return person


def free_username(name):
    """A username made from the name that nobody has, and that looks like nobody's."""
    stem = username_from(name)
    for number in itertools.count(1):
        proposed = stem if number == 1 else f"{stem}_{number}"
        if not Person.objects.filter(skeleton=skeleton_of(proposed)).exists():
            return proposed
    return stem


@deed
def edit_profile(person, *, now=None, **changes):
    """Change what one says about oneself: name, username, intro, time_zone, language.

    Refuses: name_taken; 400 by field.
    """
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if "name" in changes:
        person.name = checked_line("name", changes["name"], required=True)
    if "intro" in changes:
        person.intro = checked_line("intro", changes["intro"])
    if "time_zone" in changes:
        if changes["time_zone"] not in zoneinfo.available_timezones():
            raise Invalid({"time_zone": "There is no such time zone; take one like Europe/Vienna."})
        person.time_zone = changes["time_zone"]
    if "language" in changes:
        if changes["language"] not in dict(settings.LANGUAGES):
            raise Invalid({"language": "We do not speak this language yet."})
        person.language = changes["language"]
    username = changes.get("username", person.username)
    if username != person.username:
        check_username(username)
    return name_person(person, username)


def waiting_for(email):
    """The imported person whose address this is and who has not claimed their account, or None."""
    return Person.objects.filter(imported_email=normal_email(email), claimed_at=None).first()


@deed
def claim(person, *, now=None):
    """Somebody has shown that their address is theirs: an imported account is theirs from now on.

    Being verified twice changes nothing.
    """
    now = now or timezone.now()
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.claimed_at is None:
        person.claimed_at = now
        person.save(update_fields=["claimed_at"])
    return person


def checked_line(field, text, *, required=False):
    """The text as one clean line. Raises Invalid when it is empty or too long."""
    text = one_line(text)
    most = LIMITS[field]
    if required and not text:
        raise Invalid({field: "Please write what people may call you."})
    if len(text) > most:
        raise Invalid({field: f"This is {len(text)} characters; {most} fit."})
    return text
