-- name: kept
SELECT DISTINCT ON (kind) slot, kind, webhook_id, total_errors,
  extract(epoch FROM so_now() - checked_at)::float8 AS checked,
  extract(epoch FROM so_now() - mended_at)::float8 AS mended
FROM subscription
WHERE tenant_id = %(tenant_id)s AND webhook_id IS NOT NULL AND retired_at IS NULL
ORDER BY kind, created_at DESC

-- name: without_webhook
SELECT slot FROM subscription
WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s AND webhook_id IS NULL AND retired_at IS NULL
ORDER BY created_at DESC LIMIT 1

-- name: registered
UPDATE subscription SET webhook_id = %(webhook_id)s WHERE tenant_id = %(tenant_id)s AND slot = %(slot)s

-- name: retire
UPDATE subscription o SET retired_at = so_now()
FROM subscription n
WHERE n.tenant_id = %(tenant_id)s AND n.slot = %(slot)s
  AND o.tenant_id = n.tenant_id AND o.kind = n.kind AND o.slot <> n.slot AND o.retired_at IS NULL

-- name: checked
UPDATE subscription SET checked_at = so_now(), total_errors = %(total_errors)s
WHERE tenant_id = %(tenant_id)s AND slot = %(slot)s

-- name: mended
UPDATE subscription SET mended_at = so_now() WHERE tenant_id = %(tenant_id)s AND slot = %(slot)s

-- name: not_mended
UPDATE subscription SET mended_at = NULL WHERE tenant_id = %(tenant_id)s

-- name: forget_retired
DELETE FROM subscription
WHERE tenant_id = %(tenant_id)s AND retired_at < so_now() - make_interval(secs => %(seconds)s)
RETURNING kind

-- name: drop_older_secrets
DELETE FROM secret s
WHERE s.tenant_id = %(tenant_id)s AND s.name = %(name)s AND s.secret_id < (
  SELECT max(n.secret_id) FROM secret n WHERE n.tenant_id = %(tenant_id)s AND n.name = %(name)s
)
  AND NOT EXISTS (
    SELECT FROM subscription u WHERE u.tenant_id = %(tenant_id)s AND u.kind = %(kind)s AND u.retired_at IS NOT NULL
  )

-- name: add
INSERT INTO subscription (tenant_id, slot, kind) VALUES (%(tenant_id)s, %(slot)s, %(kind)s)
