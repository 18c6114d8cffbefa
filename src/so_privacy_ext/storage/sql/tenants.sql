-- name: list
SELECT * FROM tenant_list()

-- name: summary
SELECT * FROM tenant_list() WHERE tenant_id = %(tenant_id)s AND removed_at IS NULL

-- name: new_id
SELECT nextval('tenant_tenant_id_seq') AS tenant_id

-- name: add
INSERT INTO tenant (tenant_id, environment, context_identifier)
VALUES (%(tenant_id)s, %(environment)s, %(context_identifier)s)
ON CONFLICT DO NOTHING

-- name: revive
UPDATE tenant SET removed_at = NULL, parked_until = NULL, parked_reason = NULL, paused_at = NULL, leaving_at = NULL,
  deleted_seen_at = NULL, evidence_until = NULL
WHERE tenant_id = %(tenant_id)s AND removed_at IS NOT NULL

-- name: remove
UPDATE tenant SET removed_at = so_now(), evidence_until = so_now() + interval '3 years'
WHERE tenant_id = %(tenant_id)s

-- name: pause
UPDATE tenant SET paused_at = so_now() WHERE tenant_id = %(tenant_id)s AND paused_at IS NULL

-- name: resume
UPDATE tenant SET paused_at = NULL WHERE tenant_id = %(tenant_id)s AND paused_at IS NOT NULL

-- name: mass
UPDATE tenant SET mass_writes = %(allowed)s WHERE tenant_id = %(tenant_id)s AND mass_writes <> %(allowed)s

-- name: leave
UPDATE tenant SET leaving_at = so_now() WHERE tenant_id = %(tenant_id)s AND leaving_at IS NULL

-- name: wake
SELECT pg_notify('so_privacy_work', %(tenant_id)s::text)

-- name: has_evidence
SELECT true AS found
WHERE EXISTS (SELECT FROM journal WHERE tenant_id = %(tenant_id)s)
  OR EXISTS (SELECT FROM decision WHERE tenant_id = %(tenant_id)s)
  OR EXISTS (SELECT FROM mail WHERE tenant_id = %(tenant_id)s)
  OR EXISTS (SELECT FROM duty WHERE tenant_id = %(tenant_id)s)
  OR EXISTS (SELECT FROM provisioned WHERE tenant_id = %(tenant_id)s)

-- name: subscribe
INSERT INTO subscription (tenant_id, slot, kind) VALUES (%(tenant_id)s, %(slot)s, %(kind)s)

-- name: subscriptions
SELECT slot, kind, webhook_id, created_at FROM subscription
WHERE tenant_id = %(tenant_id)s AND retired_at IS NULL ORDER BY created_at

-- name: registered
UPDATE subscription SET webhook_id = %(webhook_id)s WHERE tenant_id = %(tenant_id)s AND slot = %(slot)s

-- name: own_associate
UPDATE tenant SET own_associate_id = coalesce(%(own_associate_id)s, own_associate_id) WHERE tenant_id = %(tenant_id)s

-- name: secrets
SELECT key_id, sealed FROM secret WHERE tenant_id = %(tenant_id)s AND name = %(name)s ORDER BY secret_id DESC

-- name: drop_secret
DELETE FROM secret WHERE tenant_id = %(tenant_id)s AND name = %(name)s

-- name: drop_older_secrets
DELETE FROM secret s WHERE s.tenant_id = %(tenant_id)s AND s.name = %(name)s
  AND s.secret_id < (SELECT max(n.secret_id) FROM secret n WHERE n.tenant_id = %(tenant_id)s AND n.name = %(name)s)

-- name: put_secret
INSERT INTO secret (tenant_id, name, key_id, sealed) VALUES (%(tenant_id)s, %(name)s, %(key_id)s, %(sealed)s)

-- name: wipe_secrets
-- But for the settings of plugins that still owe to have erased what they hold, who are asked by them.
DELETE FROM secret WHERE tenant_id = %(tenant_id)s AND name <> %(kept)s AND name NOT IN (
  SELECT 'plugin/' || plugin FROM erasure WHERE tenant_id = %(tenant_id)s
)

-- name: wipe_all_secrets
DELETE FROM secret WHERE tenant_id = %(tenant_id)s

-- name: wipe_subscription
DELETE FROM subscription WHERE tenant_id = %(tenant_id)s

-- name: wipe_inbox
DELETE FROM inbox WHERE tenant_id = %(tenant_id)s

-- name: wipe_quarantine
DELETE FROM quarantine WHERE tenant_id = %(tenant_id)s

-- name: wipe_due
DELETE FROM due WHERE tenant_id = %(tenant_id)s

-- name: wipe_pace
DELETE FROM pace WHERE tenant_id = %(tenant_id)s

-- name: wipe_web_session
DELETE FROM web_session WHERE tenant_id = %(tenant_id)s

-- name: wipe_finding
DELETE FROM finding WHERE tenant_id = %(tenant_id)s

-- name: wipe_sweep_person
DELETE FROM sweep_person WHERE tenant_id = %(tenant_id)s

-- name: wipe_sweep
DELETE FROM sweep WHERE tenant_id = %(tenant_id)s

-- name: lose_mails
UPDATE tenant SET mails_lost_from = least(mails_lost_from, %(since)s), mails_lost_to = so_now()
WHERE tenant_id = %(tenant_id)s

-- name: stop_runs
UPDATE run SET state = 'stopped', reason = 'database_restored', not_before = NULL, ended_at = so_now()
WHERE tenant_id = %(tenant_id)s AND state IN ('running', 'waiting')

-- name: wipe_taken_back
DELETE FROM taken_back WHERE tenant_id = %(tenant_id)s

-- name: wipe_before
UPDATE run_person SET before = '{}', planned = '{}' WHERE tenant_id = %(tenant_id)s

-- name: wipe_run
DELETE FROM run WHERE tenant_id = %(tenant_id)s

-- name: wipe_proposal
DELETE FROM proposal WHERE tenant_id = %(tenant_id)s

-- name: wipe_plugin_in_use
-- What a plugin said of itself stays beside the manifests that are read by it.
UPDATE plugin SET enabled_at = NULL, trouble = '{}' WHERE tenant_id = %(tenant_id)s

-- name: wipe_errand
DELETE FROM errand WHERE tenant_id = %(tenant_id)s

-- name: wipe_known_lists
DELETE FROM known_lists WHERE tenant_id = %(tenant_id)s

-- name: wipe_plugin
DELETE FROM plugin WHERE tenant_id = %(tenant_id)s

-- name: wipe_endpoint
DELETE FROM endpoint WHERE tenant_id = %(tenant_id)s

-- name: wipe_manifest
DELETE FROM manifest WHERE tenant_id = %(tenant_id)s

-- name: wipe_review
DELETE FROM review WHERE tenant_id = %(tenant_id)s

-- name: wipe_known_person
DELETE FROM known_person WHERE tenant_id = %(tenant_id)s

-- name: wipe_tenant
DELETE FROM tenant WHERE tenant_id = %(tenant_id)s
