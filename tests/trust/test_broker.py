"""Redis flushed, Redis away for a minute, two beats, two workers: nothing is lost or doubled.

Everything is real: a web server, workers and beats, each in its own process, on a Valkey that no
other test uses. The workers' clock goes ahead (mortal.py), so that nobody waits for a whole minute
to see what beat asks for once a minute.
"""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import cycle
from statistics import median

import kombu
import pytest
import redis
from django.conf import settings
from django.utils import timezone

from facilitation.welcome.models import Welcome
from microgroups.conversation.models import Post
from network.notifications.models import Mail, Notice
from network.operations import jobs
from network.operations.models import Heartbeat, JobRun
from network.operations.servers import Servers
from network.operations.tasks import tick
from network.people.models import Person
from network.tokens.actions import create_token
from tests.factories import MicroGroupFactory, PersonFactory
from tests.processes import free_port, until
from tests.trust.killpoints import give_orders
from tests.trust.outside import mail_server
from tests.workers import kill, start, start_beat, start_worker

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 12  # seconds that an answer may take while Redis is away
WEB = ["network.config.web", "--workers", "1"]
DATABASE = int(settings.CELERY_BROKER_URL.rpartition("=")[2])  # of the broker


class House:
    """All that runs, on one Valkey that can be flushed, killed and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.ahead = timedelta(0)  # of our clock: the workers'
        self.valkey = Servers(folder / "var", forgetful=True)
        self.port = free_port()

    @contextmanager
    def in_order(self):
        """Everything runs."""
        self.pass_time(timedelta(0))
        with ExitStack() as self.running, mail_server() as mails:
            self.letters = mails.received
            self.valkey.start_valkey()
            self.running.callback(self.valkey.stop)
            given = {"KITH_VAR": self.folder / "var", "EMAIL_URL": mails.url}
            at = ["--port", str(self.port), "--log-level", "error"]
            self.running.callback(kill, start(*WEB, *at, **given))
            self.workers = [self.start_worker(pool, given) for pool in ("prefork", "solo")]
            for _ in range(2):
                self.running.callback(kill, start_beat(scheduler="tests.trust.hasty:Beat", **given))
            until(lambda: self.get("/health/live") == 200, 60)
            until(lambda: Heartbeat.objects.filter(name="queue.now").exists(), 60)
            yield

    def start_worker(self, pool, given):
        process = start_worker(
            app="tests.trust.mortal", pool=pool, KITH_ORDERS=self.folder, **given
        )
        self.running.callback(kill, process)
        return process

    def pass_time(self, time):
        """The workers' clock goes ahead; what is due then, beat asks for within two seconds."""
        self.ahead += time
        give_orders(self.folder, timezone.now() + self.ahead)

    # Redis

    def broker(self):
        return redis.Redis(unix_socket_path=str(self.valkey.sockets / "valkey.sock"), db=DATABASE)

    def work_waits(self):
        with self.broker() as found:
            return sum(map(found.llen, jobs.QUEUES))

    def give_work(self, times):
        """Work that takes a while, though each piece takes a moment."""
        with kombu.Connection(
            f"redis+socket://{self.valkey.sockets / 'valkey.sock'}?virtual_host={DATABASE}"
        ) as broker:
            for _ in range(times):
                tick.apply_async(connection=broker, queue="now")

    def flush(self):
        """Redis forgets everything that is in any of its databases."""
        with self.broker() as found:
            found.flushall()

    def take_redis_away(self):
        _, process, _ = self.valkey.started.pop()
        kill(process)

    def signal_workers(self, sent):
        for process in self.workers:
            os.killpg(process.pid, sent)

    # People

    def get(self, path):
        return self.ask("GET", path)

    def ask(self, method, path, token="", body=None):
        """The answer's status; an answer that takes too long is an error."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            return 0


def zone_of_noon(now):
    """A time zone in which it is about noon: nobody is written to at night."""
    return f"Etc/GMT{now.hour - 12:+d}"


class People:
    """A network with one group; everybody has a token."""

    def __init__(self):
        self.group = MicroGroupFactory()
        network, zone = self.group.network, zone_of_noon(timezone.now())
        Person.objects.update(time_zone=zone)
        self.all = PersonFactory.create_batch(8, network=network, time_zone=zone)
        self.tokens = {}
        for person in self.all:
            _, self.tokens[person] = create_token(person, network, name="test", scopes=["write"])

    def join(self, house, person):
        path = f"/api/v1/groups/{self.group.slug}/join/"
        return house.ask("POST", path, self.tokens[person], {})

    def write(self, house, person, body):
        path = f"/api/v1/groups/{self.group.slug}/threads/"
        facts = {"title": body, "body": body, "kind": "talk"}
        return house.ask("POST", path, self.tokens[person], facts)

    def propose(self, house, person):
        """A deed of which an admin is told by mail."""
        charter = dict.fromkeys(("purpose", "difference", "belonging", "agreements"), "Words")
        facts = {"name": f"Group of {person.name}", "care_plan": "Words", **charter}
        return house.ask("POST", "/api/v1/groups/", self.tokens[person], facts)


@pytest.fixture
def house(tmp_path):
    tmp_path.chmod(0o700)
    house = House(tmp_path)
    house.people = People()
    with house.in_order():
        yield house


def welcomed(house):
    """How many letters of welcome each address has got."""
    return Counter(to for to, subject, _ in house.letters() if subject.startswith("Welcome to"))


def all_are_welcomed(house, people):
    def everybody_has_a_letter():
        return set(welcomed(house)) == {person.email for person in people}

    return everybody_has_a_letter


def all_are_mailed(notices, house):
    """Each of these notices has become one letter, and no letter came twice."""

    def all_have_left():
        sent = Counter(number for _, _, number in house.letters())
        assert set(sent.values()) <= {1}, "somebody was written to twice"
        keys = {str(key) for key in notices.values_list("pk", flat=True)}
        return keys and keys <= {number.strip("<").partition("@")[0] for number in sent}

    return all_have_left


def live_through_it(house, seconds):
    """Redis is flushed with work in it, then goes away for so long while people act."""
    people = house.people.all
    first, second, *others = people
    assert house.people.join(house, first) == 201
    house.pass_time(timedelta(minutes=1))
    until(all_are_welcomed(house, [first]), 60)

    house.signal_workers(signal.SIGSTOP)
    assert house.people.join(house, second) == 201
    assert house.people.propose(house, second) == 201
    until(house.work_waits, 30)
    house.flush()
    assert not house.work_waits()
    house.signal_workers(signal.SIGCONT)
    house.pass_time(timedelta(minutes=1))
    until(all_are_welcomed(house, [first, second]), 60)

    house.take_redis_away()
    written = act_for(house, seconds, others)
    house.valkey.start_valkey()
    house.pass_time(timedelta(minutes=1))
    until(all_are_welcomed(house, people), 120)
    until(all_are_mailed(Notice.objects.filter(kind="proposal_waits"), house), 60)
    return written


def act_for(house, seconds, people):
    """People join and write for so long; what they wrote. Every deed is answered in time."""
    until_then = time.monotonic() + seconds
    written = []
    for person in people:
        assert house.people.join(house, person) == 201
        assert house.people.propose(house, person) == 201
    for number, person in enumerate(cycle(people)):
        if time.monotonic() > until_then or number == 20:
            break
        written.append(f"Word {number}")
        assert house.people.write(house, person, written[-1]) == 201
    house.pass_time(timedelta(minutes=1))
    until(lambda: time.monotonic() > until_then, seconds + 1)
    return written


def assert_nothing_is_lost_or_doubled(house, written):
    people = house.people.all
    house.pass_time(timedelta(minutes=11))
    until(lambda: not jobs.due(timezone.now() + house.ahead), 60)

    assert welcomed(house) == {person.email: 1 for person in people}
    assert Welcome.objects.count() == len(people)
    assert all_are_mailed(Notice.objects.filter(kind="proposal_waits"), house)()
    notices = Notice.objects.filter(kind="welcome")
    assert Counter(notices.values_list("person", "mail")) == {
        (person.pk, Mail.SENT): 1 for person in people
    }
    said = Post.objects.filter(is_system=False, body__startswith="Word")
    assert sorted(said.values_list("body", flat=True)) == sorted(written)
    assert not JobRun.objects.exclude(error="").exists()


def test_redis_flushed_and_away_for_a_while_loses_and_doubles_nothing(house):
    written = live_through_it(house, seconds=6)

    assert_nothing_is_lost_or_doubled(house, written)


@pytest.mark.long
def test_redis_away_for_a_minute_loses_and_doubles_nothing(house):
    written = live_through_it(house, seconds=60)

    assert_nothing_is_lost_or_doubled(house, written)


def test_a_redis_that_hangs_keeps_nobody_waiting_and_loses_nothing(house):
    """It takes connections and never answers: worse than being gone. Workers are at work then:
    what they cannot say to be done takes no place of theirs for good."""
    people = house.people.all
    _, process, _ = house.valkey.started[-1]

    house.give_work(100)
    os.killpg(process.pid, signal.SIGSTOP)
    first, *others = [how_long(house.people.propose, house, person) for person in people]
    os.killpg(process.pid, signal.SIGCONT)

    assert first < PATIENCE
    assert median(others) < 4, "the broker keeps people waiting again and again"
    told = Notice.objects.filter(kind="proposal_waits")
    assert told.values("cause").distinct().count() == len(people)
    house.pass_time(timedelta(minutes=1))
    until(all_are_mailed(told, house), 120)


def how_long(deed, house, person):
    started = time.monotonic()
    assert deed(house, person) == 201
    return time.monotonic() - started
