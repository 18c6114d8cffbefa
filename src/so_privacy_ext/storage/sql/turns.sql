-- name: lock
SELECT pg_try_advisory_lock(%(lock_space)s, %(tenant_id)s) AS taken

-- name: patience
SELECT set_config('lock_timeout', %(patience)s, false)

-- name: stand_in_line
SELECT pg_advisory_lock(%(lock_space)s, %(tenant_id)s)

-- name: wanted
SELECT FROM pg_locks l
WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objsubid = 2
  AND l.classid::bigint = %(lock_space)s AND l.objid::bigint = %(tenant_id)s
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
LIMIT 1

-- name: unlock
SELECT pg_advisory_unlock(%(lock_space)s, %(tenant_id)s)

-- name: tenant
SELECT tenant_id, context_identifier, environment, epoch, tell_from, own_associate_id, parked_until, parked_reason, state,
  mails_lost_from, mails_lost_to, reconciled_to IS NOT NULL AS reconciling, mass_writes, paused_at IS NOT NULL AS paused,
  plugins, endpoints
FROM tenant WHERE tenant_id = %(tenant_id)s AND (removed_at IS NULL OR %(removed)s)

-- name: turned
UPDATE tenant SET turned_at = so_now() WHERE tenant_id = %(tenant_id)s

-- name: due
INSERT INTO due (tenant_id, kind, at) VALUES (%(tenant_id)s, %(kind)s, so_now() + make_interval(secs => %(seconds)s))
ON CONFLICT (tenant_id, kind) DO UPDATE SET at = excluded.at

-- name: not_due
DELETE FROM due WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s

-- name: due_kinds
SELECT kind FROM due WHERE tenant_id = %(tenant_id)s AND at <= so_now()

-- name: owes
SELECT FROM inbox WHERE tenant_id = %(tenant_id)s AND state = 'open' AND not_before <= so_now()
UNION ALL
SELECT FROM due WHERE tenant_id = %(tenant_id)s AND at <= so_now()
LIMIT 1

-- name: park
UPDATE tenant SET parked_until = so_now() + make_interval(secs => %(seconds)s), parked_reason = %(reason)s
WHERE tenant_id = %(tenant_id)s

-- name: unpark
UPDATE tenant SET parked_until = NULL, parked_reason = NULL WHERE tenant_id = %(tenant_id)s

-- name: wake
SELECT pg_notify('so_privacy_work', %(tenant_id)s::text)

-- name: ask_state
-- Asked for now, and not again within a minute, should the answer fail to come.
WITH asked AS (
  UPDATE tenant SET state_asked_at = so_now() WHERE tenant_id = %(tenant_id)s
)
UPDATE due SET at = so_now() + interval '1 min' WHERE tenant_id = %(tenant_id)s AND kind = 'state'

-- name: state
UPDATE tenant SET state = %(state)s, state_at = so_now(),
  deleted_seen_at = CASE %(state)s WHEN 'Deleted' THEN coalesce(deleted_seen_at, so_now()) END
WHERE tenant_id = %(tenant_id)s
RETURNING extract(epoch FROM deleted_seen_at + interval '1 day' - so_now())::float8 AS left
