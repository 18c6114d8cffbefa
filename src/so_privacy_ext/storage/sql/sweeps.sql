-- name: ask
INSERT INTO sweep (tenant_id, kind, why) VALUES (%(tenant_id)s, 'whole', %(why)s) ON CONFLICT DO NOTHING

-- name: current
SELECT sweep_id, kind, why, since, until, froms, tos, stage, after, tenant_since FROM sweep
WHERE tenant_id = %(tenant_id)s AND until IS NOT NULL AND finished_at IS NULL

-- name: fresh
SELECT true AS found FROM sweep
WHERE tenant_id = %(tenant_id)s AND kind = 'whole' AND finished_at IS NOT NULL
  AND until > so_now() - make_interval(secs => %(seconds)s)
  AND NOT EXISTS (SELECT FROM sweep WHERE tenant_id = %(tenant_id)s AND finished_at IS NULL)
LIMIT 1

-- name: asked
SELECT sweep_id, why FROM sweep WHERE tenant_id = %(tenant_id)s AND until IS NULL

-- name: last
SELECT tos, until, tenant_since,
  (SELECT max(w.until) FROM sweep w
    WHERE w.tenant_id = %(tenant_id)s AND w.kind = 'whole' AND w.finished_at IS NOT NULL) AS whole_until
FROM sweep WHERE tenant_id = %(tenant_id)s AND finished_at IS NOT NULL
ORDER BY finished_at DESC, sweep_id DESC LIMIT 1

-- name: tenant_since
SELECT coalesce(min(u.created_at), max(t.created_at)) AS at
FROM tenant t LEFT JOIN subscription u ON u.tenant_id = t.tenant_id AND u.kind = 'events'
WHERE t.tenant_id = %(tenant_id)s

-- name: add
INSERT INTO sweep (tenant_id, kind, why) VALUES (%(tenant_id)s, %(kind)s, %(why)s) RETURNING sweep_id

-- name: begin
UPDATE sweep SET since = %(since)s, until = %(until)s, tenant_since = %(tenant_since)s,
  froms = %(froms)s::bigint[], tos = %(tos)s::bigint[]
WHERE tenant_id = %(tenant_id)s AND sweep_id = %(sweep_id)s

-- name: hand_over
-- Handled is whoever was decided on as far as she had come by then. A begun decision is waited for, and so is an event
-- that nothing was decided on yet; only who has neither gets one.
WITH found AS (
  SELECT * FROM unnest(%(person_ids)s::bigint[], %(updated_counts)s::integer[], %(address_ids)s::bigint[],
    %(consents_at)s::timestamptz[], %(counted)s::boolean[])
    AS f (person_id, updated_count, address_id, consents_at, counted)
), judged AS (
  SELECT f.person_id, f.counted, d.finished_at, d.inbox_ids, coalesce(
    d.decision_id IS NOT NULL
      AND (f.updated_count IS NULL OR f.updated_count = d.updated_count)
      AND (f.address_id IS NULL OR f.address_id <= d.address_id)
      AND (f.consents_at IS NULL OR f.consents_at <= d.consents_at),
    false
  ) AS seen
  FROM found f
  LEFT JOIN LATERAL (
    SELECT * FROM decision one
    WHERE one.tenant_id = %(tenant_id)s AND one.epoch = %(epoch)s AND one.person_id = f.person_id
    ORDER BY one.decision_id DESC LIMIT 1
  ) d ON true
), waiting AS (
  SELECT j.person_id, max(i.inbox_id) AS inbox_id, bool_or(i.state = 'open') AS open FROM judged j
  JOIN inbox i ON i.tenant_id = %(tenant_id)s AND CASE WHEN j.seen
    THEN i.inbox_id = ANY(j.inbox_ids)
    ELSE i.state = 'open' AND i.primary_key = j.person_id AND i.decision_id IS NULL
      AND (i.name = 'none' OR i.name LIKE 'person.%%') END
  WHERE NOT j.seen OR j.finished_at IS NULL
  GROUP BY j.person_id
), added AS (
  INSERT INTO inbox (tenant_id, event_id, name, primary_key, event)
  SELECT %(tenant_id)s, 'sweep:' || %(sweep_id)s::bigint || ':' || gen_random_uuid(), %(name)s, j.person_id, '{}'::json
  FROM judged j WHERE NOT j.seen AND NOT EXISTS (SELECT FROM waiting w WHERE w.person_id = j.person_id)
  RETURNING primary_key, inbox_id
)
INSERT INTO sweep_person AS s (tenant_id, sweep_id, person_id, counted, inbox_id)
SELECT %(tenant_id)s, %(sweep_id)s, j.person_id, j.counted, coalesce(w.inbox_id, a.inbox_id)
FROM judged j
LEFT JOIN waiting w ON w.person_id = j.person_id
LEFT JOIN added a ON a.primary_key = j.person_id
WHERE j.counted OR w.open OR a.inbox_id IS NOT NULL
ON CONFLICT (tenant_id, sweep_id, person_id) DO UPDATE
  SET counted = s.counted OR excluded.counted, inbox_id = coalesce(excluded.inbox_id, s.inbox_id)

-- name: come
UPDATE sweep SET stage = %(stage)s, after = %(after)s WHERE tenant_id = %(tenant_id)s AND sweep_id = %(sweep_id)s

-- name: finish
UPDATE sweep SET finished_at = so_now() WHERE tenant_id = %(tenant_id)s AND sweep_id = %(sweep_id)s

-- name: forget
-- What looked by key and came upon nobody proves nothing that the next one doesn't.
DELETE FROM sweep WHERE tenant_id = %(tenant_id)s AND kind = 'new' AND found = 0 AND besides = 0
  AND finished_at < (SELECT max(finished_at) FROM sweep WHERE tenant_id = %(tenant_id)s)

-- name: statements
-- An event that is not there any more had ended long ago.
SELECT s.sweep_id, s.kind, s.why, s.since, s.until, s.finished_at, s.proven_at,
  coalesce(s.found, n.found) AS found, coalesce(s.known, n.known) AS known, coalesce(s.handled, n.handled) AS handled,
  coalesce(s.given_up, n.given_up) AS given_up, coalesce(s.besides, n.besides) AS besides,
  s.proven_at IS NULL AND n.open > 0 AS open
FROM sweep s
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE p.counted) AS found,
    count(*) FILTER (WHERE p.counted AND p.inbox_id IS NULL) AS known,
    count(*) FILTER (WHERE p.counted AND coalesce(i.state, 'done') = 'done') AS handled,
    count(*) FILTER (WHERE p.counted AND i.state = 'dead') AS given_up,
    count(*) FILTER (WHERE NOT p.counted) AS besides,
    count(*) FILTER (WHERE i.state = 'open') AS open
  FROM sweep_person p LEFT JOIN inbox i ON i.tenant_id = p.tenant_id AND i.inbox_id = p.inbox_id
  WHERE p.tenant_id = s.tenant_id AND p.sweep_id = s.sweep_id
) n
WHERE s.tenant_id = %(tenant_id)s AND s.finished_at IS NOT NULL
  AND (%(sweep_id)s::bigint IS NULL OR s.sweep_id = %(sweep_id)s)
  AND (NOT %(unproven)s OR s.proven_at IS NULL)
ORDER BY s.sweep_id DESC LIMIT %(limit)s

-- name: freeze
UPDATE sweep SET found = %(found)s, known = %(known)s, handled = %(handled)s, given_up = %(given_up)s,
  besides = %(besides)s, proven_at = so_now()
WHERE tenant_id = %(tenant_id)s AND sweep_id = %(sweep_id)s
RETURNING proven_at

-- name: forget_persons
DELETE FROM sweep_person WHERE tenant_id = %(tenant_id)s AND sweep_id = %(sweep_id)s
