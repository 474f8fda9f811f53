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
NOBODY = "A former member"


@deed
def create_person(email, name, *, username="", password=None, now=None, **facts):
    """An account that can sign in; the username is made from the name unless given.

    email: as it was typed, or None for somebody who cannot be reached. Without a password nobody
    can sign in with one. Refuses: name_taken.
    """
    now = now or timezone.now()
    name = checked_name(name)
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
    errors = {}
    for field, value in changes.items():
        try:
            if value != getattr(person, field):
                setattr(person, field, CHECKS[field](value))
        except Invalid as refusal:
            errors |= refusal.errors
    if errors:
        raise Invalid(errors)
    return name_person(person, person.username)


@deed
def sign_up(person, name, *, email, password, now=None):
    """Keep what a newcomer typed; the account is theirs once the address is shown to be."""
    person.name, person.email, person.joined_at = name, email, now or timezone.now()
    person.set_password(password)
    return name_person(person, free_username(name), taken_matters=False)


@deed
def ask_for(person, *, email, password):
    """Keep with which password somebody would claim an imported account; the first to ask counts.

    Nobody gets in with it before the address is shown to be theirs.
    """
    person.email = email
    person.set_password(password)
    unasked = Person.objects.filter(pk=person.pk, email=None, claimed_at=None)
    unasked.update(email=email, password=person.password)
    return person


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


@deed
def take_over(person, *, email, password, now=None, **facts):
    """Give an imported account to whoever is known to have its address."""
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    person.email = normal_email(email)
    person.set_password(password)
    for field, value in facts.items():
        setattr(person, field, value)
    person.save()
    return claim(person, now=now)


@deed
def forget(person):
    """Blank everything that says who this was: from now on a former member."""
    person.email = person.imported_email = None
    person.name, person.intro, person.time_zone, person.language = NOBODY, "", "UTC", "en"
    person.username = person.skeleton = f"gone_{person.pk.hex[-12:]}"
    person.is_active = person.is_operator = False
    person.set_unusable_password()
    person.save()


def checked_name(text):
    """The name as one clean line. Raises Invalid when it is empty or too long."""
    name = checked_line("name", text)
    if not name:
        raise Invalid({"name": "Please write what people may call you."})
    return name


def checked_intro(text):
    return checked_line("intro", text)


def checked_line(field, text):
    text = one_line(text)
    most = LIMITS[field]
    if len(text) > most:
        raise Invalid({field: f"This is {len(text)} characters; {most} fit."})
    return text


def checked_username(username):
    check_username(username)
    return username


def checked_time_zone(name):
    if name not in zoneinfo.available_timezones():
        raise Invalid({"time_zone": "There is no such time zone; take one like Europe/Vienna."})
    return name


def checked_language(code):
    if code not in dict(settings.LANGUAGES):
        raise Invalid({"language": "We do not speak this language yet."})
    return code


CHECKS = {
    "name": checked_name,
    "username": checked_username,
    "intro": checked_intro,
    "time_zone": checked_time_zone,
    "language": checked_language,
}
