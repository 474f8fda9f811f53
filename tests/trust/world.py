"""Two networks, three visibilities, eleven roles, and a canary in each private place."""

import itertools
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from bridging.highlights import actions as highlights
from facilitation.cover.actions import go_away, write_note
from facilitation.cues.models import AGAIN, Cue
from facilitation.distress.actions import call_for_help
from facilitation.moderation.actions import hide
from facilitation.moderation.redirects import redirect
from facilitation.moderation.reporting import report
from facilitation.nudges.models import Nudge
from facilitation.presence.models import Absence
from facilitation.starters.actions import write
from facilitation.welcome import buddies
from facilitation.welcome.greeting import set_greeting
from microgroups.appeals.actions import appeal
from microgroups.budding.actions import bud
from microgroups.budding.choosing import choose
from microgroups.budding.merging import merge
from microgroups.charter.actions import keep_for_later
from microgroups.conversation import actions as conversation
from microgroups.conversation.models import Post
from microgroups.groups import drafts
from microgroups.groups.actions import approve, edit
from microgroups.groups.models import MicroGroup
from microgroups.membership import actions as membership
from microgroups.membership import letters
from microgroups.membership.for_later import keep_for_later as keep_answers
from microgroups.membership.invitations import make_link
from microgroups.reminders.actions import set_reminder
from network.networks.actions import create_network, leave
from network.networks.models import Role
from network.notifications.actions import notify
from network.notifications.letters import stop_token
from network.tokens.actions import create_token
from tests.factories import MicroGroupFactory, PersonFactory

VISIBILITIES = ("network", "listed", "hidden")
ROLES = (
    "visitor",
    "stranger",
    "net_member",
    "knocking",
    "former",
    "left",
    "member",
    "resting",
    "facilitator",
    "moderator",
    "admin",
)
MATRIX = tomllib.loads(Path(__file__).with_name("matrix.toml").read_text())


@dataclass
class World:
    """What there is, and which canary stands where: {word: (line of the matrix, visibility)}."""

    people: dict = field(default_factory=dict)
    groups: dict = field(default_factory=dict)
    ids: dict = field(default_factory=dict)
    canaries: dict = field(default_factory=dict)
    numbers: object = field(default_factory=lambda: itertools.count(1))

    def canary(self, line, visibility="network"):
        """A new word that stands nowhere else."""
        word = f"zq{line}{visibility}x{next(self.numbers)}x"
        self.canaries[word] = (line, visibility)
        return word

    def keep(self, kind, row):
        self.ids.setdefault(kind, []).append(row.pk)
        return row

    def may_see(self, word, role):
        """Whether the matrix lets this role read the word."""
        line, visibility = self.canaries[word]
        rule = MATRIX[line]
        sees = (rule if "sees" in rule else rule[visibility])["sees"]
        return role in sees or f"own:{role}" in sees


def build():
    """The world, through the deeds that make it."""
    world = World()
    here = create_network("Here", slug="here", hosts=["testserver"])
    there = create_network("There", slug="there", hosts=["there.example"])
    people = world.people
    for role in ROLES[2:]:
        people[role] = PersonFactory(network=here, username=f"role{role.replace('_', '')}")
    for role in ("moderator", "admin"):
        here.memberships.filter(person=people[role]).update(role=Role(role))
    people["stranger"] = PersonFactory(network=there, username="rolestranger")
    email = f"{world.canary('email')}@people.example"
    people["member"].email = email
    people["member"].save()
    for visibility in VISIBILITIES:
        settle(world, here, visibility)
    settle_family(world)
    settle_elsewhere(world, there)
    settle_persons(world, here)
    settle_invitations(world, here)
    leave(here, people["left"])
    return world


def settle(world, network, visibility):
    """One group with somebody in each role, and words in each private place."""
    people = world.people
    card = {name: world.canary("card", visibility) for name in ("purpose", "difference")}
    card |= {name: world.canary("card", visibility) for name in ("belonging", "agreements")}
    group = MicroGroupFactory(
        network=network,
        founder=people["facilitator"],
        name=world.canary("card", visibility),
        visibility=visibility,
        care_plan=world.canary("formerly", visibility),
        **card,
    )
    edit(group, people["facilitator"], care_plan=world.canary("card", visibility))
    keep_for_later(group, people["facilitator"], {"care_plan": world.canary("charterdraft")})
    world.groups[visibility] = group
    for role in ("member", "resting", "former", "left"):
        membership.join(group, people[role])
    talk(world, group, visibility)
    moderate(world, group, visibility)
    membership.rest(group, people["resting"])
    reason = world.canary("reason", visibility)
    membership.remove(group, people["former"], by=people["facilitator"], reason=reason)
    place = world.keep("place", group.memberships.of(people["former"]))
    words = world.canary("appeal", visibility)
    world.keep("appeal", appeal(place, people["former"], text=words))
    membership.describe(
        group,
        people["member"],
        offers=world.canary("talk", visibility),
        asks=world.canary("talk", visibility),
    )
    set_greeting(group, people["facilitator"], words=world.canary("talk", visibility))
    buddies.offer(group, people["member"])
    MicroGroup.objects.filter(pk=group.pk).update(join_policy="ask", questions=["Why?"])
    if visibility != "hidden":
        words = [world.canary("answersdraft", visibility)]
        keep_answers(group, people["net_member"], words)
    membership.join(group, people["knocking"], answers=[world.canary("answers", visibility)])
    world.keep(
        "cue",
        Cue.objects.create(
            group=group,
            kind="presence",
            key=f"test:{visibility}{AGAIN}",  # whose reason is told as it was written
            person=people["member"],
            reason=world.canary("cue", visibility),
            subject_type="membership",
            subject_id=group.memberships.of(people["member"]).pk,
            due_at=timezone.now(),
            created_at=timezone.now(),
        ),
    )
    miss(world, group, visibility)
    settle_cover(world, group, visibility)
    world.keep(
        "starter",
        write(
            group,
            people["facilitator"],
            title=world.canary("starter", visibility),
            body=world.canary("starter", visibility),
        ),
    )
    world.groups[visibility] = MicroGroup.objects.get(pk=group.pk)


def miss(world, group, visibility):
    """Somebody is away: a word was sent, and one more is drafted."""
    now, place = timezone.now(), group.memberships.of(world.people["member"])
    absence = Absence.objects.create(
        membership=place,
        last_visit_on=place.last_visit_on,
        level="lapsed",
        chance=0.01,
        days_away=30,
        usual_gap=3,
        noticed_at=now,
    )
    facts = {"network": group.network, "group": group, "absence": absence}
    facts |= {"person": place.person, "opened_at": now}
    words = [world.canary(line, visibility) for line in ("letter", "nudge")]
    first = Nudge.objects.create(step=1, body=words[0], **facts)
    world.keep("nudge", Nudge.objects.create(step=2, body=words[1], **facts))
    Nudge.objects.filter(pk=first.pk).update(
        state="sent", sent_at=now, sent_by=world.people["facilitator"]
    )
    world.keep("nudge", first)


def settle_cover(world, group, visibility):
    """Who looks after the group goes away for a while, and notes something about a member."""
    facilitator, member = world.people["facilitator"], world.people["member"]
    today = timezone.now().astimezone(facilitator.zone).date()
    leave = go_away(
        group,
        facilitator,
        starts_on=today,
        back_on=today + timedelta(days=7),
        note=world.canary("handover", visibility),
        deputy=member,
    )
    world.keep("leave", leave)
    write_note(group, facilitator, about=member, text=world.canary("membernote", visibility))


def settle_family(world):
    """One group grows a sister, and its people choose; another asks it to take its people in."""
    group, quiet = world.groups["network"], world.groups["listed"]
    facilitator = world.people["facilitator"]
    found = bud(group, facilitator, name="Sister", why=world.canary("budding"))
    approve(found.sister, world.people["admin"])
    choose(group, world.people["member"], choice="both")
    words = world.canary("merging")
    world.keep("merging", merge(quiet, facilitator, into=group, words=words))


def talk(world, group, visibility):
    """A thread with what was said, said before, taken back, and what travels."""
    member, facilitator = world.people["member"], world.people["facilitator"]
    thread = world.keep(
        "thread",
        conversation.open_thread(
            group,
            member,
            title=world.canary("talk", visibility),
            body=world.canary("talk", visibility),
        ),
    )
    first = world.keep("post", thread.posts.get())
    conversation.edit_post(first, member, body=world.canary("talk", visibility))
    conversation.post(thread, world.people["left"], body=world.canary("talk", visibility))
    gone = conversation.post(thread, member, body=world.canary("deleted", visibility))
    conversation.delete_post(gone, member)
    world.keep("post", gone)
    conversation.react(first, facilitator, emoji="👍")
    if visibility == "hidden":
        return
    for line in ("proposed", "shared", "withdrawn"):
        title, body = world.canary("talk", visibility), world.canary(line, visibility)
        carrier = conversation.open_thread(group, member, title=title, body=body)
        # The title travels with the card, so it is as open as the card.
        world.canaries[title] = world.canaries[body]
        post = carrier.posts.get()
        card = highlights.propose(post, facilitator if line == "proposed" else member)
        if line != "proposed":
            card = highlights.share(card, facilitator)
            echo = highlights.echo(card, world.people["net_member"], body="An answer")
            world.keep("echo", echo)
        if line == "withdrawn":
            highlights.withdraw(card, member)
        world.keep("highlight", card)


def moderate(world, group, visibility):
    """Something that was reported, something that is hidden, and a call for help."""
    people = world.people
    member, facilitator, author = (people[role] for role in ("member", "facilitator", "resting"))
    thread = conversation.open_thread(
        group,
        author,
        title=world.canary("talk", visibility),
        body=world.canary("reported", visibility),
    )
    post = thread.posts.get()
    conversation.post(thread, member, body=world.canary("reported", visibility))
    reason = world.canary("report", visibility)
    world.keep("report", report(member, "post", post.pk, group.network, reason=reason))
    words = conversation.post(thread, member, body=world.canary("concealed", visibility))
    decision = hide(words, facilitator, reason=world.canary("decision", visibility))
    if visibility == "network":
        world.keep("post", words)
    world.keep("decision", decision)
    if visibility == "network":
        move_away(world, group)
        slow_down(world, group)
    note = world.canary("distress", visibility)
    world.keep("distress", call_for_help(group, member, note=note))


def move_away(world, group):
    """A thread of a member that may move, and what the group asks to look at twice."""
    member, facilitator = world.people["member"], world.people["facilitator"]
    thread = conversation.open_thread(
        group,
        member,
        title=world.canary("talk", "network"),
        body=world.canary("talk", "network"),
    )
    place = MicroGroupFactory(network=group.network, founder=world.people["admin"])
    reason = world.canary("moving")
    said = {"step": "move", "to": place.slug, "reason": reason}
    world.keep("decision", redirect(thread, facilitator, **said))
    set_reminder(group, facilitator, on=True, words=[world.canary("reminder")])


def slow_down(world, group):
    """A thread of a member that goes slowly, and why."""
    member, facilitator = world.people["member"], world.people["facilitator"]
    title, body = world.canary("talk"), world.canary("talk")
    thread = conversation.open_thread(group, member, title=title, body=body)
    reason = world.canary("slowing")
    world.keep("thread", thread)
    world.keep("decision", redirect(thread, facilitator, step="slow", reason=reason))


def settle_elsewhere(world, network):
    """Another network on the same machine."""
    stranger = world.people["stranger"]
    group = MicroGroupFactory(
        network=network,
        name=world.canary("elsewhere"),
        purpose=world.canary("elsewhere"),
        visibility="network",
    )
    membership.join(group, stranger)
    thread = world.keep(
        "thread",
        conversation.open_thread(
            group, stranger, title=world.canary("elsewhere"), body=world.canary("elsewhere")
        ),
    )
    world.keep("post", Post.objects.get(thread=thread))
    someone = PersonFactory(
        network=network, username="elsewhere", name="Elsewhere", intro=world.canary("elsewhere")
    )
    world.people["elsewhere"] = someone
    world.groups["elsewhere"] = group


def settle_invitations(world, network):
    """A link into a group without secrets: whoever has its code sees the card; and letters."""
    group = MicroGroupFactory(network=network)
    keeper = group.memberships.get(is_founder=True).person
    link, code = make_link(group, by=keeper)
    world.keep("invitation", link)
    world.ids["code"] = [code]
    world.ids["letter_stop"] = [letters.stop_token("somebody@people.example")]
    for visibility in VISIBILITIES:
        address = f"{world.canary('invitation', visibility)}@people.example"
        words = world.canary("mailed", visibility)
        group, member = world.groups[visibility], world.people["member"]
        letters.invite_addresses(group, [address], by=member, words=words)


def settle_persons(world, network):
    """What is one person's alone."""
    member, group = world.people["member"], world.groups["network"]
    notify(
        [member],
        "note",
        network=network,
        subject=("group", group.pk),
        cause="test:note",
        at=timezone.now(),
        actor=world.people["facilitator"],
        group=group,
        words=world.canary("note"),
    )
    texts = ("name", "purpose", "difference", "belonging", "agreements", "care_plan")
    words = {field: world.canary("draft") for field in texts}
    world.keep("draft", drafts.begin(network, member, **words))
    token, _ = create_token(member, network, name=world.canary("token"), scopes=["read"])
    world.keep("token", token)
    world.ids["notice"] = list(member.notices.values_list("pk", flat=True)[:2])
    world.ids["stop"] = [stop_token(member, "care")]
