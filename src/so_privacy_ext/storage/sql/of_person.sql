-- Every row that bears a person's number, whichever epoch it is of; all of data.md's third column.

-- name: events
SELECT inbox_id, event_id, name, primary_key, event, body, received_at, attempts, decision_id, state, reason, closed_at
FROM inbox
WHERE tenant_id = %(tenant_id)s AND primary_key = %(person_id)s AND (name = 'none' OR name LIKE 'person.%%')
ORDER BY inbox_id

-- name: quarantine
SELECT quarantine_id, event_id, body, reason, received_at FROM quarantine
WHERE tenant_id = %(tenant_id)s AND encode(body, 'escape') ~* %(naming)s ORDER BY quarantine_id

-- name: decisions
SELECT decision_id, epoch, person_id, ruling, facts, inbox_ids, updated_count, address_id, consents_at, decided_at, finished_at,
  result
FROM decision WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY decision_id

-- name: consents_written
SELECT decision_id, epoch, person_id, purpose, basis, source, comment, updated_count_before, expires_at, intended_at, result,
  ended_at
FROM effect WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY decision_id, purpose

-- name: mails
SELECT mail_id, epoch, person_id, mail, version, address_hash, template_id, state, claimed_at, state_at FROM mail
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY mail_id

-- name: duties
SELECT duty_id, epoch, person_id, mail, article, due_at, reason, opened_at, closed_at, how FROM duty
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY duty_id

-- name: ends
SELECT epoch, person_id, purpose, basis, since, ends_at, renew_at, renewal, renewed_at, ended_at, how FROM consent_end
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY epoch, purpose

-- name: reviews
SELECT review_id, epoch, person_id, kind, subject, detail, opened_at, settled_at, settled_as FROM review
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY review_id

-- name: known_as
SELECT epoch, person_id, registered FROM known_person
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY epoch

-- name: runs
-- A comment of others that a run wrote over lies sealed, for the way back alone, and is not opened here.
SELECT run_id, person_id, state, reason, planned, before, mail, answer, ended_at FROM run_person
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY run_id

-- name: taken_back
SELECT epoch, person_id, purpose, manifest, basis, source, run_id, at FROM taken_back
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY epoch, purpose

-- name: last_of_a_rule
SELECT rule_id, digest, last_person_id, last_at FROM rule_use
WHERE tenant_id = %(tenant_id)s AND last_person_id = %(person_id)s ORDER BY rule_id, digest

-- name: swept
SELECT sweep_id, person_id FROM sweep_person
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY sweep_id

-- name: plugins_told
SELECT errand_id, consumer, kind, entity, content, made_at, state, closed_at FROM errand
WHERE tenant_id = %(tenant_id)s AND entity = 'person/' || %(person_id)s::text ORDER BY errand_id

-- name: erasures_owed
SELECT erasure_id, plugin, person_id, since, attempts, reason FROM erasure
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY erasure_id

-- name: journal
SELECT seq, epoch, person_id, at, kind, content FROM journal
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY seq
