-- name: list
-- A tenant that has been away comes back without endpoints.
SELECT e.endpoint_id, e.key, e.host, e.description, e.events, e.who, e.added_at, e.rotated_at, e.off_at, e.off_because,
  e.trouble, e.failures, e.failing_since, nullif(e.not_before, '-infinity') AS not_before, e.delivered, e.delivered_at,
  (SELECT count(*) FROM errand r WHERE r.tenant_id = e.tenant_id AND r.consumer = 'endpoint:' || e.endpoint_id
    AND r.state = 'open') AS waiting,
  (SELECT count(*) FROM errand r WHERE r.tenant_id = e.tenant_id AND r.consumer = 'endpoint:' || e.endpoint_id
    AND r.state = 'dead') AS given_up
FROM endpoint e
WHERE e.tenant_id = %(tenant_id)s AND (%(endpoint_id)s::bigint IS NULL OR e.endpoint_id = %(endpoint_id)s)
ORDER BY e.endpoint_id

-- name: wanting
SELECT endpoint_id, events FROM endpoint WHERE tenant_id = %(tenant_id)s AND off_at IS NULL ORDER BY endpoint_id

-- name: changes
SELECT endpoints FROM tenant WHERE tenant_id = %(tenant_id)s

-- name: add
INSERT INTO endpoint (tenant_id, host, description, events, who)
VALUES (%(tenant_id)s, %(host)s, %(description)s, %(events)s, %(who)s)
RETURNING endpoint_id

-- name: changed
UPDATE tenant SET endpoints = endpoints + 1 WHERE tenant_id = %(tenant_id)s

-- name: rotated
UPDATE endpoint SET rotated_at = so_now(), who = %(who)s WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s

-- name: rotation_over
SELECT true AS found FROM endpoint
WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s AND rotated_at < so_now() - %(both)s

-- name: forget_rotation
UPDATE endpoint SET rotated_at = NULL WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s

-- name: on
UPDATE endpoint SET off_at = NULL, off_because = NULL, trouble = NULL, failures = 0, failing_since = NULL,
  not_before = '-infinity', who = %(who)s
WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s AND off_at IS NOT NULL

-- name: off
UPDATE endpoint SET off_at = so_now(), off_because = %(because)s, who = %(who)s
WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s AND off_at IS NULL

-- name: remove
DELETE FROM endpoint WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s

-- name: due
SELECT tenant_id, endpoint_id FROM due_endpoints(%(limit)s, so_now())

-- name: take
-- Whoever sends for it has it alone, until it is let go or so many seconds are over.
UPDATE endpoint e SET busy_until = so_now() + make_interval(secs => %(seconds)s), served_at = so_now()
FROM tenant t
WHERE e.tenant_id = %(tenant_id)s AND e.endpoint_id = %(endpoint_id)s AND e.off_at IS NULL AND e.busy_until <= so_now()
  AND t.tenant_id = e.tenant_id
RETURNING e.key, e.busy_until, t.context_identifier, t.environment

-- name: let_go
UPDATE endpoint SET busy_until = '-infinity'
WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s AND busy_until = %(busy_until)s

-- name: delivered
UPDATE endpoint SET delivered = delivered + 1, delivered_at = so_now(), trouble = NULL, failures = 0,
  failing_since = NULL, not_before = '-infinity'
WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s

-- name: failed
UPDATE endpoint SET trouble = %(why)s, failures = failures + 1, failing_since = coalesce(failing_since, so_now()),
  not_before = so_now() + make_interval(secs => %(seconds)s)
WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s

-- name: standing
SELECT failures, coalesce(extract(epoch FROM so_now() - failing_since), 0)::float8 AS seconds FROM endpoint
WHERE tenant_id = %(tenant_id)s AND endpoint_id = %(endpoint_id)s
