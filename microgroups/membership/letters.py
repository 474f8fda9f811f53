"""Asking people in by mail, who may have no account yet: written once, reminded once.

Whether somebody lives behind an address changes no answer and takes no time: it is asked when the
letter goes, by whoever delivers it.
"""

import base64
from datetime import timedelta

from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import connection, models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from microgroups.groups.actions import locked
from microgroups.groups.rules import optional
from microgroups.membership import rules
from microgroups.membership.coming_in import may_invite, must_take_people
from microgroups.membership.invitations import GOOD_FOR, invite_people, inviting, make, note
from microgroups.membership.models import (
    READING,
    Invitation,
    InvitationKind,
    InvitationState,
    State,
)
from network.errors import Invalid, Refused
from network.ids import uuid7
from network.notifications.actions import notify
from network.notifications.attention import may_send
from network.notifications.models import Mail, Mailed, MailedQuerySet, MailStop
from network.notifications.telling import deliver_soon
from network.notifications.wishes import morning_of
from network.pace import keep_pace
from network.people.blocking import without_blockers
from network.people.models import Person
from network.people.rules import normal_email
from network.tokens.models import digest_of
from network.transactions import deed

SALT = "microgroups.membership.letters"
APART = timedelta(days=7)  # one letter to an address in a network, whoever asks
REMINDED_AFTER = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(days=30)


class What(models.TextChoices):
    INVITES = "invites"
    REMINDS = "reminds"


class LetterQuerySet(MailedQuerySet):
    def to_write(self):
        return self.select_related("invitation__group__network", "invitation__by")


class Letter(Mailed):
    """What goes to the address of an invitation: the letter itself, and one that reminds of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="letters")
    what = models.CharField(max_length=7, choices=What)

    objects = LetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("invitation", "what", name="one_letter_of_each_kind"),
        ]
        indexes = [
            models.Index(
                fields=["mail_due_at", "id"],
                condition=Q(mail__in=["due", "claimed"]),
                name="letters_to_mail",
            ),
        ]

    def __str__(self):
        return f"{self.what} by {self.invitation_id}"


class QuietAddress(models.Model):
    """An address to which no invitation is sent any more, by the wish of whoever reads there."""

    digest = models.BinaryField(max_length=32, unique=True, help_text="Keyed; no address is kept.")
    at = models.DateTimeField()

    def __str__(self):
        return f"quiet since {self.at:%Y-%m-%d}"


# Asking


@deed
def invite_addresses(group, addresses, *, by, words="", now=None):
    """Write to people, all or nobody; answers [(invitation, code)], the codes shown this once.

    Refuses: not_allowed, group_not_open, group_over_policy, too_often, already_invited; 400 for
    what is no address.
    """
    now = now or timezone.now()
    group = locked(group)
    inviter = inviting(group, by)
    words = optional("words", words, rules.WORDS)
    addresses = normal(addresses)
    must_take_people(group)
    return [invite_address(group, address, inviter, words, now) for address in addresses]


def invite_address(group, address, inviter, words, now):
    """Ask somebody in at an address; a facilitator's word takes the place of a member's."""
    before = group.invitations.open().filter(address=address).select_related("by").first()
    if before is not None and before.state_at(now) == InvitationState.OPEN:
        return take_over(before, group, inviter, now)
    if before is not None:
        group.invitations.filter(pk=before.pk).update(state=InvitationState.EXPIRED)
    keep_pace("invitation", inviter.person, now)
    key = uuid7()
    made = make(
        group,
        inviter.person,
        now,
        code=code_of(key),
        pk=key,
        kind=InvitationKind.EMAIL,
        address=address,
        words=words,
    )
    write(made[0], group.network, now)
    return made


def take_over(invitation, group, inviter, now):
    """The letter is there already; from now on it carries a facilitator's word."""
    invitation.group = group
    maker = may_invite(invitation)
    if not inviter.is_facilitator or (maker is not None and maker.is_facilitator):
        raise Refused("already_invited", f"{invitation.address} has an open invitation already.")
    keep_pace("invitation", inviter.person, now)
    invitation.by, invitation.expires_at = inviter.person, now + GOOD_FOR
    invitation.save(update_fields=["by", "expires_at"])
    note("taken_over", invitation, group, inviter.person, now)
    return invitation, code_of(invitation.pk)


def code_of(key):
    """The code of a mailed invitation. Nothing is kept of it, yet a reminder says the same one."""
    made = salted_hmac(f"{SALT}.code", str(key), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made[:24]).decode()


def normal(addresses):
    """The addresses, each once, in their one spelling; 400 where one is none."""
    found, wrong = {}, []
    for text in addresses:
        try:
            found[normal_email(text)] = True
        except Invalid:
            wrong.append(text)
    if wrong:
        said = ", ".join(f"“{text[:80]}”" for text in wrong[:3])
        raise Invalid({"emails": f"{said} lacks something of an address like name@example.org."})
    if not found or len(found) > rules.MOST_ADDRESSES:
        raise Invalid({"emails": f"Write one to {rules.MOST_ADDRESSES} addresses."})
    return list(found)


def write(invitation, network, now):
    """Have the letter written: at once, or when the address has had its week of peace."""
    with connection.cursor() as cursor:  # two groups may ask the same address in at once
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"letters:{network.pk}"])
    letters = Letter.objects.exclude(mail=Mail.WITHHELD).filter(
        what=What.INVITES,
        invitation__address=invitation.address,
        invitation__group__network=network,
    )
    last = letters.aggregate(at=Max("mail_due_at"))["at"]
    at = now if last is None else max(now, last + APART)
    if at < invitation.expires_at:
        begin(invitation, What.INVITES, at)


def begin(invitation, what, at):
    Letter.objects.create(invitation=invitation, what=what, mail=Mail.DUE, mail_due_at=at)
    transaction.on_commit(deliver_soon, robust=True)


@deed
def invite_all(group, people, addresses, *, by, now=None):
    """Ask several in by name and by mail, all or nobody. Refuses what either does."""
    now = now or timezone.now()
    made = invite_people(group, people, by=by, now=now) if people else []
    return made + (invite_addresses(group, addresses, by=by, now=now) if addresses else [])


# Reminding


def to_remind(now):
    """Open ones of whom somebody was told a day ago, and nobody has reminded them yet.

    Where nobody knows whether the letter has arrived, the second is all the more wanted.
    """
    day_ago = now - REMINDED_AFTER
    written = Letter.objects.filter(
        what=What.INVITES,
        mail__in=[Mail.SENT, Mail.UNKNOWN],
        mailed_at__lte=day_ago,
        invitation=OuterRef("pk"),
    )
    told = Q(kind=InvitationKind.PERSON, made_at__lte=day_ago)
    open_ones = Invitation.objects.open().filter(reminded_at=None, expires_at__gt=now)
    return open_ones.filter(told | Q(Exists(written), kind=InvitationKind.EMAIL))


@deed
def remind_those_of(group, now):
    """Remind whoever has not answered, in one group: by a notice, or by a second letter.

    It is written down in the same transaction, so that nobody is reminded twice.
    """
    group = locked(group)
    for invitation in to_remind(now).filter(group=group).select_related("by").order_by("pk"):
        invitation.reminded_at = now
        invitation.save(update_fields=["reminded_at"])
        if not invitation.is_mailed:
            remind_by_notice(invitation, group, now)
        elif has_room_for(invitation, group, now):
            begin(invitation, What.REMINDS, now)


def has_room_for(invitation, group, now):
    """Whether a second letter may be sent: somebody who lives here has an attention to mind."""
    known = Person.objects.with_address(invitation.address).first()
    if known is None or not known.belongs_to(group.network):
        return True
    facts = {"network": group.network, "group": group, "now": now}
    return may_send(known, "still_invited", cause=f"still_invited:{invitation.pk}", **facts)


def remind_by_notice(invitation, group, now):
    """Whoever was not told in the first place, or has knocked since, hears nothing."""
    invited = group.memberships.filter(person=invitation.person_id, state=State.INVITED)
    membership = invited.select_related("person").first()
    if membership is None:
        return
    notify(
        [membership.person],
        "still_invited",
        network=group.network,
        subject=("membership", membership.pk),
        cause=f"still_invited:{invitation.pk}",
        actor=invitation.by,
        group=group,
        at=now,
        words=invitation.words,
    )


# Delivering: `registries.outboxes`


def prepare(letter, now):
    """(the letter, None) to send now; (None, a time) to wait for; (None, None) to withhold it."""
    invitation = letter.invitation
    known = Person.objects.with_address(invitation.address).first()
    if not may_be_sent(invitation, known, now):
        return None, None
    reminds = letter.what == What.REMINDS
    if known is not None or reminds:  # whoever lives elsewhere has the hours of who invites
        morning = morning_of(known or invitation.by, now)
        if morning is not None:
            return None, morning
    return letter_for(letter, reminds), None


def may_be_sent(invitation, known, now):
    """Whether the invitation still stands, and whoever reads there may be written to."""
    stands = invitation.state_at(now) == InvitationState.OPEN and invitation.group.is_open
    if not stands or may_invite(invitation) is None:
        return False
    if digest_of(code_of(invitation.pk)) != bytes(invitation.digest):
        return False  # there is a new SECRET_KEY: the code cannot be said again
    if QuietAddress.objects.filter(digest=digest_for(invitation.address)).exists():
        return False
    return known is None or may_be_told(known, invitation)


def may_be_told(person, invitation):
    """Whether somebody with an account may hear of it, as if they were asked in by name."""
    group = invitation.group
    if not person.is_active or MailStop.objects.filter(person=person, category="seats").exists():
        return False
    if group.network.memberships.suspended().filter(person=person).exists():
        return False
    membership = group.memberships.of(person)
    if membership is not None and (membership.state in READING or membership.barred):
        return False
    return bool(without_blockers([person], invitation.by))


def letter_for(letter, reminds):
    """Who invites, into what, their line, and one button to the card."""
    invitation = letter.invitation
    group, by = invitation.group, invitation.by
    network = group.network
    where = f"a group in {network.name}" if group.is_hidden else group.name
    stop = network.absolute(reverse("stop_letters", args=[stop_token(invitation.address)]))
    facts = {
        "heading": f"{by.name} invites you into {group.name}",
        "preview": group.purpose,
        "body": [
            f"It is a small group in {network.name}: {group.purpose}",
            *(["This reminds you once; we do not write about it again."] if reminds else []),
            f"The invitation is good until {invitation.expires_at:%-d %B}. It keeps no seat; it "
            "opens the door.",
        ],
        "quote": invitation.words,
        "quote_by": by.name if invitation.words else "",
        "button_url": network.absolute(reverse("invitation", args=[code_of(invitation.pk)])),
        "button_text": "See what it is",
        "why": f"You get this because {by.name} has this address. We write once and remind once.",
        "stop_url": stop,
        "network": network.name,
    }
    message = EmailMultiAlternatives(
        subject=" ".join(f"{by.name} invites you into {where}".split()),
        body=render_to_string("email/letter.txt", facts),
        from_email=network.sender,
        to=[invitation.address],
        headers={
            "Message-ID": f"<{letter.pk}@{network.slug}.kith>",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    message.attach_alternative(render_to_string("email/letter.html", facts), "text/html")
    return message


# Being left in peace


def digest_for(address):
    """What is kept of an address that is to be left in peace."""
    return salted_hmac(f"{SALT}.quiet", address, algorithm="sha256").digest()


def stop_token(address):
    """Names an address by its digest; opens nothing."""
    return signing.dumps(digest_for(address).hex(), salt=SALT, compress=True)


def read_stop_token(token):
    """The digest in a token of ours, or None."""
    try:
        return bytes.fromhex(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def stop_letters(digest, *, now=None):
    """No invitation is mailed to this address any more. Asked again, nothing changes."""
    QuietAddress.objects.bulk_create(
        [QuietAddress(digest=digest, at=now or timezone.now())], ignore_conflicts=True
    )


def forget_addresses(now):
    """An address is kept for a month after its invitation has ended its days, then no more."""
    old = Invitation.objects.exclude(address="").exclude(state=InvitationState.OPEN)
    old.filter(expires_at__lte=now - FORGOTTEN_AFTER).update(address="")
