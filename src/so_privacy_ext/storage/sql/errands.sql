-- name: make
-- With its cause in one transaction, and once: a cause that is looked at again makes nothing new.
WITH made AS (
  INSERT INTO errand (tenant_id, consumer, kind, entity, key, content)
  SELECT %(tenant_id)s, consumer, kind, entity, key, content::json
  FROM unnest(%(consumers)s::text[], %(kinds)s::text[], %(entities)s::text[], %(keys)s::text[], %(contents)s::text[])
    WITH ORDINALITY AS n (consumer, kind, entity, key, content, place)
  ORDER BY place
  ON CONFLICT (tenant_id, consumer, key) DO NOTHING
  RETURNING errand_id
)
INSERT INTO due (tenant_id, kind, at)
SELECT %(tenant_id)s, %(due)s, so_now() WHERE EXISTS (SELECT FROM made)
ON CONFLICT (tenant_id, kind) DO UPDATE SET at = least(due.at, excluded.at)

-- name: claim
SELECT e.errand_id, e.consumer, e.kind, e.entity, e.key, e.content, e.made_at, e.attempts FROM errand e
WHERE e.tenant_id = %(tenant_id)s AND e.state = 'open' AND e.due_at <= so_now() AND e.consumer = ANY(%(consumers)s)
  AND NOT EXISTS (
    SELECT FROM errand earlier WHERE earlier.tenant_id = e.tenant_id AND earlier.state = 'open'
      AND earlier.consumer = e.consumer AND earlier.entity = e.entity AND earlier.errand_id < e.errand_id
  )
ORDER BY e.due_at, e.errand_id
LIMIT %(limit)s

-- name: close
UPDATE errand SET state = %(state)s, reason = %(reason)s, closed_at = so_now()
WHERE tenant_id = %(tenant_id)s AND errand_id = %(errand_id)s AND state = 'open'

-- name: put_off
UPDATE errand SET attempts = attempts + 1, reason = %(reason)s, due_at = so_now() + make_interval(secs => %(seconds)s)
WHERE tenant_id = %(tenant_id)s AND errand_id = %(errand_id)s AND state = 'open'

-- name: hold
UPDATE errand SET reason = %(reason)s, due_at = greatest(due_at, so_now() + make_interval(secs => %(seconds)s))
WHERE tenant_id = %(tenant_id)s AND consumer = %(consumer)s AND state = 'open'

-- name: drop
UPDATE errand SET state = 'done', reason = %(reason)s, closed_at = so_now()
WHERE tenant_id = %(tenant_id)s AND consumer = %(consumer)s AND state = 'open'

-- name: next_in
-- Of those that wait for no earlier one: the rest can't be worked before these are.
SELECT extract(epoch FROM min(e.due_at) - so_now())::float8 AS seconds FROM errand e
WHERE e.tenant_id = %(tenant_id)s AND e.state = 'open' AND e.consumer = ANY(%(consumers)s)
  AND NOT EXISTS (
    SELECT FROM errand earlier WHERE earlier.tenant_id = e.tenant_id AND earlier.state = 'open'
      AND earlier.consumer = e.consumer AND earlier.entity = e.entity AND earlier.errand_id < e.errand_id
  )

-- name: list
SELECT errand_id, consumer, kind, entity, key, made_at, due_at, attempts, state, reason, closed_at FROM errand
WHERE tenant_id = %(tenant_id)s AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(consumer)s::text IS NULL OR consumer = %(consumer)s)
ORDER BY errand_id DESC LIMIT %(limit)s

-- name: redrive
WITH opened AS (
  UPDATE errand SET state = 'open', attempts = 0, due_at = so_now(), reason = 'redriven', closed_at = NULL
  WHERE tenant_id = %(tenant_id)s AND state <> 'open' AND errand_id = ANY(%(errand_ids)s::bigint[])
  RETURNING errand_id
), woken AS (
  INSERT INTO due (tenant_id, kind, at)
  SELECT %(tenant_id)s, %(due)s, so_now() WHERE EXISTS (SELECT FROM opened)
  ON CONFLICT (tenant_id, kind) DO UPDATE SET at = least(due.at, excluded.at)
)
SELECT errand_id FROM opened ORDER BY errand_id

-- name: given_up
SELECT consumer, count(*) AS errands, max(closed_at) AS at FROM errand
WHERE tenant_id = %(tenant_id)s AND state = 'dead'
GROUP BY consumer ORDER BY consumer
