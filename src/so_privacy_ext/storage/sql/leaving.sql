-- name: abandon
UPDATE decision SET finished_at = so_now(), result = 'abandoned'
WHERE tenant_id = %(tenant_id)s AND finished_at IS NULL

-- name: abandon_runs
UPDATE run SET state = 'stopped', reason = 'uninstalled', not_before = NULL, look_at = NULL, ended_at = so_now()
WHERE tenant_id = %(tenant_id)s AND state IN ('planned', 'running', 'waiting', 'stopped')

-- name: until
SELECT evidence_until FROM tenant WHERE tenant_id = %(tenant_id)s

-- name: evidence
SELECT name, rows FROM (
  SELECT 'decisions' AS name, count(*) AS rows FROM decision WHERE tenant_id = %(tenant_id)s
  UNION ALL SELECT 'mails', count(*) FROM mail WHERE tenant_id = %(tenant_id)s
  UNION ALL SELECT 'duties', count(*) FROM duty WHERE tenant_id = %(tenant_id)s
  UNION ALL SELECT 'reviews', count(*) FROM review WHERE tenant_id = %(tenant_id)s
  UNION ALL SELECT 'manifests', count(*) FROM manifest WHERE tenant_id = %(tenant_id)s
  UNION ALL SELECT 'runs', count(*) FROM run WHERE tenant_id = %(tenant_id)s
  UNION ALL SELECT 'journal', count(*) FROM journal WHERE tenant_id = %(tenant_id)s
) counted
WHERE rows > 0
