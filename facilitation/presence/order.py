"""In which order facilitators read who is away (domain.md R23), as one query; see rules.band_of."""

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    F,
    FloatField,
    Func,
    IntegerField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Floor, Greatest, Ln, Power

from facilitation.presence import rules, sweep
from facilitation.presence.models import Level

ORDER = ("-band", "chance_now", "id")

WRITTEN = "{0}.deleted_at IS NULL AND NOT {0}.is_system"

# Nobody else has written in its thread since their last post.
UNANSWERED = f"""
EXISTS (
    SELECT FROM (
        SELECT p.id, p.at, p.thread_id FROM microgroups_post p
        WHERE p.author_id = microgroups_membership.person_id
            AND p.group_id = microgroups_membership.group_id AND {WRITTEN.format("p")}
        ORDER BY p.at DESC, p.id DESC LIMIT 1) latest
    JOIN microgroups_thread t ON t.id = latest.thread_id AND t.deleted_at IS NULL
    WHERE NOT EXISTS (
        SELECT FROM microgroups_post a
        WHERE a.thread_id = latest.thread_id AND (a.at, a.id) > (latest.at, latest.id)
            AND a.author_id IS DISTINCT FROM microgroups_membership.person_id
            AND {WRITTEN.format("a")}))"""

# How many others they wrote to or heard from in the weeks before they fell silent. A post that
# answers no other is to whoever opened its thread.
THEN = f"""p.at < facilitation_absence.last_visit_on + 1
    AND p.at >= facilitation_absence.last_visit_on - {rules.TALKED_FOR}"""
TALKED_WITH = f"""
(SELECT count(*) FROM (
    SELECT coalesce(r.author_id, t.author_id) AS other
    FROM microgroups_post p JOIN microgroups_thread t ON t.id = p.thread_id
    LEFT JOIN microgroups_post r ON r.id = p.reply_to_id
    WHERE p.author_id = microgroups_membership.person_id
        AND p.group_id = microgroups_membership.group_id AND {WRITTEN.format("p")} AND {THEN}
    UNION
    SELECT p.author_id
    FROM microgroups_post theirs JOIN microgroups_post p ON p.reply_to_id = theirs.id
    WHERE theirs.author_id = microgroups_membership.person_id
        AND theirs.group_id = microgroups_membership.group_id
        AND {WRITTEN.format("p")} AND {THEN}
    UNION
    SELECT p.author_id
    FROM microgroups_thread t
    JOIN microgroups_post p ON p.thread_id = t.id AND p.reply_to_id IS NULL
    WHERE t.author_id = microgroups_membership.person_id
        AND t.group_id = microgroups_membership.group_id
        AND {WRITTEN.format("p")} AND {THEN}
) talked WHERE other <> microgroups_membership.person_id)"""

USUAL_DAYS = f"({sweep.usual_days('facilitation_absence')})"


def ranked(absences, day, new_since):
    """The absences, of whichever groups, with what ORDER names and what is said of them.

    Adds `chance_now`, `unanswered`, `alone`, `is_new`, `band`, `usual_days` (None: not known).
    Whoever came in after `new_since` is new.
    """
    away = Greatest(alive_days_by(day) - F("membership__last_visit_alive"), Value(0))
    gaps = Cast("membership__recent_gaps__len", FloatField())
    scale = Value(2) * F("membership__group__usual_gap") + F("membership__recent_gaps_sum")
    with_signs = absences.annotate(
        chance_now=Power(scale / (scale + away), gaps + 2),
        usual_days=RawSQL(USUAL_DAYS, [], FloatField()),
        unanswered=RawSQL(UNANSWERED, [], BooleanField()),
        talked_with=RawSQL(TALKED_WITH, [], IntegerField()),
        is_new=either(membership__joined_at__gt=new_since),
    )
    factors = Floor(Ln(Value(rules.QUIET) / F("chance_now")) / Ln(Value(rules.BAND)))
    least = Case(When(level=Level.LAPSED, then=1), default=0)
    return with_signs.annotate(
        alone=either(talked_with__lte=1),
        band=Greatest(Cast(factors, IntegerField()), least)
        + either(unanswered=True)
        + either(talked_with__lte=1)
        + either(is_new=1),
    )


def alive_days_by(day):
    """MicroGroup.alive_days_by, of the groups of the absences."""
    group = "membership__group__"
    to_come = Func(
        F(f"{group}alive_until"),
        Value(day, DateField()),
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=IntegerField(),
    )
    alive = F(f"{group}alive_days") - Greatest(to_come, Value(0))
    return Case(When(**{f"{group}alive_until": None}, then=0), default=alive)


def either(**holds):
    """1 where it holds, else 0."""
    return Case(When(**holds, then=1), default=0, output_field=IntegerField())
