-- name: of_rules
SELECT rule_id, sum(decisions)::bigint AS decisions,
  coalesce(sum(decisions) FILTER (WHERE digest = %(digest)s), 0)::bigint AS of_version,
  max(last_at) AS last_at, (array_agg(last_person_id ORDER BY last_at DESC))[1] AS last_person_id
FROM rule_use WHERE tenant_id = %(tenant_id)s
GROUP BY rule_id
