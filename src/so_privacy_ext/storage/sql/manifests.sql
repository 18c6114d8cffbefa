-- name: active
SELECT content, digest FROM manifest WHERE tenant_id = %(tenant_id)s AND active_to IS NULL

-- name: by_digest
SELECT content FROM manifest WHERE tenant_id = %(tenant_id)s AND digest = %(digest)s LIMIT 1

-- name: list
SELECT manifest_id, digest, who, active_from, active_to FROM manifest
WHERE tenant_id = %(tenant_id)s ORDER BY manifest_id DESC

-- name: end
UPDATE manifest SET active_to = so_now() WHERE tenant_id = %(tenant_id)s AND active_to IS NULL

-- name: begin
INSERT INTO manifest (tenant_id, digest, content, who) VALUES (%(tenant_id)s, %(digest)s, %(content)s, %(who)s)

-- name: tell_from
UPDATE tenant SET tell_from = coalesce(%(tell_from)s::timestamptz, tell_from, so_now()) WHERE tenant_id = %(tenant_id)s
