-- name: latest_known
SELECT k.person_id, k.registered FROM known_person k
WHERE k.tenant_id = %(tenant_id)s AND k.epoch = %(epoch)s
ORDER BY k.person_id DESC LIMIT %(limit)s

-- name: written
-- The last that we wrote for each of the persons and read back.
SELECT DISTINCT ON (person_id, purpose) person_id, purpose, updated_count_before, intended_at FROM effect
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = ANY(%(person_ids)s::bigint[])
  AND result = 'written'
ORDER BY person_id, purpose, decision_id DESC

-- name: leave_mails
-- Nobody can look up any more whether these went out, since the CRM's activities were set back as well.
INSERT INTO review (tenant_id, epoch, person_id, kind, subject, detail)
SELECT tenant_id, epoch, person_id, 'mail', mail_id::text, json_build_object('mail', mail, 'version', version)
FROM mail
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND (state = 'claimed' OR look_up_at IS NOT NULL)
ON CONFLICT DO NOTHING

-- name: settle_mails
UPDATE mail SET state = CASE state WHEN 'held' THEN 'not_sent' ELSE 'unknown' END, state_at = so_now(),
  look_up_at = NULL
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s
  AND (state IN ('claimed', 'held') OR look_up_at IS NOT NULL)

-- name: settle_duties
UPDATE duty SET closed_at = so_now(), how = 'restored', look_up_at = NULL
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND closed_at IS NULL

-- name: settle_reviews
UPDATE review SET settled_at = so_now(), settled_as = 'restored'
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND settled_at IS NULL AND kind NOT IN ('mail', 'merged', 'restored')

-- name: settle_decisions
UPDATE decision SET finished_at = so_now(), result = 'restored'
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND finished_at IS NULL

-- name: unbind
UPDATE inbox SET decision_id = NULL, not_before = so_now(), attempts = 0
WHERE tenant_id = %(tenant_id)s AND state = 'open'

-- name: wipe_sweep_person
DELETE FROM sweep_person WHERE tenant_id = %(tenant_id)s

-- name: wipe_sweep
-- How far a sweep had come says nothing of numbers that begin anew.
DELETE FROM sweep WHERE tenant_id = %(tenant_id)s

-- name: stop_runs
-- The numbers of their plans are another CRM's.
UPDATE run SET state = 'stopped', reason = 'restored', not_before = NULL, look_at = NULL, ended_at = so_now()
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND state IN ('planned', 'running', 'waiting', 'stopped')

-- name: begin
UPDATE tenant SET epoch = epoch + 1, reconciled_to = 0 WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s

-- name: to_reconcile
SELECT DISTINCT k.person_id FROM known_person k
JOIN tenant t ON t.tenant_id = k.tenant_id
WHERE k.tenant_id = %(tenant_id)s AND k.epoch < %(epoch)s AND k.person_id > t.reconciled_to
ORDER BY k.person_id LIMIT %(limit)s

-- name: same
-- Who of those that are there was known before, registered at the same moment; kept as known from now on.
INSERT INTO known_person (tenant_id, epoch, person_id, registered)
SELECT DISTINCT k.tenant_id, %(epoch)s::integer, k.person_id, k.registered FROM known_person k
JOIN unnest(%(person_ids)s::bigint[], %(registered)s::timestamptz[]) AS r (person_id, registered)
  ON r.person_id = k.person_id AND r.registered = k.registered
WHERE k.tenant_id = %(tenant_id)s AND k.epoch < %(epoch)s
ON CONFLICT (tenant_id, epoch, person_id) DO UPDATE SET registered = excluded.registered
RETURNING person_id

-- name: noes
-- What stood withdrawn when a person was last decided on, and what was forgotten before and no human has freed.
SELECT person_id, json_array_elements_text(ruling -> 'withdrawn') AS purpose FROM (
  SELECT DISTINCT ON (d.person_id) d.person_id, d.ruling FROM decision d
  WHERE d.tenant_id = %(tenant_id)s AND d.person_id = ANY(%(person_ids)s::bigint[]) AND d.epoch < %(epoch)s
    AND is_same_person(d.tenant_id, d.person_id, d.epoch, %(epoch)s)
  ORDER BY d.person_id, d.decision_id DESC
) last
UNION
SELECT r.person_id, r.subject FROM review r
WHERE r.tenant_id = %(tenant_id)s AND r.person_id = ANY(%(person_ids)s::bigint[]) AND r.epoch < %(epoch)s
  AND r.kind IN ('merged', 'restored') AND r.settled_as IS DISTINCT FROM 'decide-again'
  AND is_same_person(r.tenant_id, r.person_id, r.epoch, %(epoch)s)

-- name: reconciled
UPDATE tenant SET reconciled_to = %(to)s::bigint WHERE tenant_id = %(tenant_id)s

-- name: settle_forgotten
UPDATE review SET settled_at = so_now(), settled_as = 'restored'
WHERE tenant_id = %(tenant_id)s AND epoch < %(epoch)s AND settled_at IS NULL AND kind IN ('merged', 'restored')
