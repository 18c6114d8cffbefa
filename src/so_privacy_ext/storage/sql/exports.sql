-- name: decisions
SELECT seq, at, person_id, content FROM journal
WHERE tenant_id = %(tenant_id)s AND seq > %(after)s AND kind = 'decision'
  AND (%(since)s::timestamptz IS NULL OR at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
ORDER BY seq LIMIT %(limit)s
