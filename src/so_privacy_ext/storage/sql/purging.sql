-- name: events
-- Only what is done; its id and hash stay, so that no replay of it is ever taken for news.
UPDATE inbox SET body = NULL, event = '{}' WHERE tenant_id = %(tenant_id)s AND inbox_id IN (
  SELECT inbox_id FROM inbox
  WHERE tenant_id = %(tenant_id)s AND state = 'done' AND body IS NOT NULL AND closed_at < so_now() - %(period)s
  LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) AND state = 'done'

-- name: quarantine
DELETE FROM quarantine WHERE tenant_id = %(tenant_id)s AND quarantine_id IN (
  SELECT quarantine_id FROM quarantine
  WHERE tenant_id = %(tenant_id)s AND received_at < so_now() - %(period)s
  LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)

-- name: facts
UPDATE decision SET facts = '{}' WHERE tenant_id = %(tenant_id)s AND decision_id IN (
  SELECT decision_id FROM decision
  WHERE tenant_id = %(tenant_id)s AND finished_at < so_now() - %(period)s AND facts::text <> '{}'
  LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)

-- name: sessions
DELETE FROM web_session
WHERE tenant_id = %(tenant_id)s AND (seen_at <= so_now() - %(idle)s OR began_at <= so_now() - %(whole)s)

-- name: tenants
SELECT forget_tenants() AS forgotten

-- name: erase_events
UPDATE inbox SET body = NULL, event = '{}'
WHERE tenant_id = %(tenant_id)s AND primary_key = %(person_id)s AND name LIKE 'person.%%' AND state = 'done'

-- name: erase_facts
UPDATE decision SET facts = '{}'
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND finished_at IS NOT NULL

-- name: erase_quarantine
-- Whatever is wrong with such a body, it names her where the CRM would.
DELETE FROM quarantine
WHERE tenant_id = %(tenant_id)s AND encode(body, 'escape') ~* %(naming)s
