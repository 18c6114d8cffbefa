-- name: events
SELECT inbox_id, event_id, name, primary_key, received_at, not_before, attempts, decision_id, state, reason, closed_at
FROM inbox
WHERE tenant_id = %(tenant_id)s AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(person_id)s::bigint IS NULL OR (primary_key = %(person_id)s AND (name = 'none' OR name LIKE 'person.%%')))
ORDER BY inbox_id DESC
LIMIT %(limit)s

-- name: event
SELECT inbox_id, event_id, name, primary_key, received_at, not_before, attempts, decision_id, state, reason, closed_at,
  event, body
FROM inbox WHERE tenant_id = %(tenant_id)s AND inbox_id = %(inbox_id)s

-- name: redrive
-- A decision that a newer one about the same person has overtaken is not carried out any more.
WITH unfinished AS (
  SELECT d.decision_id FROM decision d
  JOIN tenant t ON t.tenant_id = d.tenant_id AND t.epoch = d.epoch
  JOIN inbox i ON i.tenant_id = d.tenant_id AND i.decision_id = d.decision_id
  WHERE d.tenant_id = %(tenant_id)s AND d.finished_at IS NULL AND i.inbox_id = ANY(%(inbox_ids)s::bigint[])
    AND NOT EXISTS (
      SELECT FROM decision newer WHERE newer.tenant_id = d.tenant_id AND newer.epoch = d.epoch
        AND newer.person_id = d.person_id AND newer.decision_id > d.decision_id
    )
)
UPDATE inbox i SET state = 'open', attempts = 0, not_before = so_now(), reason = 'redriven', closed_at = NULL,
  decision_id = CASE WHEN i.decision_id IN (SELECT decision_id FROM unfinished) THEN i.decision_id END
WHERE i.tenant_id = %(tenant_id)s AND i.state <> 'open'
  AND (i.inbox_id = ANY(%(inbox_ids)s::bigint[])
    OR (i.state = 'dead' AND i.decision_id IN (SELECT decision_id FROM unfinished)))
RETURNING i.inbox_id

-- name: quarantine
SELECT quarantine_id, event_id, reason, received_at, length(body) AS size, body_sha256 FROM quarantine
WHERE tenant_id = %(tenant_id)s ORDER BY quarantine_id DESC LIMIT %(limit)s

-- name: quarantined
SELECT quarantine_id, event_id, reason, received_at, length(body) AS size, body_sha256, body FROM quarantine
WHERE tenant_id = %(tenant_id)s AND quarantine_id = %(quarantine_id)s

-- name: decisions_of
SELECT decision_id, person_id, ruling, facts, inbox_ids, decided_at, finished_at, result FROM decision
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s
ORDER BY decision_id DESC LIMIT %(limit)s

-- name: effects_of
SELECT decision_id, purpose, basis, source, expires_at, intended_at, result, ended_at FROM effect
WHERE tenant_id = %(tenant_id)s AND decision_id = ANY(%(decision_ids)s::bigint[])
ORDER BY decision_id, purpose

-- name: mails_of
-- why: what its channel said, or was seen of it, when it failed last, for one that was not sent and may not have been.
SELECT m.mail_id, m.epoch, m.mail, m.version, m.channel, m.state, m.claimed_at, m.state_at, CASE
    WHEN m.state IN ('held', 'unknown') THEN (
      SELECT j.content ->> 'fault' || coalesce(': ' || nullif(j.content ->> 'why', ''), '') FROM journal j
      WHERE j.tenant_id = %(tenant_id)s AND j.person_id = m.person_id AND j.kind IN ('mail_held', 'mail_unknown')
        AND j.epoch = m.epoch AND (j.content ->> 'mail_id')::bigint = m.mail_id
      ORDER BY j.seq DESC LIMIT 1
    )
  END AS why
FROM mail m
WHERE m.tenant_id = %(tenant_id)s AND m.person_id = %(person_id)s
ORDER BY m.mail_id

-- name: duties_of
SELECT epoch, mail, article, due_at, reason, opened_at, closed_at, how FROM duty
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s
ORDER BY duty_id

-- name: open_duties
SELECT person_id, mail, article, due_at, reason, opened_at FROM duty
WHERE tenant_id = %(tenant_id)s AND closed_at IS NULL
ORDER BY due_at, duty_id LIMIT %(limit)s

-- name: informed
SELECT person_id FROM mail WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND state = 'sent'
UNION
SELECT person_id FROM duty
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND how IN ('sent', 'activity')

-- name: heard_of
-- All that bears on what becomes of a person, whoever had her number; by the keys of each table.
SELECT person_id, NULL::text AS address_hash FROM review
WHERE tenant_id = %(tenant_id)s AND epoch = ANY(%(epochs)s::integer[]) AND person_id = ANY(%(persons)s::bigint[])
UNION
SELECT person_id, NULL FROM effect
WHERE tenant_id = %(tenant_id)s AND epoch = ANY(%(epochs)s::integer[]) AND person_id = ANY(%(persons)s::bigint[])
UNION
SELECT person_id, NULL FROM mail
WHERE tenant_id = %(tenant_id)s AND epoch = ANY(%(epochs)s::integer[]) AND person_id = ANY(%(persons)s::bigint[])
  AND state <> 'not_sent'
UNION
SELECT person_id, NULL FROM duty
WHERE tenant_id = %(tenant_id)s AND epoch = ANY(%(epochs)s::integer[]) AND person_id = ANY(%(persons)s::bigint[])
UNION
SELECT person_id, NULL FROM taken_back
WHERE tenant_id = %(tenant_id)s AND epoch = ANY(%(epochs)s::integer[]) AND person_id = ANY(%(persons)s::bigint[])
UNION
SELECT person_id, NULL FROM consent_end
WHERE tenant_id = %(tenant_id)s AND epoch = ANY(%(epochs)s::integer[]) AND person_id = ANY(%(persons)s::bigint[])
UNION
SELECT NULL, address_hash FROM mail
WHERE tenant_id = %(tenant_id)s AND epoch = ANY(%(epochs)s::integer[]) AND address_hash = ANY(%(addresses)s::text[])
  AND state <> 'not_sent'
