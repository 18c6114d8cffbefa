-- name: take
-- next_at is the first free place. A place that is given back, and was the last one, is free again. One
-- more than ten seconds ahead is no queue but a clock that was set back; a second's silence is safe.
-- A call arrives anywhere between its place and its answer, so spacing places is not enough. When call n - 9 is
-- asked for, call n - 10 was answered; so call n begins a second or more later, however late n - 10 arrived.
INSERT INTO pace AS p (tenant_id, next_at, asked)
VALUES (%(tenant_id)s, clock_timestamp() + interval '105 ms', ARRAY[clock_timestamp()])
ON CONFLICT (tenant_id) DO UPDATE SET
  next_at = interval '105 ms' + greatest(
    clock_timestamp() + make_interval(secs => %(lead)s),
    CASE
      WHEN p.next_at > clock_timestamp() + interval '10 s' THEN clock_timestamp() + interval '1 s'
      WHEN p.next_at = %(given_back)s::timestamptz + interval '105 ms' THEN %(given_back)s::timestamptz
      ELSE p.next_at
    END,
    (
      SELECT ninth + interval '1 s'
      FROM (
        SELECT p.asked[cardinality(p.asked) - CASE WHEN %(given_back)s::timestamptz IS NULL THEN 8 ELSE 9 END] AS ninth
      ) earlier
      WHERE ninth <= clock_timestamp()
    )
  ),
  asked = CASE
    WHEN %(given_back)s::timestamptz IS NULL
      THEN (p.asked || clock_timestamp())[greatest(1, cardinality(p.asked) - 8):]
    ELSE p.asked
  END
RETURNING next_at - interval '105 ms' AS place,
  extract(epoch FROM next_at - interval '105 ms' - clock_timestamp())::float8 AS seconds
