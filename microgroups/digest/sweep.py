"""For whom a digest is due, as one statement over a range of people.

It may find one too many, never one too few: what is said is asked again when the letter is written.
"""

from microgroups.digest import rules

# The newest answer, one's name, ask or announcement of each, from groups in which one has a seat;
# what was mailed, or is on its way, is not told again. Found once for a range: few have one.
NOTICED = """
    SELECT n.person_id, n.network_id, max(n.at) AS at FROM network_notice n
    JOIN microgroups_membership m ON m.group_id = n.group_id AND m.person_id = n.person_id
        AND m.state = 'active'
    WHERE n.person_id > %(after)s AND n.person_id <= %(until)s AND n.read_at IS NULL
        AND n.kind = ANY(%(kinds)s) AND n.at > %(news)s AND n.at <= %(now)s
        AND (n.mail = 'none' OR (n.mail = 'withheld' AND n.withheld_why = 'one_an_hour'))
    GROUP BY 1, 2"""

WEEK_OVER = f"(d.last_period IS NULL OR d.last_period <= d.day - {rules.WEEK})"

# Not where one lets nobody look at how often one comes.
LOOKED_AT = "m.person_id = d.person_id AND m.state = 'active' AND m.rhythm_paused_at IS NULL"
OFTEN_HERE = f"""
    SELECT count(DISTINCT v.on) >= {rules.OFTEN}
    FROM microgroups_membership m
    JOIN microgroups_microgroup g ON g.id = m.group_id AND g.network_id = d.network_id
    JOIN microgroups_visit v ON v.membership_id = m.id
    WHERE {LOOKED_AT} AND v.on > d.day - {rules.OF_DAYS}"""

# Titles of threads alone: to who was here of late, in a week without another message from Kith.
# A group tells by itself when it was last written in; most have nothing new.
THREAD = f"""
    SELECT FROM microgroups_membership m
    JOIN microgroups_microgroup g ON g.id = m.group_id AND g.network_id = d.network_id
    JOIN microgroups_thread t ON t.group_id = m.group_id
    WHERE {LOOKED_AT} AND m.last_visit_on > d.day - {rules.LATELY}
        AND g.last_post_at > greatest(d.since, m.read_before)
        AND t.last_at > d.since AND t.opened_at > greatest(d.since, m.read_before)
        AND t.opened_at <= %(now)s AND t.deleted_at IS NULL
        AND t.author_id IS DISTINCT FROM d.person_id
        AND NOT EXISTS (
            SELECT FROM microgroups_readmark r
            WHERE r.thread_id = t.id AND r.person_id = d.person_id
                AND r.read_until >= t.opened_at)"""
MESSAGE = """
    SELECT FROM network_attention a
    WHERE a.person_id = d.person_id AND a.network_id = d.network_id AND a.is_sent
        AND a.budget = ANY(%(of_its_own)s) AND a.at > %(now)s - interval '7 days'"""

# The last letter of each; an older one says nothing that the rest does not say.
LAST = """
    SELECT DISTINCT ON (x.person_id, x.network_id)
        x.person_id, x.network_id, x.period, x.until
    FROM microgroups_digest x
    WHERE x.person_id > %(after)s AND x.person_id <= %(until)s AND x.until > %(news)s
        AND x.mail NOT IN ('withheld', 'failed')
    ORDER BY x.person_id, x.network_id, x.period DESC"""

# Where the stored zone is none, UTC holds, as in Person.zone.
PEOPLE = f"""
    SELECT p.id AS person_id, b.network_id, b.joined_at, last.period AS last_period,
        CASE WHEN z.zone IS NULL THEN %(utc)s ELSE z.day END AS day,
        greatest(last.until, b.joined_at, %(news)s) AS since
    FROM network_person p
    JOIN network_networkmembership b ON b.person_id = p.id AND b.suspended_at IS NULL
    LEFT JOIN unnest(%(zones)s, %(days)s::date[]) AS z(zone, day) ON z.zone = p.time_zone
    LEFT JOIN ({LAST}) last ON last.person_id = p.id AND last.network_id = b.network_id
    WHERE p.id > %(after)s AND p.id <= %(until)s
        AND b.person_id > %(after)s AND b.person_id <= %(until)s
        AND p.is_active AND p.claimed_at IS NOT NULL AND p.email IS NOT NULL
        AND (z.day IS NOT NULL OR (z.zone IS NULL AND %(utc)s IS NOT NULL))
        AND NOT EXISTS (SELECT FROM network_mailstop s
            WHERE s.person_id = p.id AND s.category = 'digest')
        AND NOT EXISTS (SELECT FROM network_mailchoice c
            WHERE c.person_id = p.id AND c.group_id IS NULL AND c.much = 'nothing'
                AND NOT EXISTS (SELECT FROM network_mailchoice o
                    WHERE o.person_id = p.id AND o.group_id IS NOT NULL AND o.much <> 'nothing'))"""

# CASE keeps its order: what is dear is asked last, and only of those whom the rest has left over.
GATHER = f"""
INSERT INTO microgroups_digest
    (id, network_id, person_id, period, since, until, mail, mail_due_at, attempts)
SELECT gen_random_uuid(), d.network_id, d.person_id, d.day, d.since, %(now)s, 'due', %(now)s, 0
FROM ({PEOPLE}) d
LEFT JOIN ({NOTICED}) waits USING (person_id, network_id)
WHERE (d.last_period IS NULL OR d.last_period < d.day) AND CASE
    WHEN waits.at IS NOT NULL AND waits.at > d.since
        AND ({WEEK_OVER} OR ({OFTEN_HERE})) THEN true
    WHEN NOT {WEEK_OVER} OR d.joined_at > %(now)s - interval '{rules.WEEK} days' THEN false
    ELSE EXISTS ({THREAD}) AND NOT EXISTS ({MESSAGE}) END
ON CONFLICT (person_id, network_id, period) DO NOTHING
"""
