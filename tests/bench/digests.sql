-- What waits for people in the evening, on top of sweep.sql; the sizes are parameters of digests.py.
INSERT INTO network_networkmembership (network_id, person_id, role, joined_at)
SELECT w.id, p.id, 'member', p.joined_at FROM network_person p, network_network w;

-- Everybody has read a notice of theirs; one of so many has another that nobody read.
INSERT INTO network_notice (id, network_id, person_id, kind, cause, subject_type, subject_id, group_id,
    words, at, read_at, mail, attempts)
SELECT uuidv7(), w.id, m.person_id, 'reply', 'reply:' || m.id, 'post', m.id, m.group_id, '',
    %(now)s - interval '3 hours',
    CASE WHEN abs(hashtext(m.id::text)) %% %(unread)s > 0 THEN %(now)s END, 'none', 0
FROM microgroups_membership m, network_network w;

-- Each had a letter on one of the last six evenings.
INSERT INTO microgroups_digest (id, network_id, person_id, period, since, until, mail, attempts, mailed_at)
SELECT uuidv7(), w.id, n.id, e.day, %(now)s - interval '14 days', e.day + interval '18 hours', 'sent', 1, %(now)s
FROM numbered n, network_network w,
LATERAL (SELECT (%(now)s - (1 + n.n %% 6) * interval '1 day')::date AS day) e;
