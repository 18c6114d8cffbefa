-- name: list
SELECT kind, key, item_id, created_at, removed_at FROM provisioned WHERE tenant_id = %(tenant_id)s ORDER BY kind, key

-- name: intend
INSERT INTO provisioned (tenant_id, kind, key) VALUES (%(tenant_id)s, %(kind)s, %(key)s)
ON CONFLICT (tenant_id, kind, key) DO UPDATE SET intended_at = so_now(), removed_at = NULL, created_at = NULL

-- name: created
UPDATE provisioned SET item_id = %(item_id)s, created_at = so_now(), removed_at = NULL
WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s AND key = %(key)s

-- name: removed
UPDATE provisioned SET removed_at = so_now() WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s AND key = %(key)s
