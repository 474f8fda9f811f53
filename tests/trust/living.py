"""What the people of the village do before each round; see village.py and year.py.

Time is told in turns of eight days (TURN), in each of which those of a group have one day: that is
an eighth of the groups where a round comes every day, the half of them where every fourth.
"""

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta

from facilitation.cover.actions import go_away
from facilitation.cues import actions as cues
from facilitation.cues.models import Cue
from facilitation.cues.models import Kind as CueKind
from facilitation.distress.actions import call_for_help, see
from facilitation.moderation.reporting import report, resolve
from facilitation.nudges import actions as nudges
from facilitation.nudges.models import Nudge
from facilitation.starters import actions as starters
from facilitation.starters.models import Starter
from microgroups.conversation.actions import open_thread, post
from microgroups.conversation.models import Thread
from microgroups.membership.actions import join, leave, rest, return_
from microgroups.membership.invitations import invite_person
from microgroups.membership.letters import invite_addresses
from microgroups.membership.models import Membership, Role, State
from microgroups.membership.visits import note_visit
from network.errors import Refused
from network.networks.actions import add_member
from network.notifications.actions import read, stop_mail
from tests.factories import PersonFactory
from tests.trust.village import DAY, KINDS, ZONES, chance, pick

SECOND = timedelta(seconds=1)
TURN = 8
NOTE = "A hedgehog sits on my chest."  # for those alone who are called
TITLES = ("Soup for twelve", "Worms in the soup", "A bench", "Whose ladder?", "Rain on the bench")


class Day:
    """One day of the village. `done`: (what, who, what came of it), for comparing two runs.

    step: the days from one round to the next.
    """

    def __init__(self, village, number, clock, keys, step=1):
        self.village, self.number, self.clock, self.keys = village, number, clock, keys
        self.step, self.turn = step, number // TURN
        self.done, self.unheard = [], []

    def live(self):
        self.look_around()
        for number, (kind, group) in enumerate(self.village.groups):
            self.group, self.place, self.kind = group, number // len(KINDS), kind
            if self.is_day_of(number + self.place):  # of some of each kind
                self.look_after()
                getattr(self, kind)()
            elif self.is_day_of(number + self.place + TURN // 2):
                self.look_in()

    def look_around(self):
        """Who is where this morning, and what waits for an answer."""
        places = Membership.objects.exclude(state=State.LEFT).select_related("person")
        self.all_places = defaultdict(list)
        for place in places.order_by("person__username"):
            self.all_places[place.group_id].append(place)
        waiting = Thread.objects.standing().filter(answered_at=None).exclude(kind="starter")
        self.all_waiting = defaultdict(list)
        for thread in waiting.select_related("group__network").order_by("opened_at", "pk"):
            self.all_waiting[thread.group_id].append(thread)

    # What is drawn

    def chance(self, *words):
        return chance(self.village.seed, self.number, self.group.name, *words)

    def pick(self, choices, *words):
        return pick(choices, self.village.seed, self.number, self.group.name, *words)

    def is_day_of(self, number):
        """Whether the day of the group of this number falls into this round."""
        return (self.number - number) % TURN < self.step

    def is_turn_of(self, every, offset=0):
        return (self.turn + offset) % every == 0

    def do(self, what, action, *args, **facts):
        """Do it a second after what was done before; refused or not, it is written down."""
        self.clock.go_to(self.clock.at + SECOND)
        self.keys.begin((what, self.number, len(self.done)))
        try:
            made, said = action(*args, now=self.clock.at, **facts), "done"
        except Refused as refusal:
            made, said = None, refusal.code
        finally:
            self.keys.begin(None)
        self.done.append((self.number, self.group.name, what, said))
        return made

    # Who is there

    def places(self, state, role=None):
        here = self.all_places[self.group.pk]
        return [each for each in here if each.state == state and role in (None, each.role)]

    def members(self):
        return self.places(State.ACTIVE, Role.MEMBER)

    def hosts(self):
        return self.places(State.ACTIVE, Role.FACILITATOR)

    def somebody(self, *words):
        return self.pick(self.members(), *words).person

    def newcomer(self, what="newcomer"):
        """Somebody who has never been here before."""
        name = f"n{self.number}g{self.place}{self.kind}"
        return self.do(what, self.arrive, f"{what[:3]}{name}")

    def arrive(self, name, *, now):
        zone = ZONES[int(self.chance("zone") * len(ZONES))]
        person = PersonFactory(username=name, skeleton=name, time_zone=zone, joined_at=now)
        add_member(self.village.network, person, now=now)
        return person

    def visit(self, place):
        self.do("visit", lambda *, now: note_visit(place, now))
        if self.chance("reads", place.person.username) < 0.4:
            self.do("read", lambda *, now: read(place.person, now=now))

    def some_visit(self, share):
        for place in self.members():
            if self.chance("visits", place.person.username) < share:
                self.visit(place)

    def begin(self, person, kind="talk"):
        title = self.pick(TITLES, "title")
        facts = {"title": title, "body": "Does anybody know about this?", "kind": kind}
        thread = self.do("begin", open_thread, self.group, person, **facts)
        if thread is not None:
            self.all_waiting[self.group.pk].append(thread)
        return thread

    def unanswered(self, days):
        """Threads that have waited for so many days."""
        until = self.clock.at - days * DAY
        return [each for each in self.all_waiting[self.group.pk] if each.opened_at <= until][:3]

    def answer_some(self, days, share):
        for number, thread in enumerate(self.unanswered(days)):
            others = [place for place in self.members() if place.person_id != thread.author_id]
            if others and self.chance("answers", number) < share:
                person = self.pick(others, "who answers", number).person
                self.do("answer", post, thread, person, body="This is how I do it.")

    # A day in each kind of group

    def greet(self):
        """Newcomers who are answered soon, and shown around. All are answered on the same day: a
        thread that waits would ask the buddies, too, and which of two asks is a person's last of
        the week depends on which job comes first."""
        if self.chance("comes") < 0.25:
            self.do("join", join, self.group, self.newcomer())
        fresh = [place for place in self.members() if place.first_post_at is None]
        for place in fresh:
            drawn = self.chance("new", place.person.username)
            if drawn < 0.25:
                self.begin(place.person, kind="introduction")
            elif drawn > 0.96:
                self.do("leave", leave, self.group, place.person)
        self.answer_some(0, 1)
        if self.is_turn_of(4, self.place):
            self.begin(self.somebody("talker"))
            self.some_visit(0.5)

    def ask(self):
        """Newcomers whose first post waits."""
        if self.chance("comes") < 0.35:
            person = self.newcomer()
            self.do("join", join, self.group, person)
            self.begin(person, kind="introduction")
        self.answer_some(2, 0.4)
        if self.is_turn_of(5, self.place):
            self.some_visit(0.6)

    def threads(self):
        """Members who ask, and wait."""
        if self.chance("asks") < 0.5:
            self.begin(self.somebody("asker"), kind="question")
        self.answer_some(2, 0.25)
        if self.is_turn_of(5, self.place):
            self.some_visit(0.6)

    def rhythm(self):
        """Members who come in each turn, until one does not."""
        for place in self.members():
            name = place.person.username
            silent = chance(self.village.seed, "silent", name, self.number // 25) < 0.4
            if not silent:
                self.visit(place)
        if self.is_turn_of(2, self.place):
            self.begin(self.hosts()[0].person)

    def line(self):
        """A full group: some leave or rest, others wait for their seats."""
        if len(self.members()) > 1 and self.chance("goes") < 0.3:
            place = self.pick(self.members(), "goes")
            away = leave if self.chance("how") < 0.5 else rest
            self.do(away.__name__, away, self.group, place.person)
        if self.chance("comes") < 0.3:
            person = self.newcomer()
            self.do("join", join, self.group, person)
        for place in self.places(State.OFFERED):
            if self.chance("takes", place.person.username) < 0.3:
                self.do("take", join, self.group, place.person)
        for place in self.places(State.RESTING):
            if self.chance("returns", place.person.username) < 0.06:
                self.do("return", return_, self.group, place.person)

    def still(self):
        """Nobody begins anything; people are asked in, report and call for help. Where Kith asks,
        they come by: a letter to who does not would name what Kith has asked in the same hour."""
        host = self.hosts()[0].person
        if self.chance("invites") < 0.2:
            guest = self.newcomer("guest")
            self.do("invite", invite_person, self.group, guest, by=host)
        if self.chance("writes") < 0.08:
            addresses = [f"friend{self.number}x{self.place}@people.example"]
            self.do("write", invite_addresses, self.group, addresses, by=host)
        for place in self.places(State.INVITED):
            if self.chance("comes", place.person.username) < 0.15:
                self.do("come", join, self.group, place.person)
        if self.place % 2:
            self.some_visit(0.6)
        elif self.chance("reports") < 0.2:
            self.two_report(host)
        if self.chance("calls") < 0.06:
            self.one_calls(host)
        if self.chance("has enough") < 0.03:
            self.do("no digest", lambda *, now: stop_mail(host, "digest", now=now))
        if self.place == 1 and self.is_turn_of(13, 6):
            self.take_leave(host)

    def two_report(self, host):
        thread = self.begin(host, kind="announcement")
        if thread is None:
            return
        said = thread.posts.get()
        for place in self.members()[:2]:
            facts = {"reason": "It was too loud."}
            self.do("report", report, place.person, "post", said.pk, self.village.network, **facts)

    def one_calls(self, host):
        """Whom one of the two hears, or nobody for the next hour."""
        call = self.do("call", call_for_help, self.group, self.somebody("calls"), note=NOTE)
        if call is not None and self.chance("hears") < 0.5:
            self.do("see", see, call, host)
        elif call is not None:
            self.unheard.append(call)

    def come_at_last(self):
        """Whoever looks after the network sees to those whom nobody has heard."""
        for call in self.unheard:
            self.group = call.group
            self.do("see at last", see, call, self.village.admin)

    def take_leave(self, host):
        today = self.clock.at.date()
        self.do(
            "away",
            go_away,
            self.group,
            host,
            starts_on=today + 2 * DAY,
            back_on=today + 12 * DAY,
            deputy=self.members()[0].person,
        )

    # Those who look after a group

    def look_in(self):
        """Both come by, in the middle of the turn."""
        if not self.are_gone():
            for host in self.hosts():
                self.visit(host)

    def are_gone(self):
        """Whether nobody looks after the group for a while, and has not said so."""
        return self.kind == "still" and self.place == 0 and self.number % 40 in range(8, 20)

    def look_after(self):
        """One of the two comes by, and sees to a few of those who wait."""
        if self.are_gone():
            return
        host = self.pick(self.hosts(), "host")
        self.visit(host)
        waiting = Cue.objects.open(self.clock.at).filter(group=self.group)
        waiting = waiting.exclude(person=host.person_id).select_related("person")
        for cue in sorted(waiting, key=who_first)[:2]:
            name = cue.person.username if cue.person else ""
            if self.chance("sees to", cue.kind, name) < 0.7:
                self.see_to(cue, host.person, name)

    def see_to(self, cue, host, name):
        drawn = self.chance("how", cue.kind, name)
        if cue.kind == CueKind.ANSWER and self.kind not in ("ask", "threads"):
            self.do("write back", cues.answer, cue, host, body="Hello, this is how.")
        elif cue.kind == CueKind.REQUEST:
            if drawn < 0.7:
                self.do("let in", cues.let_in, cue, host)
            else:
                self.do("turn away", cues.turn_away, cue, host, reason="Not now.")
        elif cue.kind == CueKind.PRESENCE:
            self.ask_back(cue, host, drawn)
        elif cue.kind == CueKind.STARTER:
            self.ask_something(cue, host, drawn)
        elif cue.kind == CueKind.REPORT:
            self.judge(cue, host, drawn)
        elif cue.kind == CueKind.WELCOME:
            self.do("hello", cues.done, cue, host, note="Good that you are here.")
        elif drawn < 0.5:
            self.do("dismiss", cues.dismiss, cue, host, reason="It is well as it is.")

    def ask_back(self, cue, host, drawn):
        drafts = Nudge.objects.drafts().filter(absence__membership=cue.subject_id)
        nudge = drafts.select_related("group__network").first()
        if nudge is None:
            return
        if drawn < 0.7:
            self.do("nudge", nudges.send, nudge, host)
        elif drawn < 0.8:
            self.do("leave be", nudges.discard, nudge, host)
        else:
            self.do("rewrite", nudges.edit, nudge, host, body="Would you look in?")

    def ask_something(self, cue, host, drawn):
        with suppress(Starter.DoesNotExist):
            starter = Starter.objects.select_related("group__network").get(pk=cue.subject_id)
            if drawn < 0.4:
                self.do("ask", starters.publish, starter, host)
            elif drawn < 0.7:
                at = self.clock.at + timedelta(hours=20)
                self.do("ask later", starters.publish, starter, host, at=at)
            else:
                self.do("let go", starters.discard, starter, host)

    def judge(self, cue, host, drawn):
        asked = host.reports.model.objects.select_related("group", "network").get(pk=cue.subject_id)
        step = "keep" if drawn < 0.6 else "hide"
        self.do("decide", resolve, asked, host, decision=step, reason="We have looked.")


def who_first(cue):
    """An order that knows of no key."""
    return (cue.kind, cue.person.username if cue.person else "", cue.due_at)
