"""Four weeks of a street: what the people of some groups do by themselves, drawn from one seed.

They read, answer each other, begin conversations, come in, fall silent, ask others to look and call
for help, all through the actions of the product at the moment the clock shows. Nobody here looks
after anybody: that is left to whoever keeps the groups.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from facilitation.distress.actions import call_for_help
from facilitation.moderation.reporting import report
from microgroups.conversation.actions import open_thread, post, read_group
from microgroups.conversation.models import Post, Thread
from microgroups.membership.actions import join
from microgroups.membership.models import Membership
from microgroups.membership.visits import note_visit
from network.errors import Refused
from network.notifications.models import Notice
from network.people.models import Person

TOWN = ZoneInfo("Europe/Brussels")
HOURS = range(8, 22)
ASKS = ("could_you_answer", "could_you_help")
LINES = [
    "Same here, since last spring. I can show you on Saturday.",
    "I would try it with half as much first, and write down what happens.",
    "Ask the man at the hardware shop; he kept one for years.",
    "That made my evening. Thank you for telling it.",
    "We had that once. It went away by itself after a week.",
    "I have one to lend. It is in the hall, behind the bicycles.",
]
BEGINNINGS = [
    ("What do you do with too much of it?", "I have given away all that the neighbours will take."),
    ("A small thing that went well", "Nothing grand: it held through the storm."),
    ("Has anybody tried it in the shade?", "Mine gets two hours of sun and a lot of opinions."),
    ("Who has the long ladder?", "I would bring it back on the same day."),
    ("Something I got wrong", "I read the label afterwards. One should read it before."),
    ("Is Thursday better than Sunday for you?", "Either is fine with me; Sunday is noisy here."),
]
NEW_HERE = "I moved here in spring and know nobody. I have two pots and no idea. Where do I begin?"


@dataclass
class Street:
    """The groups, who keeps them, and how each of the others lives.

    keeper: whom the queue is left to; the other facilitators read and write, and one of them falls
    silent for nine days. `waits`: the threads that the members leave to somebody else.
    """

    network: object
    groups: list
    keeper: Person
    begins: datetime
    days: int
    seed: int = 1
    silent_from: dict = field(default_factory=dict)  # membership: the day
    newcomers: list = field(default_factory=list)
    waits: set = field(default_factory=set)
    called: list = field(default_factory=list)
    asked_in: list = field(default_factory=list)

    def __post_init__(self):
        self.dice = random.Random(self.seed)
        guides = Membership.objects.facilitating().filter(group__in=self.groups)
        self.guides = set(guides.values_list("person", flat=True))
        self.lives = {
            membership.pk: self.dice.choice([1, 1, 2, 2, 3, 5, 7]) for membership in self.places()
        }
        quick = [
            place.pk
            for place in self.places()
            if self.lives[place.pk] <= 2 and place.person_id not in self.guides
        ]
        for number, key in enumerate(self.dice.sample(quick, 5)):
            self.silent_from[key] = 1 + 2 * number

    def places(self):
        """The active members of the groups but for the keeper, as they are now."""
        places = Membership.objects.filter(group__in=self.groups, state="active")
        others = places.exclude(person=self.keeper).select_related("person", "group__network")
        return list(others.order_by("pk"))

    def is_silent(self, membership, day):
        """Whether nobody sees them on this day."""
        if membership.person_id in self.guides and membership.group == self.groups[0]:
            return 12 <= day < 21
        return day >= self.silent_from.get(membership.pk, self.days)

    def moment(self, day, hour, minute=0):
        """The time on the town's clock, so many days after the beginning."""
        date = self.begins.astimezone(TOWN).date() + timedelta(days=day)
        return datetime.combine(date, time(hour, minute), TOWN)

    def plan(self, day):
        """[(when, deed)] of one day, in order. A deed takes nothing: the clock shows when."""
        deeds = []
        for membership in self.places():
            every = self.lives.setdefault(membership.pk, self.dice.choice([1, 2, 3]))
            comes = self.dice.random() < 1 / every
            at = self.moment(day, self.dice.choice(HOURS), self.dice.randrange(60))
            if comes and not self.is_silent(membership, day):
                deeds.append((at, lambda key=membership.pk: self.look_in(key)))
        deeds += self.special(day)
        return sorted(deeds, key=lambda deed: deed[0])

    def special(self, day):
        """What does not happen every day."""
        if day % 3 == 0:
            yield self.moment(day, 20, 40), self.come_in
        if day % 9 == 4:
            yield self.moment(day, 12, 5), self.knock
        if day in (6, 17):
            yield self.moment(day, 18, 15), self.ask_for_a_look
        if day == 11:
            yield self.moment(day, 3, 10), self.call

    # What one does when one looks in

    def look_in(self, key):
        membership = Membership.objects.select_related("person", "group__network").get(pk=key)
        if not membership.is_active:
            return
        now, person = timezone.now(), membership.person
        unread = Notice.objects.filter(person=person, read_at=None)
        asked = [each for each in unread if each.kind in ASKS]
        note_visit(read_group(membership.group, person, now=now), now)
        unread.update(read_at=now)
        what = self.dice.random()
        if asked and what < 0.6:
            self.answer_as_asked(person, asked[0])
        elif what < 0.35:
            self.say_something(membership)
        elif what < 0.42:
            self.begin(membership)

    def answer_as_asked(self, person, notice):
        said = Post.objects.filter(pk=notice.subject_id).select_related("thread").first()
        if said is not None:
            self.write(said.thread, person, self.dice.choice(LINES), said)

    def say_something(self, membership):
        """Into one of the latest conversations, other than those that are left to others."""
        threads = Thread.objects.visible_to(membership.person).filter(group=membership.group)
        latest = [
            thread
            for thread in threads.order_by("-last_at")[:8]
            if thread.pk not in self.waits and thread.closed_at is None
        ]
        if latest:
            self.write(self.dice.choice(latest), membership.person, self.dice.choice(LINES))

    def begin(self, membership, text=None):
        """A conversation; one in three is left to somebody else."""
        title, body = self.dice.choice(BEGINNINGS)
        person = membership.person
        try:
            thread = open_thread(membership.group, person, title=title, body=text or body)
        except Refused:
            return
        if text is not None or self.dice.random() < 0.34:
            self.waits.add(thread.pk)

    def write(self, thread, person, words, reply_to=None):
        try:
            post(thread, person, body=words, reply_to=reply_to)
        except Refused:
            return

    # What happens now and then

    def come_in(self):
        """Somebody of the network comes into the open group, and writes within the hour."""
        group = next(group for group in self.groups if group.join_policy == "open")
        person = self.stranger(group)
        membership = join(group, person)
        if membership.is_active:
            self.newcomers.append(membership.pk)
            self.begin(membership, text=NEW_HERE)

    def knock(self):
        group = next(group for group in self.groups if group.join_policy == "ask")
        person = self.stranger(group)
        answers = ["I would like to be of use."] * len(group.questions)
        self.asked_in.append(join(group, person, answers=answers).pk)

    def stranger(self, group):
        """Somebody of the network with room for another group, who was never in this one."""
        people = Person.objects.filter(network_memberships__network=self.network, is_active=True)
        people = people.exclude(memberships__group=group).exclude(pk=self.keeper.pk)
        people = people.exclude(network_memberships__role__in=("admin", "moderator"))
        most = self.network.max_groups_per_person - 1  # and room for one more meanwhile
        roomy = [
            person
            for person in people.order_by("pk")
            if person.memberships.filter(state="active").count() < most
        ]
        return self.dice.choice(roomy)

    def somebody(self):
        """A member of some standing who still comes."""
        away = {*self.silent_from}
        here = [
            place
            for place in self.places()
            if place.pk not in away and place.person_id not in self.guides
        ]
        return self.dice.choice(here)

    def ask_for_a_look(self):
        """Somebody asks others to look at what another member wrote."""
        membership = self.somebody()
        posts = Post.objects.visible_to(membership.person).standing()
        posts = posts.filter(group=membership.group, is_system=False)
        posts = posts.exclude(author=membership.person).exclude(author__in=self.guides)
        said = posts.exclude(author=None).order_by("-at").first()
        words = "It hurt somebody who is new here."
        report(membership.person, "post", said.pk, self.network, reason=words)

    def call(self):
        membership = self.somebody()
        self.called.append(
            call_for_help(membership.group, membership.person, note="I do not know whom to ask.")
        )

    def hear(self, nudges):
        """Whoever was written to comes back, every second one."""
        for number, membership in enumerate(sorted(nudges)):
            if number % 2 == 0:
                self.silent_from.pop(membership, None)
