-- name: changes
SELECT plugins FROM tenant WHERE tenant_id = %(tenant_id)s

-- name: list
-- A tenant that has been away comes back without secrets.
SELECT p.name, p.description, p.former, p.who, p.enabled_at, p.trouble, p.holds, s.key_id, s.sealed FROM plugin p
LEFT JOIN secret s ON s.tenant_id = p.tenant_id AND s.name = 'plugin/' || p.name
WHERE p.tenant_id = %(tenant_id)s ORDER BY p.name

-- name: enable
INSERT INTO plugin AS p (tenant_id, name, description, former, who, enabled_at, holds)
VALUES (%(tenant_id)s, %(name)s, %(description)s::json, %(former)s::json, %(who)s, so_now(), %(holds)s)
ON CONFLICT (tenant_id, name) DO UPDATE SET description = excluded.description, former = excluded.former,
  who = excluded.who, enabled_at = excluded.enabled_at, trouble = '{}', holds = p.holds OR excluded.holds

-- name: disable
UPDATE plugin SET enabled_at = NULL, who = %(who)s, trouble = '{}'
WHERE tenant_id = %(tenant_id)s AND name = %(name)s AND enabled_at IS NOT NULL

-- name: changed
UPDATE tenant SET plugins = plugins + 1 WHERE tenant_id = %(tenant_id)s

-- name: failed
-- Once an hour for each kind, whoever notices it.
UPDATE plugin SET trouble = trouble || jsonb_build_object(%(kind)s::text,
  jsonb_build_object('what', %(what)s::text, 'how', %(how)s::text, 'at', so_now()))
WHERE tenant_id = %(tenant_id)s AND name = %(name)s
  AND coalesce((trouble -> %(kind)s::text ->> 'at')::timestamptz, '-infinity') <= so_now() - interval '1 hour'
