-- name: standing
-- Of each person and purpose the last that was written counts, and only while it is ours: not what somebody changed in
-- the same moment, what was taken back, or what has come to its end.
SELECT purpose, basis, source, count(*) AS persons FROM (
  SELECT DISTINCT ON (person_id, purpose) person_id, purpose, basis, source, epoch, result FROM effect
  WHERE tenant_id = %(tenant_id)s AND result IN ('written', 'overwritten_in_between')
  ORDER BY person_id, purpose, decision_id DESC
) last
WHERE result = 'written' AND basis <> %(withdrawn)s AND NOT EXISTS (
  SELECT FROM consent_end e
  WHERE e.tenant_id = %(tenant_id)s AND e.epoch >= last.epoch AND e.person_id = last.person_id
    AND e.purpose = last.purpose AND e.basis = last.basis AND e.how = 'expired'
)
GROUP BY purpose, basis, source
ORDER BY purpose, persons DESC, basis, source

-- name: notices
SELECT due, article, count(*) AS notices FROM (
  SELECT article, due_at, CASE WHEN due_at <= so_now() THEN 'overdue' WHEN due_at <= so_now() + interval '7 days' THEN 'week'
    WHEN due_at <= so_now() + interval '30 days' THEN 'month' ELSE 'later' END AS due
  FROM duty WHERE tenant_id = %(tenant_id)s AND closed_at IS NULL
) open
GROUP BY due, article
ORDER BY min(min(due_at)) OVER (PARTITION BY due), article
