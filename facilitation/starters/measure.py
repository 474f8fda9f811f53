"""How quiet the groups are, in one statement over all of them; see rules.py for what follows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from facilitation.starters import rules
from microgroups.conversation.models import Thread
from microgroups.conversation.rights import FACILITATORS_KINDS
from microgroups.membership.models import Membership

# A thread whose time lies in the window was last written in then, too: that is what the index of
# a group's threads knows. Who began it is judged by what they are in the group now.
FIGURES = f"""
WITH cared_for AS (
    SELECT g.id, g.founded_at FROM microgroups_microgroup g
    WHERE g.state = 'open' AND (%(only)s::uuid IS NULL OR g.id = %(only)s::uuid)
        AND (%(only)s::uuid IS NOT NULL OR g.founded_at <= %(grown)s)
        AND EXISTS (SELECT FROM microgroups_membership m WHERE m.group_id = g.id
            AND m.state = 'active' AND m.role = 'facilitator')
),
talk AS (
    SELECT t.group_id, t.opened_at, t.kind, t.kind NOT IN ('starter', 'announcement')
        AND NOT EXISTS (SELECT FROM microgroups_membership m
            WHERE m.group_id = t.group_id AND m.person_id = t.author_id
            AND m.state = 'active' AND m.role = 'facilitator') AS by_member
    FROM microgroups_thread t JOIN cared_for g ON g.id = t.group_id
    WHERE t.deleted_at IS NULL AND t.last_at > %(gaps)s AND t.opened_at > %(gaps)s
        AND t.opened_at <= %(now)s
),
counted AS (
    SELECT group_id,
        count(*) FILTER (WHERE opened_at > %(weeks)s) AS threads,
        count(*) FILTER (WHERE opened_at > %(weeks)s AND by_member) AS by_members,
        count(*) FILTER (WHERE opened_at > %(month)s) AS lately,
        max(opened_at) FILTER (WHERE kind = 'starter') AS asked_at
    FROM talk GROUP BY group_id
),
usual AS (
    SELECT group_id, max(opened_at) AS begun_at,
        CASE WHEN count(gap) >= {rules.FEWEST_GAPS} THEN
            percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM gap) / 86400) END AS gap
    FROM (
        SELECT group_id, opened_at,
            opened_at - lag(opened_at) OVER (PARTITION BY group_id ORDER BY opened_at) AS gap
        FROM talk WHERE by_member) apart
    GROUP BY group_id
),
kith AS (
    SELECT s.group_id,
        bool_or(s.state IN ('drafted', 'scheduled')) AS waits,
        bool_or(s.state = 'discarded' AND s.decided_by_id IS NOT NULL
            AND s.decided_at > %(left_be)s
            OR t.by_kith AND t.deleted_at > %(left_be)s) AS left_be,
        count(*) FILTER (WHERE s.created_at > %(week)s) AS drafted,
        count(*) FILTER (WHERE s.state = 'published' AND s.decided_at > %(week)s) AS asked_lately,
        count(*) FILTER (WHERE s.state = 'published' AND s.decided_at > %(month)s) AS asked
    FROM facilitation_starter s JOIN cared_for g ON g.id = s.group_id
    LEFT JOIN microgroups_thread t ON t.id = s.thread_id
    WHERE s.from_kith GROUP BY s.group_id
)
SELECT g.id, g.founded_at, u.begun_at, u.gap, c.asked_at,
    coalesce(c.threads, 0), coalesce(c.by_members, 0), coalesce(c.lately, 0),
    coalesce(k.waits, false), coalesce(k.left_be, false),
    coalesce(k.drafted, 0), coalesce(k.asked_lately, 0), coalesce(k.asked, 0),
    (SELECT count(*) FROM microgroups_membership m
        WHERE m.group_id = g.id AND m.state = 'active')
FROM cared_for g
LEFT JOIN usual u ON u.group_id = g.id
LEFT JOIN counted c ON c.group_id = g.id
LEFT JOIN kith k ON k.group_id = g.id
ORDER BY g.id
"""


@dataclass(frozen=True)
class Figures:
    """What is known of how a group talks."""

    group: UUID
    founded_at: datetime
    begun_at: datetime | None  # the last thread that a member began within 180 days
    usual_gap: float | None  # days
    asked_at: datetime | None  # the last starter
    threads: int  # of eight weeks
    by_members: int
    lately: int  # threads of 28 days
    waits: bool  # a draft of Kith
    left_be: bool
    drafted: int  # by Kith within a week
    asked_lately: int  # of Kith's, within a week
    asked: int  # of Kith's, within 28 days
    people: int

    @property
    def badge(self):
        return rules.badge(self.by_members, self.threads)

    def silent_for(self, now):
        return now - (self.begun_at or self.founded_at)

    def wants_a_draft(self, now):
        """Whether the group is quiet by its own measure and Kith may draft something."""
        if self.waits or self.left_be or self.drafted >= rules.A_WEEK[self.badge]:
            return False
        return self.could_use_one(now)

    def may_be_asked(self, now):
        """Whether it is quiet still, and Kith may ask by itself what it has drafted."""
        if self.left_be or self.asked_lately >= rules.A_WEEK[self.badge]:
            return False
        return self.could_use_one(now)

    def could_use_one(self, now):
        if self.founded_at > now - rules.GROWN_UP or self.people < rules.FEWEST_PEOPLE:
            return False
        patience = timedelta(days=rules.patience(self.usual_gap))
        if self.asked_at is not None and now - self.asked_at < patience:
            return False
        silence = self.silent_for(now)
        is_pause = silence <= timedelta(days=rules.GAPS_OF_DAYS)
        return patience <= silence and is_pause and rules.has_room(self.asked, self.lately)


def figures(now, *, only=None):
    """The Figures of all groups that somebody facilitates and that are no longer new; or of one,
    however new. One query."""
    facts = {
        "now": now,
        "only": only and str(only),
        "grown": now - rules.GROWN_UP,
        "gaps": now - timedelta(days=rules.GAPS_OF_DAYS),
        "weeks": now - rules.WEEKS,
        "month": now - rules.MONTH,
        "week": now - timedelta(days=7),
        "left_be": now - rules.LEFT_BE_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, facts)
        return [Figures(*row) for row in cursor.fetchall()]


def begun_by_members(now, since):
    """Threads that members began in the group of an outer row, after its column `since`."""
    hosts = Membership.objects.facilitating()
    hosts = hosts.filter(group=OuterRef("group"), person=OuterRef("author"))
    threads = Thread.objects.standing().exclude(kind__in=FACILITATORS_KINDS)
    return threads.filter(
        ~Exists(hosts),
        group=OuterRef("group"),
        last_at__gt=OuterRef(since),
        opened_at__gt=OuterRef(since),
        opened_at__lte=now,
    )
