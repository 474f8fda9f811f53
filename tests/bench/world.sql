-- A network for the bench, by SQL alone; the sizes are parameters of world.py.
INSERT INTO network_network (id, slug, name, intro, house_rules, default_cap, max_cap,
    max_groups_per_person, who_may_propose, sign_up, minimum_age, created_at)
VALUES (uuidv7(), 'bench', 'Bench', '', '', 150, 150, 3, 'members', 'open', 16, now());

INSERT INTO network_person (id, password, email, username, skeleton, name, intro, time_zone, language,
    is_active, is_operator, joined_at, claimed_at)
SELECT uuidv7(), '!', 'p' || n || '@bench.example', 'p' || n, 'p' || n, 'Person Number ' || n,
    'Somebody of the bench', 'UTC', 'en', true, false, now() - interval '90 days', now()
FROM generate_series(1, %(people)s) n;

INSERT INTO network_networkmembership (network_id, person_id, role, joined_at)
SELECT w.id, p.id, 'member', p.joined_at FROM network_person p, network_network w;

INSERT INTO microgroups_microgroup (id, network_id, slug, name, purpose, difference, belonging,
    agreements, care_plan, colour, state, join_policy, visibility, questions, cap, ceiling_reason,
    seats_taken, waiting, proposed_at, founded_at, decline_reason, is_imported, alive_days, usual_gap,
    alive_until, last_post_at)
SELECT uuidv7(), w.id, 'group-' || g, 'Group ' || g, 'A purpose that fits on a card ' || g,
    'What is different', 'Who belongs', 'Be kind' || chr(10) || 'Answer newcomers', 'We all do',
    (array['brick','plum','bottle','slate','ochre','rose','moss','harbour','umber','heather'])[g %% 10 + 1],
    'open', 'open', 'listed', '[]', 150, '', %(members)s, 0, now() - interval '90 days',
    now() - interval '90 days' + g * interval '1 minute', '', false, 90, 7, current_date, now()
FROM generate_series(1, %(groups)s) g, network_network w;

CREATE TEMP TABLE numbered AS
SELECT id, row_number() OVER (ORDER BY id) AS n FROM network_person;
CREATE INDEX ON numbered (n);
ANALYZE numbered;

-- Everybody is in up to three groups; person 1 in the first three, as facilitator of the first.
INSERT INTO microgroups_membership (id, group_id, person_id, state, role, since, joined_at, "returning",
    answers, offers, asks, reason, barred, is_founder, is_imported, read_before, last_visit_on,
    last_visit_alive, recent_gaps, recent_gaps_sum)
SELECT uuidv7(), g.id, p.id, 'active', CASE WHEN p.n = least(g.n, %(people)s) OR (g.n = 1 AND p.n = 1)
    THEN 'facilitator' ELSE 'member' END,
    now() - interval '80 days', now() - interval '80 days', false, '[]', '', '', '', false, false,
    false, now() - interval '3 days', current_date, 90, '{1,2,3}', 6
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM microgroups_microgroup) g
JOIN LATERAL (
    SELECT id, n FROM numbered q
    WHERE (g.n <= 3 AND q.n = 1) OR q.n = least(g.n, %(people)s)
       OR q.n BETWEEN (g.n * (%(members)s - 2) / 3) %% (%(people)s - 1) + 2
           AND (g.n * (%(members)s - 2) / 3) %% (%(people)s - 1) + %(members)s - 1
) p ON true;
UPDATE microgroups_microgroup g SET seats_taken =
    (SELECT count(*) FROM microgroups_membership m WHERE m.group_id = g.id);

INSERT INTO microgroups_thread (id, group_id, kind, title, author_id, gist, opened_at, last_at,
    last_author_id, posts_count, answered_at)
SELECT uuidv7(), g.id, 'talk', 'Thread ' || t || ' about ' || (array['soil','worms','books','stairs','bread'])[t %% 5 + 1],
    m.person_id, 'How it begins', now() - t * interval '1 hour', now() - t * interval '1 hour' + interval '30 minutes',
    m.person_id, %(posts)s, now() - t * interval '1 hour' + interval '1 minute'
FROM (SELECT id FROM microgroups_microgroup ORDER BY id LIMIT %(talking)s) g
JOIN LATERAL (SELECT person_id FROM microgroups_membership WHERE group_id = g.id LIMIT 1) m ON true,
generate_series(1, %(threads)s) t;

INSERT INTO microgroups_post (id, thread_id, group_id, author_id, body, body_html, html_version, at, reactions_count, is_system)
SELECT uuidv7(), t.id, t.group_id, t.author_id, b.body, '<p>' || b.body || '</p>', 1,
    t.opened_at + n * interval '1 minute', '{}', false
FROM microgroups_thread t, generate_series(0, %(posts)s - 1) n,
LATERAL (SELECT 'Somebody says something common about the garden and the street, number ' || n ||
    CASE WHEN n = 7 AND right(t.id::text, 2) = '00' THEN ' zephyrine' ELSE '' END ||
    '. It goes on for a while, as people do when they tell each other how the day was.' AS body) b;

-- One long thread in the first group.
WITH long AS (
    INSERT INTO microgroups_thread (id, group_id, kind, title, author_id, gist, opened_at, last_at,
        last_author_id, posts_count, answered_at)
    SELECT uuidv7(), g.id, 'talk', 'The long thread', m.person_id, 'It never ends', now() - interval '20 days',
        now() - interval '5 minutes', m.person_id, %(long)s, now() - interval '19 days'
    FROM microgroups_microgroup g JOIN microgroups_membership m ON m.group_id = g.id
    ORDER BY g.id, m.id LIMIT 1
    RETURNING id, group_id, author_id, opened_at)
INSERT INTO microgroups_post (id, thread_id, group_id, author_id, body, body_html, html_version, at, reactions_count, is_system)
SELECT uuidv7(), l.id, l.group_id, l.author_id, 'And another thing.', '<p>And another thing.</p>', 1,
    l.opened_at + n * interval '10 minutes', '{"👍": 2}', false
FROM long l, generate_series(0, %(long)s - 1) n;

INSERT INTO bridging_highlight (id, network_id, group_id, author_id, proposed_by_id, shared_by_id, note, title, body,
    body_html, excerpt_html, state, proposed_at, consented_at, shared_at, echoes_count)
SELECT uuidv7(), g.network_id, g.id, m.person_id, m.person_id, m.person_id, '', 'A postcard of ' || g.name,
    'The coat that took four of us', '<p>The coat that took four of us</p>', 'The coat that took four of us', 'shared',
    now() - interval '5 days', now() - interval '4 days', now() - interval '3 days' + row_number() OVER () * interval '1 second', 0
FROM microgroups_microgroup g
JOIN LATERAL (SELECT person_id FROM microgroups_membership WHERE group_id = g.id LIMIT 1) m ON true;

INSERT INTO network_notice (id, network_id, person_id, kind, cause, actor_id, subject_type, subject_id, group_id, words, at, mail, attempts)
SELECT uuidv7(), w.id, p.id, 'note', 'bench:' || n, NULL, 'group', g.id, g.id, '', now() - n * interval '1 hour', 'none', 0
FROM network_person p, network_network w, generate_series(1, 30) n,
LATERAL (SELECT id FROM microgroups_microgroup ORDER BY id LIMIT 1) g
WHERE p.username IN ('p1', 'p2', 'p3');

INSERT INTO facilitation_cue (id, group_id, kind, key, person_id, reason, subject_type, subject_id, state, due_at, created_at, closed_why, rings)
SELECT uuidv7(), m.group_id, 'welcome', 'welcome:' || m.id, m.person_id, 'Has just come in.', 'membership', m.id, 'open', now(), now(), '', 0
FROM microgroups_membership m WHERE m.role = 'member';
