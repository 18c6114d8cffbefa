-- name: in_use
SELECT key_id, secrets FROM data_keys()

-- name: lock
SELECT pg_try_advisory_lock(7340183) AS taken

-- name: sealed_otherwise
SELECT secret_id, name, key_id, sealed FROM secret
WHERE tenant_id = %(tenant_id)s AND key_id <> %(key_id)s
ORDER BY secret_id
FOR UPDATE

-- name: seal_anew
UPDATE secret SET key_id = %(key_id)s, sealed = %(sealed)s
WHERE tenant_id = %(tenant_id)s AND secret_id = %(secret_id)s
