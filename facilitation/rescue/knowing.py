"""Who in a group is likely to know: they answered others in threads that are like this one."""

from django.db import connection

# Threads are alike by their words, or by their kind. The words of a thread's title are looked for
# in the titles that others gave, and in what the person answered there.
LIKELY = """
WITH asked AS (
    SELECT t.id, t.group_id, t.kind, t.author_id,
        (SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery FROM unnest(t.search)) AS words
    FROM microgroups_thread t WHERE t.id = %(thread)s
)
SELECT m.person_id
FROM asked
JOIN microgroups_membership m ON m.group_id = asked.group_id AND m.state = 'active'
    AND m.role = 'member' AND m.last_visit_on >= %(seen_since)s
    AND m.person_id <> asked.author_id
JOIN microgroups_post p ON p.author_id = m.person_id AND p.group_id = m.group_id
    AND p.deleted_at IS NULL AND NOT p.is_system AND p.at > %(since)s AND p.at <= %(now)s
JOIN microgroups_thread o ON o.id = p.thread_id AND o.deleted_at IS NULL AND o.id <> asked.id
    AND o.author_id IS DISTINCT FROM p.author_id
WHERE (o.kind = asked.kind OR o.search @@ asked.words OR p.search @@ asked.words)
    AND NOT EXISTS (SELECT FROM network_block b
        WHERE (b.blocker_id, b.blocked_id) IN
            ((m.person_id, asked.author_id), (asked.author_id, m.person_id)))
GROUP BY m.id
ORDER BY
    count(DISTINCT o.id) FILTER (WHERE o.search @@ asked.words OR p.search @@ asked.words) DESC,
    count(DISTINCT o.id) DESC, m.last_visit_on DESC, m.id
LIMIT %(most)s
"""


def likely_to_know(thread, *, now, since, seen_since, most):
    """Keys of members who are likely to know, the likeliest first: here since the day `seen_since`,
    who have answered in similar threads since then. Neither has blocked the other."""
    facts = {
        "thread": str(thread.pk),
        "now": now,
        "since": since,
        "seen_since": seen_since,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(LIKELY, facts)
        return [key for (key,) in cursor.fetchall()]
