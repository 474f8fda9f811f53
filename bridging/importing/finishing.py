"""What can be said only when everything is there: replies, answers, reactions, rhythms.

Every statement finds its work in the rows themselves and may run again: an import that was killed
here is begun anew and ends the same.
"""

from uuid import UUID

from django.db import connection
from django.db.models import Q

from bridging.importing.readers import records
from bridging.importing.rules import FIRST_TIMED
from bridging.importing.writing import enter, membership_from
from microgroups.conversation.actions import MAX_GIST
from microgroups.conversation.models import Post, Thread
from microgroups.groups.models import MicroGroup
from microgroups.membership.rules import GAPS_KEPT
from network.text import plain, shorten
from network.transactions import deed

GROUPS_AT_ONCE = 20
THREADS_AT_ONCE = 500
MAX_TITLE = 80


def finish(writer):
    """Put together what came in."""
    tie_up(writer.network)
    writer.report.count("reactions", *bring_reactions())
    infer_memberships(writer)
    groups = list(
        MicroGroup.objects.filter(network=writer.network, is_imported=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for at in range(0, len(groups), GROUPS_AT_ONCE):
        settle_groups(groups[at : at + GROUPS_AT_ONCE])
    tell_gists(groups)


@deed
def tie_up(network):
    """Let replies point at what they reply to, and threads at the post that settled them."""
    for sql in (PREPARE, REPLIES, ANSWERS):
        run(sql, network=network.pk)


def run(sql, **facts):
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return cursor.rowcount


# The planner has not seen what has just come in.
PREPARE = """
ANALYZE import_replies, import_answers, import_reactions, bridging_importedid, network_person,
    microgroups_microgroup, microgroups_membership, microgroups_thread, microgroups_post
"""
REPLIES = """
UPDATE microgroups_post p SET reply_to_id = i.row
FROM import_replies r
JOIN bridging_importedid i
  ON i.network_id = %(network)s AND i.kind = 'post' AND i.source_id = r.source_id
JOIN microgroups_post answered ON answered.id = i.row
WHERE p.id = r.post AND p.reply_to_id IS NULL AND i.row <> p.id
  AND answered.thread_id = p.thread_id
"""
ANSWERS = """
UPDATE microgroups_thread t SET answer_id = i.row
FROM import_answers a
JOIN bridging_importedid i
  ON i.network_id = %(network)s AND i.kind = 'post' AND i.source_id = a.source_id
JOIN microgroups_post post ON post.id = i.row
WHERE t.id = a.thread AND t.answer_id IS NULL AND post.thread_id = t.id
"""

ADD_REACTIONS = """
WITH added AS (
INSERT INTO microgroups_reaction (post_id, person_id, emoji, count, at)
SELECT post, person, emoji, CASE WHEN person IS NULL THEN sum(count) ELSE 1 END, min(at)
FROM import_reactions GROUP BY post, person, emoji
ORDER BY post, person, emoji
ON CONFLICT (post_id, person_id, emoji) DO UPDATE SET count = excluded.count
WHERE microgroups_reaction.person_id IS NULL AND microgroups_reaction.count <> excluded.count
RETURNING xmax = 0 AS is_new
)
SELECT (SELECT count(*) FROM added WHERE is_new),
    (SELECT count(DISTINCT (post, person, emoji)) FROM import_reactions)
"""
COUNT_REACTIONS = """
UPDATE microgroups_post p SET reactions_count = counted.reactions
FROM (
    SELECT post_id, jsonb_object_agg(emoji, total) AS reactions FROM (
        SELECT post_id, emoji, sum(count) AS total FROM microgroups_reaction
        WHERE post_id IN (SELECT post FROM import_reactions) GROUP BY post_id, emoji
    ) sums GROUP BY post_id
) counted
WHERE p.id = counted.post_id AND p.reactions_count <> counted.reactions
"""


@deed
def bring_reactions():
    """Bring the reactions in, and count them at their posts; answers how many, of how many."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_REACTIONS)
        counted = cursor.fetchone()
        cursor.execute(COUNT_REACTIONS)
    return counted


# Where the archive names nobody as a member of a group, those are who wrote in it.
WRITERS = """
SELECT i.source_id, g.id, pi.source_id, p.author_id, min(p.at)
FROM microgroups_microgroup g
JOIN bridging_importedid i ON i.network_id = g.network_id AND i.kind = 'group' AND i.row = g.id
JOIN microgroups_thread t ON t.group_id = g.id
JOIN microgroups_post p ON p.thread_id = t.id AND NOT p.is_system
JOIN bridging_importedid pi
  ON pi.network_id = g.network_id AND pi.kind = 'person' AND pi.row = p.author_id
WHERE g.id = ANY(%(groups)s)
GROUP BY 1, 2, 3, 4 ORDER BY 2, 5
"""


@deed
def infer_memberships(writer):
    """Let those be members who wrote in a group of which the archive names no members."""
    nameless = MicroGroup.objects.filter(network=writer.network, is_imported=True, memberships=None)
    groups = list(nameless.values_list("pk", flat=True))
    if not groups:
        return
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, {"groups": groups})
        found = cursor.fetchall()
    rows = {
        (group, person): membership_from(
            writer,
            records.Membership(person=person_there, group=group_there, joined_at=at),
            group,
            person,
        )
        for group_there, group, person_there, person, at in found
    }
    if rows:
        writer.report.count("memberships", enter(rows), len(rows))
        writer.report.notes["members known only by what they wrote"] += len(rows)


# Times that the archive did not tell, from what happened first. Ids of such rows begin with zeros.
TIMES = (
    """
UPDATE microgroups_thread t SET opened_at = told.at
FROM (SELECT thread_id, min(at) AS at FROM microgroups_post GROUP BY thread_id) told
WHERE t.id = told.thread_id AND t.id < %(timed)s AND t.opened_at > told.at
  AND t.group_id = ANY(%(groups)s)
""",
    """
UPDATE microgroups_membership m SET first_post_at = told.at
FROM (
    SELECT t.group_id, p.author_id, min(p.at) AS at
    FROM microgroups_post p JOIN microgroups_thread t ON t.id = p.thread_id
    WHERE t.group_id = ANY(%(groups)s) AND NOT p.is_system AND p.deleted_at IS NULL
    GROUP BY 1, 2
) told
WHERE m.group_id = told.group_id AND m.person_id = told.author_id
  AND (m.first_post_at IS NULL OR m.first_post_at > told.at)
""",
    """
UPDATE microgroups_microgroup g SET proposed_at = told.at, founded_at = told.at
FROM (
    SELECT group_id, min(at) AS at FROM (
        SELECT group_id, opened_at AS at FROM microgroups_thread
        UNION ALL SELECT group_id, joined_at FROM microgroups_membership WHERE id >= %(timed)s
    ) all_of_them WHERE group_id = ANY(%(groups)s) GROUP BY group_id
) told
WHERE g.id = told.group_id AND g.id < %(timed)s AND g.founded_at > told.at
""",
    """
UPDATE microgroups_membership m
SET joined_at = coalesce(m.first_post_at, g.founded_at),
    since = least(m.since, coalesce(m.first_post_at, g.founded_at))
FROM microgroups_microgroup g
WHERE g.id = m.group_id AND m.group_id = ANY(%(groups)s) AND m.id < %(timed)s
  AND m.joined_at > coalesce(m.first_post_at, g.founded_at)
""",
    """
UPDATE network_person p SET joined_at = told.at
FROM (
    SELECT person_id, min(joined_at) AS at FROM microgroups_membership
    WHERE person_id IN (
        SELECT person_id FROM microgroups_membership WHERE group_id = ANY(%(groups)s)
    )
    GROUP BY person_id
) told
WHERE p.id = told.person_id AND p.id < %(timed)s AND p.joined_at > told.at
""",
    """
UPDATE network_networkmembership n SET joined_at = p.joined_at
FROM network_person p
WHERE p.id = n.person_id AND p.id < %(timed)s AND n.joined_at > p.joined_at
  AND n.network_id = (SELECT network_id FROM microgroups_microgroup WHERE id = %(one)s)
""",
    """
UPDATE microgroups_microgroup g SET last_post_at = told.at
FROM (
    SELECT group_id, max(last_at) AS at FROM microgroups_thread
    WHERE group_id = ANY(%(groups)s) AND deleted_at IS NULL AND posts_count > 0 GROUP BY group_id
) told
WHERE g.id = told.group_id
""",
    """
UPDATE microgroups_microgroup SET archived_at = greatest(founded_at, last_post_at)
WHERE id = ANY(%(groups)s) AND state = 'archived' AND archived_at <= founded_at
""",
)

# The days on which a group was alive: one with a post, and the six after it. `lived` counts them up
# to and including that day, as microgroups/groups/rules.py does post by post.
LIVED = """
CREATE TEMP TABLE import_lived ON COMMIT DROP AS
SELECT group_id, "on", sum(added) OVER (PARTITION BY group_id ORDER BY "on") - 6 AS lived FROM (
    SELECT group_id, "on", coalesce(
        least(7, "on" - lag("on") OVER (PARTITION BY group_id ORDER BY "on")), 7) AS added
    FROM (
        SELECT DISTINCT t.group_id, (p.at AT TIME ZONE 'UTC')::date AS "on"
        FROM microgroups_post p JOIN microgroups_thread t ON t.id = p.thread_id
        WHERE t.group_id = ANY(%(groups)s) AND NOT p.is_system
    ) days
) steps
"""
SEEN = "ANALYZE import_lived, microgroups_visit"
GROUPS_LIVED = """
UPDATE microgroups_microgroup g SET alive_days = told.days, alive_until = told.until
FROM (
    SELECT group_id, max(lived) + 6 AS days, max("on") + 6 AS until
    FROM import_lived GROUP BY group_id
) told
WHERE g.id = told.group_id
"""
# A visit is a day on which a member wrote.
VISITS = """
INSERT INTO microgroups_visit (membership_id, "on", gap, alive, wrote)
SELECT m.id, days."on", NULL, l.lived, true
FROM (
    SELECT DISTINCT t.group_id, p.author_id, (p.at AT TIME ZONE 'UTC')::date AS "on"
    FROM microgroups_post p JOIN microgroups_thread t ON t.id = p.thread_id
    WHERE t.group_id = ANY(%(groups)s) AND NOT p.is_system
) days
JOIN microgroups_membership m
  ON m.group_id = days.group_id AND m.person_id = days.author_id AND m.state = 'active'
JOIN import_lived l ON l.group_id = days.group_id AND l."on" = days."on"
ORDER BY m.id, days."on"
ON CONFLICT (membership_id, "on") DO UPDATE SET wrote = true, alive = excluded.alive
"""
GAPS = """
UPDATE microgroups_visit v SET gap = told.gap
FROM (
    SELECT v.id, greatest(1, v.alive - lag(v.alive) OVER (
        PARTITION BY v.membership_id ORDER BY v."on")) AS gap,
        lag(v.alive) OVER (PARTITION BY v.membership_id ORDER BY v."on") AS before
    FROM microgroups_visit v JOIN microgroups_membership m ON m.id = v.membership_id
    WHERE m.group_id = ANY(%(groups)s)
) told
WHERE v.id = told.id AND told.before IS NOT NULL AND v.gap IS DISTINCT FROM told.gap
"""
RHYTHMS = f"""
UPDATE microgroups_membership m
SET last_visit_on = told.last_on, last_visit_alive = told.last_alive,
    recent_gaps = told.gaps, recent_gaps_sum = told.total
FROM (
    SELECT membership_id, max("on") AS last_on, max(alive) AS last_alive,
        coalesce(array_agg(gap ORDER BY "on") FILTER (WHERE gap IS NOT NULL), '{{}}') AS gaps,
        coalesce(sum(gap), 0) AS total
    FROM (
        SELECT v.*, row_number() OVER (PARTITION BY v.membership_id ORDER BY v."on" DESC) AS rank
        FROM microgroups_visit v JOIN microgroups_membership m ON m.id = v.membership_id
        WHERE m.group_id = ANY(%(groups)s)
    ) recent
    WHERE rank <= {GAPS_KEPT}
    GROUP BY membership_id
) told
WHERE m.id = told.membership_id
"""


@deed
def settle_groups(groups):
    """Find the times that were not told and the rhythms of the members of these groups."""
    list(MicroGroup.objects.filter(pk__in=groups).order_by("pk").select_for_update(no_key=True))
    facts = {"groups": groups, "timed": FIRST_TIMED, "one": groups[0]}
    for sql in (*TIMES, LIVED, SEEN, GROUPS_LIVED, VISITS, SEEN, GAPS, RHYTHMS):
        run(sql, **facts)
    run("DROP TABLE import_lived")


def tell_gists(groups):
    """Say of each thread how it begins, and give a title to those that came without one."""
    after = UUID(int=0)
    while threads := list(untold(groups).filter(pk__gt=after).order_by("pk")[:THREADS_AT_ONCE]):
        tell_gist_of(threads)
        after = threads[-1].pk


def untold(groups):
    return Thread.objects.filter(Q(gist="") | Q(title=""), group__in=groups, posts_count__gt=0)


@deed
def tell_gist_of(threads):
    """How these threads begin, and what they are called where they came without a title."""
    posts = Post.objects.filter(thread__in=threads).order_by("thread", "at", "id")
    opening = posts.distinct("thread").values_list("thread", "body_html")
    spoken = posts.filter(is_system=False).exclude(body="").distinct("thread")
    begins = {thread: plain(html, MAX_GIST) for thread, html in opening}
    called = {
        thread: plain(html, MAX_TITLE) for thread, html in spoken.values_list("thread", "body_html")
    }
    for thread in threads:
        thread.gist = begins.get(thread.pk, "")
        thread.title = (
            thread.title
            or called.get(thread.pk)
            or shorten(thread.gist, MAX_TITLE)
            or f"{thread.opened_at:%-d %B %Y}"
        )
    run(
        TELL,
        ids=[thread.pk for thread in threads],
        gists=[thread.gist for thread in threads],
        titles=[thread.title for thread in threads],
    )


TELL = """
UPDATE microgroups_thread t SET gist = told.gist, title = told.title
FROM unnest(%(ids)s, %(gists)s, %(titles)s) AS told (id, gist, title) WHERE t.id = told.id
"""
