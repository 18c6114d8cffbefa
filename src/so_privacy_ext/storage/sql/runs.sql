-- name: current
SELECT *, greatest(0, extract(epoch FROM not_before - so_now()))::float8 AS seconds_to_wait
FROM run WHERE tenant_id = %(tenant_id)s AND state IN ('running', 'waiting')

-- name: show
SELECT *, greatest(0, extract(epoch FROM not_before - so_now()))::float8 AS seconds_to_wait
FROM run WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s

-- name: list
SELECT *, greatest(0, extract(epoch FROM not_before - so_now()))::float8 AS seconds_to_wait
FROM run WHERE tenant_id = %(tenant_id)s ORDER BY run_id DESC LIMIT %(limit)s

-- name: stands
SELECT FROM run WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state IN ('running', 'waiting')

-- name: add
INSERT INTO run (tenant_id, epoch, kind, plan, manifest, lists, head, who)
VALUES (%(tenant_id)s, %(epoch)s, 'apply', %(plan)s, %(manifest)s, %(lists)s, %(head)s::json, %(who)s)
RETURNING run_id

-- name: same_plan
-- A plan is the tenant's once, so that nobody applies one twice.
SELECT run_id, state FROM run
WHERE tenant_id = %(tenant_id)s AND plan = %(plan)s AND kind = 'apply' ORDER BY run_id DESC LIMIT 1

-- name: add_person
INSERT INTO run_person (tenant_id, run_id, person_id, planned, mails, state, reason)
VALUES (%(tenant_id)s, %(run_id)s, %(person_id)s, %(planned)s::json, %(mails)s,
  CASE WHEN %(acts)s THEN 'open' ELSE 'skipped' END, CASE WHEN NOT %(acts)s THEN 'nothing_to_do' END)

-- name: add_undo
INSERT INTO run (tenant_id, epoch, kind, undoes, plan, manifest, lists, head, who, withdraw_new)
SELECT tenant_id, epoch, 'undo', run_id, plan, manifest, lists, '{}', %(who)s, %(withdraw_new)s
FROM run WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s
  AND epoch = (SELECT epoch FROM tenant WHERE tenant_id = %(tenant_id)s)
RETURNING run_id

-- name: add_undone_persons
-- Whoever the run may have written something of; that of which nobody knows is in `effect` without a result.
INSERT INTO run_person (tenant_id, run_id, person_id, before, planned)
SELECT p.tenant_id, %(undo)s, p.person_id, p.before, json_build_object('decision_id', p.decision_id)
FROM run_person p
WHERE p.tenant_id = %(tenant_id)s AND p.run_id = %(run_id)s AND EXISTS (
  SELECT FROM effect e WHERE e.tenant_id = p.tenant_id AND e.decision_id = p.decision_id
    AND (e.result IS NULL OR e.result IN ('written', 'overwritten_in_between'))
)

-- name: start
UPDATE run SET state = 'running', reason = NULL, waves = %(waves)s::json, not_before = NULL,
  skip_changed = skip_changed OR %(skip_changed)s, started_by = %(who)s, started_at = coalesce(started_at, so_now()),
  ended_at = NULL
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state IN ('planned', 'stopped')

-- name: other_under_way
SELECT run_id FROM run
WHERE tenant_id = %(tenant_id)s AND run_id <> %(run_id)s AND state IN ('running', 'waiting')

-- name: stop
UPDATE run SET state = 'stopped', reason = %(reason)s, not_before = NULL, ended_at = so_now()
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state IN ('running', 'waiting')

-- name: wait
UPDATE run SET state = 'waiting', reason = %(reason)s, not_before = so_now() + make_interval(secs => %(seconds)s)
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state IN ('running', 'waiting')

-- name: go_on
UPDATE run SET state = 'running', reason = NULL, not_before = NULL
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state = 'waiting'

-- name: finish
UPDATE run r SET state = 'done', reason = NULL, not_before = NULL, ended_at = so_now(), look_at = CASE
  WHEN EXISTS (SELECT FROM run_person p WHERE p.tenant_id = r.tenant_id AND p.run_id = r.run_id AND p.mail IN ('sent', 'unknown'))
  THEN so_now() + make_interval(secs => coalesce((r.waves ->> 'wait')::float8, 0)) END
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state IN ('running', 'waiting')

-- name: finish_undone
UPDATE run SET state = 'undone', look_at = NULL
WHERE tenant_id = %(tenant_id)s AND state IN ('done', 'stopped')
  AND run_id = (SELECT undoes FROM run WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state = 'done')

-- name: echoes
-- What a run in bulk came back as, and waited for it.
UPDATE inbox SET not_before = so_now() WHERE tenant_id = %(tenant_id)s AND state = 'open' AND reason = 'run_awaited'

-- name: worked
UPDATE run SET worked = worked + %(seconds)s WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s

-- name: tally
SELECT state, reason, count(*) AS persons,
  count(*) FILTER (WHERE mails AND state <> 'skipped') AS mails_planned,
  count(*) FILTER (WHERE mail IN ('sent', 'unknown')) AS mailed,
  count(*) FILTER (WHERE answer = 'bounced') AS bounced,
  count(*) FILTER (WHERE answer = 'refused') AS refused,
  max(wave) AS waves
FROM run_person WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s
GROUP BY state, reason ORDER BY state, reason

-- name: wave_tally
SELECT count(*) AS persons, count(*) FILTER (WHERE state = 'failed') AS failed
FROM run_person WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND wave = %(wave)s

-- name: to_check
SELECT * FROM run_person
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND person_id > %(after)s AND state = 'open'
ORDER BY person_id LIMIT %(limit)s

-- name: checked
UPDATE run SET checked_to = %(up_to)s WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s

-- name: all_checked
UPDATE run SET checked_at = so_now() WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s

-- name: check_again
UPDATE run SET checked_at = NULL, checked_to = 0 WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s

-- name: form_waves
-- By the person with whom each wave after the first begins: of rows just added PostgreSQL has no statistics, and to join
-- them with themselves would compare each person with every other.
UPDATE run_person SET wave = 1 + width_bucket(person_id, ARRAY(
  SELECT person_id FROM (
    SELECT person_id, row_number() OVER (ORDER BY person_id) - 1 AS place FROM run_person
    WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state = 'open'
  ) placed
  WHERE place >= %(pilot)s AND (place - %(pilot)s) %% %(size)s = 0 ORDER BY person_id
))
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state = 'open'

-- name: next_wave
UPDATE run r SET wave = n.wave, state = 'running', reason = NULL, not_before = NULL FROM (
  SELECT min(wave) AS wave FROM run_person
  WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND state = 'open'
) n
WHERE r.tenant_id = %(tenant_id)s AND r.run_id = %(run_id)s AND n.wave IS NOT NULL AND r.state IN ('running', 'waiting')

-- name: next_persons
SELECT * FROM run_person
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND wave = %(wave)s AND state = 'open' AND not_before <= so_now()
ORDER BY attempts, person_id LIMIT %(limit)s

-- name: seconds_to_next
SELECT greatest(0, extract(epoch FROM min(not_before) - so_now()))::float8 AS seconds FROM run_person
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND wave = %(wave)s AND state = 'open'
HAVING count(*) > 0

-- name: begun
UPDATE run_person SET decision_id = %(decision_id)s
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND person_id = %(person_id)s

-- name: keep_before
UPDATE run_person SET before = before::jsonb || %(before)s::jsonb
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND person_id = %(person_id)s

-- name: put_off
UPDATE run_person SET attempts = attempts + 1, reason = %(reason)s,
  not_before = so_now() + make_interval(secs => %(seconds)s)
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND person_id = %(person_id)s AND state = 'open'

-- name: ended
UPDATE run_person SET state = %(state)s, reason = %(reason)s, mail = %(mail)s, ended_at = so_now()
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND person_id = %(person_id)s AND state = 'open'

-- name: take_back
INSERT INTO taken_back (tenant_id, epoch, person_id, purpose, manifest, basis, source, run_id)
VALUES (%(tenant_id)s, %(epoch)s, %(person_id)s, %(purpose)s, %(manifest)s, %(basis)s, %(source)s, %(run_id)s)
ON CONFLICT (tenant_id, epoch, person_id, purpose) DO UPDATE SET manifest = excluded.manifest,
  basis = excluded.basis, source = excluded.source, run_id = excluded.run_id, at = so_now()

-- name: give_again
DELETE FROM taken_back t
WHERE t.tenant_id = %(tenant_id)s AND t.person_id = %(person_id)s AND t.purpose = ANY(%(purposes)s::text[])
  AND is_same_person(t.tenant_id, t.person_id, t.epoch, %(epoch)s)

-- name: mailed_within
-- By the claims, which are there before a mail is asked for, whatever becomes of the turn afterwards.
SELECT count(*) AS mails,
  greatest(0, extract(epoch FROM min(m.claimed_at) + make_interval(secs => %(seconds)s) - so_now()))::float8 AS seconds
FROM run r
JOIN run_person p ON p.tenant_id = r.tenant_id AND p.run_id = r.run_id
JOIN mail m ON m.tenant_id = p.tenant_id AND m.person_id = p.person_id AND m.epoch = r.epoch
WHERE r.tenant_id = %(tenant_id)s AND r.run_id = %(run_id)s AND m.state <> 'not_sent'
  AND m.claimed_at >= greatest(r.started_at, so_now() - make_interval(secs => %(seconds)s))

-- name: mailed
SELECT * FROM run_person
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND mail IN ('sent', 'unknown') AND answer IS NULL
  AND person_id > %(after)s
ORDER BY person_id LIMIT %(limit)s

-- name: answered
UPDATE run_person SET answer = %(answer)s
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND person_id = %(person_id)s AND answer IS NULL

-- name: to_look_at
SELECT *, 0.0::float8 AS seconds_to_wait
FROM run WHERE tenant_id = %(tenant_id)s AND look_at <= so_now() AND state = 'done'
ORDER BY run_id LIMIT 1

-- name: next_look
SELECT greatest(0, extract(epoch FROM min(look_at) - so_now()))::float8 AS seconds
FROM run WHERE tenant_id = %(tenant_id)s AND state = 'done' AND look_at IS NOT NULL
HAVING count(*) > 0

-- name: looked_at
UPDATE run SET look_at = NULL WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s

-- name: persons
-- Those behind a number: by how far the run is with them, and by what the plan says of them.
SELECT p.* FROM run_person p
WHERE p.tenant_id = %(tenant_id)s AND p.run_id = %(run_id)s AND p.person_id > %(after)s
  AND (%(state)s::text IS NULL OR p.state = %(state)s)
  AND (%(reason)s::text IS NULL OR p.reason = %(reason)s)
  AND (%(answer)s::text IS NULL OR p.answer = %(answer)s)
  AND (%(wave)s::integer IS NULL OR p.wave = %(wave)s)
  AND (%(mailed)s::boolean IS NULL OR coalesce(p.mail IN ('sent', 'unknown'), false) = %(mailed)s)
  AND (%(what)s::text IS NULL AND %(rule)s::text IS NULL AND %(purpose)s::text IS NULL OR EXISTS (
    SELECT FROM (
      SELECT CASE WHEN p.planned::jsonb -> 'stands' ? (w ->> 'purpose') THEN 'changes' ELSE 'gets' END AS what,
        w ->> 'rule_id' AS rule, w ->> 'purpose' AS purpose
      FROM jsonb_array_elements(p.planned::jsonb -> 'writes') w
      UNION ALL
      SELECT 'mails', p.planned ->> 'mail_rule', NULL WHERE p.planned ->> 'mail' IS NOT NULL
      UNION ALL
      SELECT 'reviews', p.planned -> 'rules' ->> (v ->> 1), v ->> 1
      FROM jsonb_array_elements(p.planned::jsonb -> 'reviews') v
      UNION ALL
      SELECT 'left', p.planned -> 'rules' ->> l.purpose, l.purpose FROM jsonb_object_keys(p.planned::jsonb -> 'left') AS l (purpose)
      UNION ALL
      SELECT 'denied', p.planned -> 'rules' ->> d.purpose, d.purpose
      FROM jsonb_array_elements_text(p.planned::jsonb -> 'denied') AS d (purpose)
    ) said
    WHERE (%(what)s::text IS NULL OR said.what = %(what)s)
      AND (%(rule)s::text IS NULL OR said.rule = %(rule)s)
      AND (%(purpose)s::text IS NULL OR said.purpose = %(purpose)s)
  ))
ORDER BY p.person_id LIMIT %(limit)s

-- name: wake
INSERT INTO due (tenant_id, kind, at) VALUES (%(tenant_id)s, 'run', so_now())
ON CONFLICT (tenant_id, kind) DO UPDATE SET at = excluded.at
