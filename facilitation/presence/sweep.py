"""The sweep over all memberships, as set-based SQL over stored sums; see rules.py for the formula.

Every statement takes `now` and `today`, and a range of group keys, and works on the past too:
where a member's last visit lies after `today`, their sums as of that day are read from the visits.
"""

from facilitation.presence import rules

RANGE = "g.id > %(after)s AND g.id <= %(until)s AND g.state = 'open'"
# A facilitator who has said that they are away, and for a week after: their rhythm begins anew.
ON_LEAVE = f"""EXISTS (
    SELECT FROM facilitation_leave l WHERE l.group_id = m.group_id AND l.person_id = m.person_id
        AND l.starts_on <= %(today)s AND l.back_on > %(today)s::date - {rules.FLOOR})"""
# Not who rests or has left, not newcomers, not who is on leave or lets nobody look.
MEASURED = f"""m.group_id > %(after)s AND m.group_id <= %(until)s AND m.state = 'active'
    AND m.joined_at <= %(settled)s AND m.rhythm_paused_at IS NULL AND NOT {ON_LEAVE}"""

# The median of all gaps of the 90 days before today; 7 where there are too few to tell. Today is
# not over: with it, what is told would hang on the hour. It moves slowly and is dear to find: a
# figure of this week is good enough, one of another time is not.
USUAL_GAPS = f"""
UPDATE microgroups_microgroup g SET usual_gap = told.gap, usual_gap_on = %(today)s
FROM (
    SELECT g.id, CASE WHEN count(v.gap) < {rules.FEWEST_GAPS} THEN {rules.USUAL_GAP}
        ELSE percentile_cont(0.5) WITHIN GROUP (ORDER BY v.gap) END AS gap
    FROM microgroups_microgroup g
    LEFT JOIN microgroups_membership m ON m.group_id = g.id
        AND m.last_visit_on >= %(today)s::date - {rules.GAPS_OF_DAYS}
    LEFT JOIN microgroups_visit v ON v.membership_id = m.id
        AND v.on >= %(today)s::date - {rules.GAPS_OF_DAYS} AND v.on < %(today)s
    WHERE {RANGE} AND (g.usual_gap_on IS NULL OR g.usual_gap_on > %(today)s
        OR g.usual_gap_on <= %(today)s::date - {rules.USUAL_GAP_HOLDS})
    GROUP BY g.id
) told
WHERE g.id = told.id
"""

# Days on which each group had been alive by `today`.
ALIVE = f"""
alive AS (
    SELECT g.id AS group_id, g.usual_gap,
        CASE
            WHEN g.alive_until IS NULL THEN 0
            WHEN g.alive_until - 6 <= %(today)s
                THEN g.alive_days - greatest(0, g.alive_until - %(today)s::date)
            ELSE coalesce((
                SELECT v.alive + least(6, %(today)s::date - v.on)
                FROM microgroups_visit v JOIN microgroups_membership m ON m.id = v.membership_id
                WHERE m.group_id = g.id AND v.wrote AND v.on <= %(today)s
                ORDER BY v.on DESC LIMIT 1), 0)
        END AS days
    FROM microgroups_microgroup g
    WHERE {RANGE}
)"""

# The day on which a member's silence can be unusual at the soonest: whatever is usual in the group
# puts it off, and so do days on which the group was not alive. Those whose day has come are found
# by an index (migrations/0014); of everybody else nothing is read. One day early: where somebody
# wrote later on the day of their last visit, the group has been alive on one day more since.
SOONEST = f"""(m.last_visit_on + least({rules.CEILING}, greatest({rules.FLOOR},
    floor(m.recent_gaps_sum * (power({rules.QUIET}::float8,
        '-1'::float8 / (2 + cardinality(m.recent_gaps))) - 1))::int)))"""

# Each member's rhythm as of `today`: last visit, number of recent gaps and their sum.
RHYTHM = f"""
    SELECT m.id, m.group_id, m.last_visit_on, m.last_visit_alive,
        cardinality(m.recent_gaps) AS gaps, m.recent_gaps_sum AS gaps_sum
    FROM microgroups_membership m JOIN alive USING (group_id)
    WHERE {MEASURED} AND m.last_visit_on <= %(today)s::date - {rules.FLOOR}
        AND {SOONEST} <= %(today)s::date + 1"""
# The same where some have been here since. It reads all memberships once more.
RHYTHM_OF_THE_PAST = f"""{RHYTHM}
    UNION ALL
    SELECT m.id, m.group_id, last.on, last.alive, sums.gaps, sums.gaps_sum
    FROM microgroups_membership m JOIN alive USING (group_id)
    CROSS JOIN LATERAL (
        SELECT v.on, v.alive FROM microgroups_visit v
        WHERE v.membership_id = m.id AND v.on <= %(today)s ORDER BY v.on DESC LIMIT 1) last
    CROSS JOIN LATERAL (
        SELECT count(*) AS gaps, coalesce(sum(gap), 0) AS gaps_sum FROM (
            SELECT v.gap FROM microgroups_visit v
            WHERE v.membership_id = m.id AND v.on <= %(today)s AND v.gap IS NOT NULL
            ORDER BY v.on DESC LIMIT {rules.RECENT_GAPS}) recent) sums
    WHERE {MEASURED} AND m.last_visit_on > %(today)s"""

# One in ten, by the member and the silence: the same however often it is asked (domain.md R26).
HELD_OUT = f"""
abs(hashtextextended(s.id::text || s.last_visit_on::text, 26) %% 100) < {rules.HELD_OUT_PERCENT}
""".strip()


def measure(rhythm):
    """The statement that writes down those whose silence is unusual; what is known is left alone.

    rhythm: RHYTHM or RHYTHM_OF_THE_PAST.
    """
    return f"""
WITH {ALIVE.strip()},
rhythm AS ({rhythm}
),
silence AS (
    SELECT r.*, a.days - r.last_visit_alive AS away,
        CASE WHEN r.gaps > 0 THEN r.gaps_sum::float / r.gaps ELSE a.usual_gap END AS usual,
        power((2 * a.usual_gap + r.gaps_sum)
            / (2 * a.usual_gap + r.gaps_sum + (a.days - r.last_visit_alive)), 2 + r.gaps) AS chance
    FROM rhythm r JOIN alive a USING (group_id)
    WHERE a.days - r.last_visit_alive >= {rules.FLOOR}
),
absent AS (
    SELECT *, CASE WHEN chance < {rules.LAPSED} OR away >= {rules.CEILING}
        THEN 'lapsed' ELSE 'quiet' END AS level
    FROM silence WHERE chance < {rules.QUIET} OR away >= {rules.CEILING}
)
INSERT INTO facilitation_absence
    (membership_id, last_visit_on, level, chance, days_away, usual_gap, noticed_at, is_news,
    is_held_out)
SELECT s.id, s.last_visit_on, s.level, s.chance, s.away, s.usual, %(now)s,
    %(today)s::date - s.last_visit_on <= {rules.OLD_NEWS}, {HELD_OUT}
FROM absent s LEFT JOIN facilitation_absence known
    ON known.membership_id = s.id AND known.last_visit_on = s.last_visit_on
WHERE known.id IS NULL OR known.level <> s.level OR known.ended_at IS NOT NULL
ORDER BY s.id
ON CONFLICT (membership_id, last_visit_on) DO UPDATE
SET level = excluded.level, chance = excluded.chance, days_away = excluded.days_away,
    ended_at = NULL
"""


MEASURE, MEASURE_THE_PAST = measure(RHYTHM), measure(RHYTHM_OF_THE_PAST)

# An absence ends when its member has been here since, belongs no more, is on leave or lets nobody
# look. Over all groups at once: few of a range are going on, and none says of which group it is.
END = f"""
UPDATE facilitation_absence a SET ended_at = %(now)s
FROM microgroups_membership m JOIN microgroups_microgroup g ON g.id = m.group_id
WHERE a.membership_id = m.id AND a.ended_at IS NULL
  AND (m.state <> 'active' OR g.state <> 'open' OR m.rhythm_paused_at IS NOT NULL
    OR {ON_LEAVE} OR (m.last_visit_on > a.last_visit_on AND (
        m.last_visit_on <= %(today)s OR EXISTS (
            SELECT FROM microgroups_visit v
            WHERE v.membership_id = m.id AND v.on > a.last_visit_on AND v.on <= %(today)s))))
"""


def usual_days(absence):
    """SQL for a member's usual gap in calendar days up to the last visit of an absence; null where
    fewer than two visits are known. absence: what the row is called outside."""
    return f"""
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY apart) FROM (
        SELECT v.on - lag(v.on) OVER (ORDER BY v.on) AS apart FROM microgroups_visit v
        WHERE v.membership_id = {absence}.membership_id AND v.on <= {absence}.last_visit_on
        ORDER BY v.on DESC LIMIT {rules.RECENT_GAPS}) gaps"""


# The absences that become cues: at most so many a day and group, the least likely first. With each
# the member's own usual gap in calendar days, None where fewer than two visits are known.
NEWS = f"""
SELECT ranked.*, ({usual_days("ranked")}) AS usual
FROM (
    SELECT a.id, a.membership_id, m.person_id, m.group_id, a.last_visit_on,
        row_number() OVER (PARTITION BY m.group_id ORDER BY a.chance, a.id) AS rank
    FROM facilitation_absence a
    JOIN microgroups_membership m ON m.id = a.membership_id
    JOIN microgroups_microgroup g ON g.id = m.group_id
    WHERE {RANGE} AND a.is_news AND a.ended_at IS NULL AND a.noticed_at <= %(now)s
) ranked
WHERE rank <= {rules.CUES_A_DAY} - (
    SELECT count(*) FROM facilitation_cue c WHERE c.group_id = ranked.group_id
        AND c.kind = 'presence' AND c.created_at > %(now)s - interval '1 day')
ORDER BY ranked.id
"""
