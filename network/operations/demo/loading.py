"""Fills an empty house with the demo network.

What happened stands in network.toml, people.toml and groups/*.toml, written by hand, with times
that count back from now (town.py). Every deed is done through the real actions, in the order of
its time and as of that time (deeds.py), so that seats, rhythms, counters and the log are what they
would be. Nobody is mailed for any of it.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from facilitation.presence.models import Absence
from microgroups.digest.models import Digest
from network.errors import Refused
from network.networks.models import Network
from network.notifications.models import Mail
from network.operations.demo.deeds import all_deeds, found_network
from network.operations.demo.town import read_town
from network.people.models import Person
from network.registries import outboxes, periodic_jobs

FIRST_LOOK = (
    "welcome_newcomers",
    "ask_for_requests",
    "ask_for_charters",
    "ask_for_appeals",
    "take_first_steps",
    "propose_sisters",
    "ask_quiet_groups",
    "watch_first_posts",
    "ask_for_comfort",
    "notice_absences",
    "draft_starters",
)


@transaction.atomic
def load_demo(now=None, *, told=lambda done, all_of_them: None):
    """Fill the empty database and answer the network; `told` hears how far it has come.

    Refuses: not_empty.
    """
    now = now or timezone.now()
    if Network.objects.exists() or Person.objects.exists():
        raise Refused("not_empty", "There are people here already; the demo network stays away.")
    town = read_town(now)
    found_network(town)
    deeds = sorted(all_deeds(town), key=lambda deed: deed[0])
    for number, (at, do) in enumerate(deeds, 1):
        do(now=at)
        told(number, len(deeds))
    for name in FIRST_LOOK:
        periodic_jobs[name].value(now)
    show_drafts(now)
    show_digests(now)
    keep_letters_back()
    return town.network


def show_drafts(now):
    """Words to those who are away; whoever looks at the demo sees all that there is of them."""
    Absence.objects.update(is_held_out=False)
    periodic_jobs["draft_nudges"].value(now)


def show_digests(now):
    """The letters of yesterday evening, as if they had gone: see “Why this, and why not that”."""
    evening = now.replace(hour=18, minute=0) - timedelta(days=1)
    periodic_jobs["gather_digests"].value(evening)
    for digest in Digest.objects.filter(mail=Mail.DUE).to_write():
        letter, _ = outboxes[Digest](digest, digest.until)
        went = {"mail": Mail.SENT, "mailed_at": digest.until} if letter else {"mail": Mail.WITHHELD}
        Digest.objects.filter(pk=digest.pk).update(**went)


def keep_letters_back():
    """Let nobody be mailed for what is past."""
    for model in outboxes:
        model.objects.filter(mail=Mail.DUE).update(mail=Mail.NONE, mail_due_at=None)
