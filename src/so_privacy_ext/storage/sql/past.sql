-- name: decided_since
SELECT decision_id, person_id, ruling, facts, inbox_ids, decided_at FROM decision
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND decided_at >= %(since)s AND decision_id > %(after)s
ORDER BY decision_id LIMIT %(limit)s
