-- name: tenant
SELECT set_config('app.tenant', %(tenant_id)s, true)

-- name: beat
SELECT 1
