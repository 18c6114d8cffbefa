-- name: claim
-- A sweep's person on whom a decision is begun gives way to nobody: her other events wait behind it.
SELECT inbox_id, event_id, name, primary_key, event, received_at, attempts, decision_id
FROM inbox
WHERE tenant_id = %(tenant_id)s AND state = 'open' AND not_before <= so_now()
  AND (name <> %(swept)s OR decision_id IS NOT NULL)
ORDER BY not_before, inbox_id
LIMIT %(limit)s

-- name: claim_swept
SELECT inbox_id, event_id, name, primary_key, event, received_at, attempts, decision_id
FROM inbox
WHERE tenant_id = %(tenant_id)s AND state = 'open' AND name = 'person.swept' AND not_before <= so_now()
ORDER BY not_before, inbox_id
LIMIT %(limit)s

-- name: bind
UPDATE inbox SET decision_id = %(decision_id)s
WHERE tenant_id = %(tenant_id)s AND inbox_id = ANY(%(inbox_ids)s::bigint[])

-- name: close
UPDATE inbox SET state = %(state)s, reason = %(reason)s, closed_at = so_now()
WHERE tenant_id = %(tenant_id)s AND inbox_id = ANY(%(inbox_ids)s::bigint[]) AND state = 'open'

-- name: put_off
UPDATE inbox SET attempts = attempts + 1, reason = %(reason)s, not_before = so_now() + make_interval(secs => %(seconds)s)
WHERE tenant_id = %(tenant_id)s AND inbox_id = ANY(%(inbox_ids)s::bigint[]) AND state = 'open'

-- name: wait_for_bulk
UPDATE inbox SET not_before = so_now() + make_interval(secs => %(seconds)s), reason = 'run_awaited'
WHERE tenant_id = %(tenant_id)s AND state = 'open' AND not_before <= so_now() AND name = 'person.consented'
  AND decision_id IS NULL AND event ->> 'changed_by' = %(own)s::bigint::text
  AND EXISTS (
    SELECT FROM run r WHERE r.tenant_id = %(tenant_id)s AND r.state = 'running' AND r.waves ->> 'mass' = 'true')

-- name: attempts
SELECT coalesce(max(attempts), 0) AS attempts FROM inbox
WHERE tenant_id = %(tenant_id)s AND inbox_id = ANY(%(inbox_ids)s::bigint[])

-- name: decide_again
INSERT INTO inbox (tenant_id, event_id, name, primary_key, event)
SELECT %(tenant_id)s, 'internal:' || gen_random_uuid(), %(name)s, %(person_id)s, %(event)s::json
WHERE NOT EXISTS (
  SELECT FROM inbox WHERE tenant_id = %(tenant_id)s AND state = 'open' AND primary_key = %(person_id)s
    AND name = %(name)s AND decision_id IS NULL
)

-- name: open_events
SELECT count(*) AS events FROM inbox
WHERE tenant_id = %(tenant_id)s AND state = 'open' AND primary_key = %(person_id)s AND name = %(name)s

-- name: wait_behind
-- A millisecond later, so that the begun decision's own events are claimed before those that wait behind them.
WITH begun AS (
  SELECT i.primary_key, max(i.not_before) + interval '1 ms' AS until FROM inbox i
  JOIN decision d ON d.tenant_id = i.tenant_id AND d.decision_id = i.decision_id AND d.finished_at IS NULL
  JOIN tenant t ON t.tenant_id = d.tenant_id AND t.epoch = d.epoch
  WHERE i.tenant_id = %(tenant_id)s AND i.state = 'open' AND i.primary_key = ANY(%(person_ids)s::bigint[])
    AND (i.name = 'none' OR i.name LIKE 'person.%%')
  GROUP BY i.primary_key
), waiting AS (
  UPDATE inbox i SET not_before = greatest(i.not_before, begun.until), reason = 'begun_decision_awaited' FROM begun
  WHERE i.tenant_id = %(tenant_id)s AND i.state = 'open' AND i.primary_key = begun.primary_key
    AND i.decision_id IS NULL AND (i.name = 'none' OR i.name LIKE 'person.%%')
)
SELECT primary_key FROM begun
