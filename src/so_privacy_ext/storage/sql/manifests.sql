-- name: active
SELECT content, digest FROM manifest WHERE tenant_id = %(tenant_id)s AND active_to IS NULL

-- name: by_digest
SELECT content FROM manifest WHERE tenant_id = %(tenant_id)s AND digest = %(digest)s LIMIT 1

-- name: list
SELECT manifest_id, digest, who, active_from, active_to, reason, approved_by FROM manifest
WHERE tenant_id = %(tenant_id)s ORDER BY manifest_id DESC

-- name: shown
SELECT manifest_id, digest, who, active_from, active_to, reason, approved_by, content, (
  SELECT before.content FROM manifest before
  WHERE before.tenant_id = %(tenant_id)s AND before.manifest_id < m.manifest_id
  ORDER BY before.manifest_id DESC LIMIT 1
) AS before
FROM manifest m WHERE m.tenant_id = %(tenant_id)s AND m.manifest_id = %(manifest_id)s

-- name: end
UPDATE manifest SET active_to = so_now() WHERE tenant_id = %(tenant_id)s AND active_to IS NULL

-- name: begin
INSERT INTO manifest (tenant_id, digest, content, who, reason, approved_by)
VALUES (%(tenant_id)s, %(digest)s, %(content)s, %(who)s, %(reason)s, %(approved_by)s)

-- name: tell_from
UPDATE tenant SET tell_from = coalesce(%(tell_from)s::timestamptz, tell_from, so_now()) WHERE tenant_id = %(tenant_id)s

-- name: move_mails
-- A claim stays where another holds its key under the new name: it keeps either from being sent again.
UPDATE mail m SET mail = %(new)s
WHERE m.tenant_id = %(tenant_id)s AND m.mail = %(old)s AND (m.state = 'not_sent' OR NOT EXISTS (
  SELECT FROM mail o
  WHERE o.tenant_id = m.tenant_id AND o.mail = %(new)s AND o.version = m.version AND o.state <> 'not_sent'
    AND (o.address_hash = m.address_hash OR (o.epoch = m.epoch AND o.person_id = m.person_id))))

-- name: move_duties
UPDATE duty d SET mail = %(new)s
WHERE d.tenant_id = %(tenant_id)s AND d.mail = %(old)s AND NOT EXISTS (
  SELECT FROM duty o
  WHERE o.tenant_id = d.tenant_id AND o.epoch = d.epoch AND o.person_id = d.person_id AND o.mail = %(new)s)

-- name: move_reviews_of_mails
UPDATE review r SET subject = %(new)s
WHERE r.tenant_id = %(tenant_id)s AND r.kind IN ('template', 'failed') AND r.subject = %(old)s AND NOT EXISTS (
  SELECT FROM review o
  WHERE o.tenant_id = r.tenant_id AND o.epoch = r.epoch AND o.person_id = r.person_id AND o.kind = r.kind
    AND o.subject = %(new)s)

-- name: move_effects
UPDATE effect e SET purpose = %(new)s
WHERE e.tenant_id = %(tenant_id)s AND e.purpose = %(old)s AND NOT EXISTS (
  SELECT FROM effect o
  WHERE o.tenant_id = e.tenant_id AND o.decision_id = e.decision_id AND o.purpose = %(new)s)

-- name: move_ends
UPDATE consent_end e SET purpose = %(new)s
WHERE e.tenant_id = %(tenant_id)s AND e.purpose = %(old)s AND NOT EXISTS (
  SELECT FROM consent_end o
  WHERE o.tenant_id = e.tenant_id AND o.epoch = e.epoch AND o.person_id = e.person_id AND o.purpose = %(new)s)

-- name: move_reviews_of_purposes
UPDATE review r SET subject = %(new)s
WHERE r.tenant_id = %(tenant_id)s AND r.kind NOT IN ('mail', 'template') AND r.subject = %(old)s AND NOT EXISTS (
  SELECT FROM review o
  WHERE o.tenant_id = r.tenant_id AND o.epoch = r.epoch AND o.person_id = r.person_id AND o.kind = r.kind
    AND o.subject = %(new)s)

-- name: move_sources
UPDATE effect SET source = %(new)s WHERE tenant_id = %(tenant_id)s AND source = %(old)s
