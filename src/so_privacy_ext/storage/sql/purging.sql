-- name: events
-- Only what is done; its id and hash stay, so that no replay of it is ever taken for news.
UPDATE inbox SET body = NULL, event = '{}' WHERE tenant_id = %(tenant_id)s AND inbox_id IN (
  SELECT inbox_id FROM inbox
  WHERE tenant_id = %(tenant_id)s AND state = 'done' AND body IS NOT NULL AND closed_at < so_now() - %(period)s
  LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) AND state = 'done'

-- name: quarantine
DELETE FROM quarantine WHERE tenant_id = %(tenant_id)s AND quarantine_id IN (
  SELECT quarantine_id FROM quarantine
  WHERE tenant_id = %(tenant_id)s AND received_at < so_now() - %(period)s
  LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)

-- name: facts
UPDATE decision SET facts = '{}' WHERE tenant_id = %(tenant_id)s AND decision_id IN (
  SELECT decision_id FROM decision
  WHERE tenant_id = %(tenant_id)s AND finished_at < so_now() - %(period)s AND facts::text <> '{}'
  LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)

-- name: comments
-- What others had written stays only as long as what events brought; a run can't be undone for them afterwards.
UPDATE run_person p SET before = (
  SELECT coalesce(jsonb_object_agg(b.key, CASE jsonb_typeof(b.value) WHEN 'object' THEN b.value - 'sealed' ELSE b.value END), '{}')
  FROM jsonb_each(p.before::jsonb) b
)::json
WHERE p.tenant_id = %(tenant_id)s AND (p.run_id, p.person_id) IN (
  SELECT q.run_id, q.person_id FROM run_person q
  JOIN run r ON r.tenant_id = q.tenant_id AND r.run_id = q.run_id
  WHERE q.tenant_id = %(tenant_id)s AND r.ended_at < so_now() - %(period)s AND r.state NOT IN ('running', 'waiting')
    AND q.before::text LIKE '%%"sealed"%%'
  LIMIT %(limit)s
)

-- name: planned
-- What a plan said of persons stays as long as the facts on which was decided.
UPDATE run_person p SET planned = '{}', before = '{}'
WHERE p.tenant_id = %(tenant_id)s AND (p.run_id, p.person_id) IN (
  SELECT q.run_id, q.person_id FROM run_person q
  JOIN run r ON r.tenant_id = q.tenant_id AND r.run_id = q.run_id
  WHERE q.tenant_id = %(tenant_id)s AND coalesce(r.ended_at, r.made_at) < so_now() - %(period)s
    AND r.state NOT IN ('running', 'waiting') AND q.planned::text <> '{}'
  LIMIT %(limit)s
)

-- name: errands
DELETE FROM errand WHERE tenant_id = %(tenant_id)s AND errand_id IN (
  SELECT errand_id FROM errand
  WHERE tenant_id = %(tenant_id)s AND state = 'done' AND closed_at < so_now() - %(period)s
  LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)

-- name: sessions
DELETE FROM web_session
WHERE tenant_id = %(tenant_id)s AND (seen_at <= so_now() - %(idle)s OR began_at <= so_now() - %(whole)s)

-- name: tenants
SELECT forget_tenants() AS forgotten

-- name: erase_events
UPDATE inbox SET body = NULL, event = '{}'
WHERE tenant_id = %(tenant_id)s AND primary_key = %(person_id)s AND name LIKE 'person.%%' AND state = 'done'

-- name: erase_facts
UPDATE decision SET facts = '{}'
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND finished_at IS NOT NULL

-- name: erase_quarantine
-- Whatever is wrong with such a body, it names her where the CRM would.
DELETE FROM quarantine
WHERE tenant_id = %(tenant_id)s AND encode(body, 'escape') ~* %(naming)s

-- name: erase_runs
UPDATE run_person SET planned = '{}', before = '{}' WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s
  AND run_id IN (SELECT run_id FROM run WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s)

-- name: erase_taken_back
DELETE FROM taken_back WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s

-- name: erase_errands
DELETE FROM errand WHERE tenant_id = %(tenant_id)s AND entity = 'person/' || %(person_id)s::bigint AND state = 'done'
