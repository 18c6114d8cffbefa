-- name: expect
SELECT sign_in_expect(%(state_hash)s, %(browser_hash)s, %(purpose)s, %(environment)s, %(leads_to)s, %(life)s)

-- name: take
SELECT purpose, environment, leads_to FROM sign_in_take(%(state_hash)s, %(browser_hash)s)

-- name: tidy
DELETE FROM web_session
WHERE tenant_id = %(tenant_id)s AND (seen_at <= so_now() - %(idle)s OR began_at <= so_now() - %(whole)s)

-- name: begin
INSERT INTO web_session (session_hash, tenant_id, associate_id) VALUES (%(session_hash)s, %(tenant_id)s, %(associate_id)s)

-- name: use
SELECT tenant_id, environment, context_identifier, associate_id, language
FROM web_session_use(%(session_hash)s, %(idle)s, %(whole)s)

-- name: speak
UPDATE web_session SET language = %(language)s WHERE tenant_id = %(tenant_id)s AND session_hash = %(session_hash)s

-- name: end
DELETE FROM web_session WHERE tenant_id = %(tenant_id)s AND session_hash = %(session_hash)s
