-- name: now
SELECT tenant_id FROM due_tenants(%(limit)s, so_now(), %(lock_space)s)

-- name: next
SELECT extract(epoch FROM min(at) - so_now())::float8 AS seconds FROM due_tenants(NULL, 'infinity', %(lock_space)s)

-- name: listen
LISTEN so_privacy_work

-- name: begin
SELECT due_begin(%(kinds)s::text[], %(within)s::float8[])
