"""One job, done undisturbed once, and then as a test orders it."""

from collections import Counter

from django.db import transaction

from network.notifications.tasks import deliver_notices
from network.operations import jobs, tasks
from network.operations.models import JobRun
from tests.factories import NOW
from tests.processes import until
from tests.trust import killpoints
from tests.trust.killpoints import World
from tests.trust.kills.work import WORK


class Play:
    def __init__(self, victim, stage):
        self.victim, self.stage = victim, stage
        build, changes = WORK[victim]
        with transaction.atomic():
            build()
            transaction.get_connection().run_on_commit.clear()  # nobody hears of it yet
            killpoints.leave_due(self.victim)
        self.world = World()
        assert self.undisturbed(changes) == changes

    def undisturbed(self, labels):
        """What becomes of it when nobody dies: {label of a table, or "mails": what changed}."""
        self.begin()
        self.steps = self.stage.told("steps")
        self.stage.settle()
        self.end = self.world.facts()
        self.letters = self.stage.letters()
        changed = {**self.world.changes(), "mails": self.letters.total()}
        return {label: changed.get(label) for label in labels}

    def ask(self):
        """Ask for the work as it is asked for by itself."""
        (deliver_notices if self.victim == "deliver_notices" else tasks.tick).delay()

    def begin(self, **orders):
        """Put the world back and do the work, as ordered."""
        self.stage.put_back(self.world)
        self.stage.run(self.ask, victim=self.victim, **orders)

    def overlap(self, point):
        """A twin does the same work in a slot of its own while the first stands at the point.

        The first goes on when the twin has ended, or waits for what the first holds.
        """
        self.stage.put_back(self.world)
        self.stage.order(NOW, victim=self.victim, fate="SIGSTOP", point=point)
        self.ask_for_slot(0)
        until(lambda: self.stage.told("met"), 60, pace=0.01)
        self.ask_for_slot(1)
        until(lambda: self.stage.busy() == 1 or killpoints.somebody_waits_for_a_lock(), pace=0.02)
        killpoints.wake(self.stage.told("met")["pid"])
        self.stage.wait()
        self.stage.settle()
        self.assert_one_effect()

    def ask_for_slot(self, before):
        """Ask for the work of the job's present slot, or of one so many before it."""
        job = self.victim.partition(":")[2]
        if job:
            slot = jobs.slot_at(job, NOW) - before * jobs.every(job)
            tasks.run_job.apply_async([job, slot.isoformat()], queue="now")
        else:
            self.ask()

    def kill(self, point):
        """Kill who does the work at the point, and let the others settle it."""
        self.begin(fate="SIGKILL", point=point)
        self.stage.settle()
        on_the_way = killpoints.is_on_the_way(self.steps, *point)
        lost = on_the_way and not killpoints.has_left(self.steps, *point)
        self.assert_one_effect(unknown=on_the_way, lost=lost)

    def put_to_sleep(self, point):
        """Who does the work falls asleep at the point, and wakes when others have settled it."""
        self.begin(fate="SIGSTOP", point=point, left=1)
        until(killpoints.nothing_is_locked, 60)
        self.stage.settle(left=1)
        killpoints.wake(self.stage.told("met")["pid"])
        self.stage.wait()
        self.assert_one_effect(unknown=killpoints.is_on_the_way(self.steps, *point))

    def cut_off(self, point):
        """The database ends all connections while who does the work is at the point."""
        self.begin(fate="SIGSTOP", point=point, left=1)
        killpoints.end_connections()
        killpoints.wake(self.stage.told("met")["pid"])
        self.stage.wait()
        self.stage.settle()
        self.assert_one_effect(unknown=killpoints.is_on_the_way(self.steps, *point))

    def assert_one_effect(self, *, unknown=0, lost=0):
        """The world has become what it becomes undisturbed.

        Of a letter that was being handed over nobody knows whether it has arrived: it is never
        sent again (trust.md §11), and its notice, which stands in the app, says `unknown`.
        """
        end, letters = self.world.facts(), self.stage.letters()
        missing, extra = self.end - end, end - self.end
        if unknown:
            extra = Counter(as_sent(row) for row in extra)
        met = self.stage.told("met")
        assert letters - self.letters == Counter(), f"somebody was written to twice: {met}"
        assert sorted(extra - missing) == sorted(missing - extra), met
        assert missing.total() == unknown, met
        assert (self.letters - letters).total() == lost, met
        assert not JobRun.objects.exclude(error="").exists(), f"a job broke: {met}"


def as_sent(row):
    """The row of a notice whose mail is unknown, as it is when the mail has arrived."""
    told = {"mail=unknown": "mail=sent", "mailed_at=None": "mailed_at=later"}
    return tuple(told.get(part, part) for part in row)
