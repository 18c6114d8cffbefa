-- name: owe_person
-- Not where all of the tenant's is to be erased already.
WITH owed AS (
  INSERT INTO erasure (tenant_id, plugin, person_id)
  SELECT p.tenant_id, p.name, %(person_id)s FROM plugin p
  WHERE p.tenant_id = %(tenant_id)s AND p.holds AND NOT EXISTS (
    SELECT FROM erasure e WHERE e.tenant_id = p.tenant_id AND e.plugin = p.name AND e.person_id IS NULL
  )
  ON CONFLICT (tenant_id, plugin, coalesce(person_id, 0)) DO NOTHING
  RETURNING plugin
)
INSERT INTO due AS d (tenant_id, kind, at)
SELECT %(tenant_id)s, %(kind)s, so_now() WHERE EXISTS (SELECT FROM owed)
ON CONFLICT (tenant_id, kind) DO UPDATE SET at = least(d.at, excluded.at)

-- name: owe_all
-- It covers what was owed of single persons.
WITH named AS (
  SELECT name FROM plugin
  WHERE tenant_id = %(tenant_id)s AND holds AND (%(plugin)s::text IS NULL OR name = %(plugin)s)
), covered AS (
  DELETE FROM erasure WHERE tenant_id = %(tenant_id)s AND person_id IS NOT NULL AND plugin IN (SELECT name FROM named)
)
INSERT INTO erasure (tenant_id, plugin) SELECT %(tenant_id)s, name FROM named
ON CONFLICT (tenant_id, plugin, coalesce(person_id, 0)) DO NOTHING

-- name: list
SELECT erasure_id, tenant_id, plugin, person_id, since, not_before, attempts, reason, not_before <= so_now() AS is_due
FROM erasure WHERE tenant_id = %(tenant_id)s ORDER BY not_before, erasure_id
LIMIT %(limit)s

-- name: counted
SELECT plugin, person_id IS NULL AS of_all, count(*) AS how_many, min(since) AS since, max(attempts) AS attempts,
  (array_agg(reason ORDER BY attempts DESC))[1] AS reason
FROM erasure WHERE tenant_id = %(tenant_id)s GROUP BY 1, 2 ORDER BY 1, 2

-- name: shown
SELECT erasure_id, tenant_id, plugin, person_id, since, not_before, attempts, reason, not_before <= so_now() AS is_due
FROM erasure WHERE tenant_id = %(tenant_id)s AND erasure_id = %(erasure_id)s

-- name: next
SELECT extract(epoch FROM min(not_before) - so_now())::float8 AS seconds FROM erasure WHERE tenant_id = %(tenant_id)s

-- name: failed
UPDATE erasure SET attempts = attempts + %(counted)s, reason = %(reason)s, not_before = so_now() + make_interval(secs => %(seconds)s)
WHERE tenant_id = %(tenant_id)s AND erasure_id = %(erasure_id)s

-- name: hold_back
-- The others that the same plugin owes: it is asked for them one after the other, and not all at once.
UPDATE erasure SET not_before = greatest(not_before, so_now() + make_interval(secs => %(seconds)s))
WHERE tenant_id = %(tenant_id)s AND plugin = %(plugin)s AND erasure_id <> %(erasure_id)s

-- name: answered
DELETE FROM erasure WHERE tenant_id = %(tenant_id)s AND erasure_id = %(erasure_id)s

-- name: holds_nothing
UPDATE plugin SET holds = false WHERE tenant_id = %(tenant_id)s AND name = %(plugin)s

-- name: is_removed
SELECT removed_at IS NOT NULL AS removed FROM tenant WHERE tenant_id = %(tenant_id)s

-- name: drop_settings
DELETE FROM secret WHERE tenant_id = %(tenant_id)s AND name = 'plugin/' || %(plugin)s::text

-- name: removed
SELECT erasure_id, tenant_id, environment, context_identifier, plugin, since, not_before, attempts, reason, is_due
FROM removed_erasures()
