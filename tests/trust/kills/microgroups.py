"""Work for the jobs of the groups: seats, invitations, words, digests."""

from microgroups.budding.actions import bud
from microgroups.budding.choosing import choose
from microgroups.budding.finishing import finish
from microgroups.conversation.actions import delete_post, delete_thread, edit_post
from microgroups.digest.models import Digest
from microgroups.groups.actions import approve, propose
from microgroups.groups.drafts import GroupDraft, begin
from microgroups.groups.models import MicroGroup
from microgroups.groups.pledging import pledge
from microgroups.membership.actions import join, leave
from microgroups.membership.invitations import invite_person, make_link
from microgroups.membership.letters import Letter, invite_addresses
from network.notifications.models import Mail, Notice
from tests.factories import (
    NOW,
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    member_of,
    say,
    thread_in,
)
from tests.microgroups.test_groups import CHARTER
from tests.trust.kills.work import DAY, HOUR, MINUTE, work_for


@work_for(
    "run_job:forget_deleted",
    **{
        "microgroups.Mention": (3, 0),
        "microgroups.Post": (4, 4),
        "microgroups.PostVersion": (3, 0),
        "microgroups.Thread": (1, 1),
    },
)
def words_that_were_taken_back():
    """Three posts with a history and a mention, and a thread with its first post."""
    group = MicroGroupFactory()
    writer, other = member_of(group), member_of(group)
    thread = thread_in(group, writer, now=NOW - 20 * DAY)
    for _ in range(3):
        post = say(thread, writer, f"Hello @{other.username}", now=NOW - 17 * DAY)
        edit_post(post, writer, body=f"Good day @{other.username}", now=NOW - 17 * DAY)
        delete_post(post, writer, now=NOW - 15 * DAY)
    gone = thread_in(group, writer, now=NOW - 20 * DAY)
    delete_thread(gone, writer, now=NOW - 15 * DAY)


@work_for(
    "run_job:offer_free_seats",
    **{
        "microgroups.Membership": (4, 4),
        "network.Activity": (0, 4),
        "network.Notice": (0, 4),
    },
    mails=2,
)
def offers_that_ran_out():
    """In two groups an offer has run out, and somebody waits behind it."""
    for _ in range(2):
        group = MicroGroupFactory(cap=3)
        seated = [member_of(group, now=NOW - 90 * DAY) for _ in range(2)]
        for minutes in range(3):
            join(group, PersonFactory(network=group.network), now=NOW - 80 * DAY + minutes * MINUTE)
        leave(group, seated[0], now=NOW - 73 * HOUR)
    Notice.objects.all().delete()


@work_for(
    "run_job:forget_drafts",
    **{"microgroups.GroupDraft": (5, 3), "network.Notice": (0, 3)},
    mails=3,
)
def drafts_that_were_left():
    """Three to warn of, two that go, one that was touched of late."""
    network = NetworkFactory()
    for days in (1, 24, 25, 26, 31, 32):
        begin(network, PersonFactory(network=network), name="Figs", now=NOW - days * DAY)
    warned = GroupDraft.objects.filter(touched_at__lt=NOW - 30 * DAY)
    warned.update(warned_at=NOW - 8 * DAY)


@work_for(
    "run_job:end_proposals",
    **{"network.Activity": (0, 4), "network.Notice": (0, 4)},
    mails=4,
)
def proposals_short_of_their_bar():
    """Two to warn of, two that are declined, one that has what it needs."""
    network = NetworkFactory(founding_pledges=1)
    for days in (24, 25, 31, 32, 33):
        founder = PersonFactory(network=network)
        charter = {**CHARTER, "name": f"Figs {days}"}
        group = propose(network, founder, now=NOW - days * DAY, **charter)
    pledge(group, PersonFactory(network=network), now=NOW - 20 * DAY)
    warned = MicroGroup.objects.filter(proposed_at__lt=NOW - 30 * DAY)
    warned.update(warned_at=NOW - 8 * DAY)
    Notice.objects.all().delete()


@work_for(
    "run_job:expire_invitations",
    **{
        "microgroups.Invitation": (4, 4),
        "microgroups.Membership": (3, 3),
        "network.Activity": (0, 7),
    },
)
def invitations_that_ran_out():
    """In two groups: three by name, a link, and one by name that is still good."""
    for people in (2, 1):
        group = MicroGroupFactory()
        keeper = group.memberships.get(is_founder=True).person
        for _ in range(people):
            person = PersonFactory(network=group.network)
            invite_person(group, person, by=keeper, now=NOW - 15 * DAY)
    make_link(group, by=keeper, now=NOW - 15 * DAY)
    invite_person(group, PersonFactory(network=group.network), by=keeper, now=NOW - HOUR)
    Notice.objects.all().delete()


@work_for(
    "run_job:remind_invitations",
    **{
        "microgroups.Invitation": (3, 3),
        "microgroups.Letter": (0, 1),
        "network.Notice": (0, 2),
    },
    mails=3,
)
def invitations_without_an_answer():
    """In two groups: two by name and one by mail of two days ago, one by name of today."""
    for group in (MicroGroupFactory(), MicroGroupFactory()):
        keeper = group.memberships.get(is_founder=True).person
        person = PersonFactory(network=group.network)
        invite_person(group, person, by=keeper, now=NOW - 2 * DAY)
    invite_addresses(group, ["hilde@people.example"], by=keeper, now=NOW - 2 * DAY)
    Letter.objects.update(mail=Mail.SENT, mailed_at=NOW - 2 * DAY)
    invite_person(group, PersonFactory(network=group.network), by=keeper, now=NOW)
    Notice.objects.all().delete()


@work_for(
    "run_job:finish_budding",
    **{
        "microgroups.Budding": (3, 3),
        "microgroups.Membership": (2, 4),
        "network.Notice": (0, 5),
    },
)
def groups_that_grow_a_sister():
    """One whose day has come, one with three days left, and one whose people were in both."""
    for begun in (NOW - 14 * DAY, NOW - 12 * DAY, NOW - 45 * DAY):
        network = NetworkFactory()
        host = PersonFactory(network=network)
        group = MicroGroupFactory(network=network, founder=host)
        goes, tries = member_of(group), member_of(group)
        found = bud(group, host, name="Sister", facilitator=goes, now=begun)
        approve(found.sister, admin_of(group.network), now=begun)
        choose(group, goes, choice="go", now=begun)
        choose(group, tries, choice="both", now=begun)
    finish(group, host, now=NOW - 31 * DAY)
    MicroGroup.objects.update(usual_gap_on=NOW.date())  # so that no other job writes on them
    Notice.objects.all().delete()


@work_for("run_job:gather_digests", **{"microgroups.Digest": (1, 2)}, mails=2)
def digests_to_gather():
    """Two for whom an answer waits in their evening, one whose afternoon it is, and a row that
    nobody needs any more."""
    group, before = MicroGroupFactory(), NOW - 100 * DAY
    facts = {"network": group.network, "joined_at": before}
    zones = ("Asia/Dhaka", "Asia/Dhaka", "Europe/Vienna")
    people = [member_of(group, person=PersonFactory(**facts, time_zone=zone)) for zone in zones]
    other = member_of(group)
    for person in people:
        say(thread_in(group, person), other)
    Notice.objects.exclude(kind="reply").delete()
    Notice.objects.update(at=NOW - HOUR)
    Digest.objects.create(
        network=group.network, person=other, period=before, since=before, until=before
    )
