-- name: standing
SELECT environment, reason, detail, since, probe_at FROM environment_pause WHERE ended_at IS NULL ORDER BY environment

-- name: pause
-- Whom another tenant has proven wrong within the last quarter of an hour is alone with it, and pauses nobody else.
INSERT INTO environment_pause AS p (environment, reason, detail, probe_at, raised_by)
VALUES (%(environment)s, %(reason)s, %(detail)s, so_now() + make_interval(secs => %(seconds)s), %(tenant_id)s)
ON CONFLICT (environment) DO UPDATE SET reason = excluded.reason, detail = excluded.detail,
  since = CASE WHEN p.ended_at IS NULL THEN p.since ELSE so_now() END,
  probe_at = excluded.probe_at, raised_by = excluded.raised_by, ended_at = NULL, ended_by = NULL
WHERE p.ended_at IS NULL OR p.ended_at < so_now() - interval '15 min'
  OR p.raised_by <> excluded.raised_by OR p.ended_by = p.raised_by
RETURNING environment

-- name: claim_probe
-- Whoever failed last lets the others go first: it may be at fault itself.
UPDATE environment_pause SET probe_at = so_now() + make_interval(secs => %(seconds)s)
WHERE environment = %(environment)s AND ended_at IS NULL
  AND probe_at + CASE raised_by WHEN %(tenant_id)s THEN interval '5 s' ELSE interval '0' END <= so_now()

-- name: paused
SELECT FROM environment_pause WHERE environment = %(environment)s AND ended_at IS NULL

-- name: end
UPDATE environment_pause SET ended_at = so_now(), ended_by = %(tenant_id)s
WHERE environment = %(environment)s AND ended_at IS NULL

-- name: wake
SELECT pg_notify('so_privacy_work', '')
