-- name: last
-- A reading from the future is one of before a clock was set back.
SELECT content::text AS content, extract(epoch FROM clock_timestamp() - read_at)::float8 AS age FROM known_lists
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND shape = %(shape)s
  AND read_at > clock_timestamp() - make_interval(secs => %(within)s) AND read_at <= clock_timestamp()

-- name: keep
INSERT INTO known_lists (tenant_id, epoch, shape, content, read_at)
VALUES (%(tenant_id)s, %(epoch)s, %(shape)s, %(content)s::json, clock_timestamp() - make_interval(secs => %(age)s))
ON CONFLICT (tenant_id) DO UPDATE SET
  epoch = excluded.epoch, shape = excluded.shape, content = excluded.content, read_at = excluded.read_at

-- name: forget
DELETE FROM known_lists WHERE tenant_id = %(tenant_id)s
