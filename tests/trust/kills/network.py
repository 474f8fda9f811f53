"""Work for the jobs of the network: letters, and what is let go of."""

from django.contrib.sessions.models import Session

from microgroups.membership.letters import invite_addresses
from network.notifications.actions import claim_due, notify, stop_mail
from network.notifications.models import Mail, Notice
from network.operations.models import JobRun
from network.tokens.models import IdempotencyKey
from tests.factories import (
    NOW,
    MicroGroupFactory,
    PersonFactory,
    member_of,
)
from tests.trust.kills.work import DAY, HOUR, work_for

LETTERS = {"network.Notice": (6, 6), "microgroups.Letter": (2, 2)}


@work_for("run_job:deliver_notices", **LETTERS, mails=5)
def notices_to_mail():
    """Four to be mailed, one for somebody who wants no mail, one for somebody who sleeps; and two
    letters that invite, one to somebody who lives in the group by now."""
    group = MicroGroupFactory()
    people = [member_of(group) for _ in range(4)]
    stopped = member_of(group)
    stop_mail(stopped, "care", now=NOW)
    asleep = member_of(group, person=PersonFactory(network=group.network, time_zone="Asia/Tokyo"))
    tell(group, [*people, stopped, asleep])
    keeper, addresses = people_of(group)
    invite_addresses(group, [*addresses, "hilde@people.example"], by=keeper, now=NOW - HOUR)


def people_of(group):
    """(who looks after the group, the address of somebody in it)"""
    return group.memberships.get(is_founder=True).person, [member_of(group).email]


def tell(group, people, cause="test"):
    Notice.objects.all().delete()
    notify(
        people,
        "note",
        network=group.network,
        subject=("group", group.pk),
        cause=cause,
        at=NOW - HOUR,
        actor=group.memberships.get(is_founder=True).person,
        group=group,
        words="Hello",
    )


@work_for("deliver_notices", **LETTERS, mails=5)
def the_same_asked_for_by_a_commit():
    notices_to_mail()


@work_for("run_job:settle_unknown_mails", **{"network.Notice": (4, 4)}, mails=1)
def mails_whose_process_died():
    """Two that were being handed over, one that has ended every process, one for another try."""
    group = MicroGroupFactory()
    tell(group, [member_of(group) for _ in range(4)])
    claim_due(now=NOW - HOUR)
    first, second, third, _ = Notice.objects.order_by("pk").values_list("pk", flat=True)
    Notice.objects.filter(pk__in=[first, second]).update(mail=Mail.HANDING_OVER)
    Notice.objects.filter(pk=third).update(attempts=8)


@work_for("run_job:forget_attention", **{"network.Attention": (2, 0)})
def old_answers_of_the_gate():
    """Two of more than 400 days ago, and one of yesterday."""
    group = MicroGroupFactory()
    person = member_of(group)
    facts = {"network": group.network, "group": group, "subject": ("group", group.pk)}
    for days in (402, 401, 1):
        notify([person], "seat_offered", cause=f"{days}", at=NOW - days * DAY, **facts)
    Notice.objects.all().delete()


@work_for("run_job:forget_old_runs", **{"network.JobRun": (3, 0)})
def runs_of_long_ago():
    JobRun.objects.bulk_create(
        JobRun(job="of_long_ago", slot=slot, started_at=slot, finished_at=slot)
        for slot in (NOW - days * DAY for days in (13, 15, 16, 17))
    )


@work_for("run_job:forget_sessions", **{"sessions.Session": (3, 0)})
def sessions_that_ran_out():
    for number, days in enumerate((1, -1, -2, -3)):
        Session.objects.create(session_key=f"session{number}", expire_date=NOW + days * DAY)


@work_for("run_job:forget_old_answers", **{"network.IdempotencyKey": (3, 0)})
def answers_that_nobody_can_ask_for():
    group = MicroGroupFactory()
    person = member_of(group)
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(
            person=person,
            network=group.network,
            method="POST",
            path="/",
            key=f"key {hours}",
            body_digest=b"",
            created_at=NOW - hours * HOUR,
        )
        for hours in (23, 26, 27, 28)
    )
