-- Many memberships, each with a rhythm, for the bench of the sweep; the sizes are parameters of sweep.py.
INSERT INTO network_network (id, slug, name, intro, house_rules, default_cap, max_cap,
    max_groups_per_person, who_may_propose, sign_up, minimum_age, created_at)
VALUES (uuidv7(), 'bench', 'Bench', '', '', 150, 150, 3, 'members', 'open', 16, now());

INSERT INTO network_person (id, password, email, username, skeleton, name, intro, time_zone, language,
    is_active, is_operator, joined_at, claimed_at)
SELECT uuidv7(), '!', 'p' || n || '@bench.example', 'p' || n, 'p' || n, 'Person Number ' || n,
    '', 'UTC', 'en', true, false, now() - interval '900 days', now()
FROM generate_series(1, %(people)s) n;

INSERT INTO microgroups_microgroup (id, network_id, slug, name, purpose, difference, belonging,
    agreements, care_plan, colour, state, join_policy, visibility, questions, cap, ceiling_reason,
    seats_taken, waiting, proposed_at, founded_at, decline_reason, is_imported, alive_days, usual_gap,
    alive_until, last_post_at)
SELECT uuidv7(), w.id, 'group-' || g, 'Group ' || g, 'A purpose', 'Different', 'Who belongs', 'Be kind', 'We all do',
    'moss', 'open', 'open', 'listed', '[]', 150, '', %(in_a_group)s, 0, now() - interval '900 days',
    now() - interval '900 days', '', false, 800 + 6, 7, current_date + 6, now()
FROM generate_series(1, %(groups)s) g, network_network w;

CREATE TEMP TABLE numbered AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM network_person;
CREATE UNIQUE INDEX ON numbered (n);
ANALYZE numbered;
CREATE TEMP TABLE streets AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM microgroups_microgroup;

-- How often somebody comes: each 1 to 14 days; for how long they were away: mostly less than that.
INSERT INTO microgroups_membership (id, group_id, person_id, state, role, since, joined_at, "returning",
    answers, offers, asks, reason, barred, is_founder, is_imported, read_before, last_visit_on,
    last_visit_alive, recent_gaps, recent_gaps_sum)
SELECT uuidv7(), s.id, p.id, 'active', 'member', now() - interval '400 days', now() - interval '400 days', false,
    '[]', '', '', '', false, false, false, now(), current_date - r.away, 800 - r.away,
    array_fill(r.gap::smallint, ARRAY[20]), r.gap * 20
FROM generate_series(0, %(memberships)s - 1) m
JOIN streets s ON s.n = m / %(in_a_group)s + 1
JOIN numbered p ON p.n = (m / %(in_a_group)s) * 33 %% (%(people)s - %(in_a_group)s) + m %% %(in_a_group)s + 1,
LATERAL (SELECT (1 + (m::bigint * 7919) %% 14)::int AS gap,
    (CASE WHEN m %% 30 = 0 THEN 20 + (m::bigint * 104729) %% 100 ELSE (m::bigint * 104729) %% (1 + (m::bigint * 7919) %% 14) END)::int AS away) r;

INSERT INTO microgroups_visit (membership_id, "on", gap, alive, wrote)
SELECT m.id, m.last_visit_on - v * m.recent_gaps[1], m.recent_gaps[1], m.last_visit_alive - v * m.recent_gaps[1], v %% 2 = 0
FROM microgroups_membership m, generate_series(0, %(visits)s - 1) v;
