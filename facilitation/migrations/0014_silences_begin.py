"""By which the sweep finds those whose silence can be unusual by now (facilitation/presence/sweep.py).

The statistics tell the planner how few they are; of a partial index it keeps none.
"""

from django.db import migrations

SOONEST = """(last_visit_on + least(60, greatest(7,
    floor(recent_gaps_sum * (power(0.05::float8,
        '-1'::float8 / (2 + cardinality(recent_gaps))) - 1))::int)))"""
INDEX = f"""
CREATE INDEX silences_begin ON microgroups_membership ({SOONEST}, group_id)
WHERE state = 'active' AND rhythm_paused_at IS NULL
"""
STATISTICS = f"CREATE STATISTICS silences_begin ON {SOONEST} FROM microgroups_membership"


class Migration(migrations.Migration):
    dependencies = [
        ("facilitation", "0013_words_since_a_call"),
        ("microgroups", "0017_appeals_about_pace"),
    ]

    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX silences_begin"),
        migrations.RunSQL(STATISTICS, "DROP STATISTICS silences_begin"),
    ]
