-- name: take
-- next_at is the first free place. A place that is given back, and was the last one, is free again. One
-- more than ten seconds ahead is no queue but a clock that was set back; a second's silence is safe.
INSERT INTO pace AS p (tenant_id, next_at)
VALUES (%(tenant_id)s, clock_timestamp() + interval '105 ms')
ON CONFLICT (tenant_id) DO UPDATE SET next_at = interval '105 ms' + greatest(
  clock_timestamp() + make_interval(secs => %(lead)s),
  CASE
    WHEN p.next_at > clock_timestamp() + interval '10 s' THEN clock_timestamp() + interval '1 s'
    WHEN p.next_at = %(given_back)s::timestamptz + interval '105 ms' THEN %(given_back)s::timestamptz
    ELSE p.next_at
  END
)
RETURNING next_at - interval '105 ms' AS place,
  extract(epoch FROM next_at - interval '105 ms' - clock_timestamp())::float8 AS seconds
