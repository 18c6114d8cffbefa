-- name: demanded
SELECT two_pairs FROM tenant WHERE tenant_id = %(tenant_id)s

-- name: demand
UPDATE tenant SET two_pairs = %(demanded)s WHERE tenant_id = %(tenant_id)s AND two_pairs <> %(demanded)s

-- name: keep
INSERT INTO proposal (tenant_id, kind, subject, content, tell_from, reason, ground, who)
VALUES (%(tenant_id)s, %(kind)s, %(subject)s, %(content)s, %(tell_from)s, %(reason)s, %(ground)s, %(who)s)
RETURNING proposal_id

-- name: listed
SELECT proposal_id, kind, subject, tell_from, reason, ground, who, proposed_at, settled_at, settled_as, settled_by
FROM proposal WHERE tenant_id = %(tenant_id)s
ORDER BY settled_at IS NOT NULL, proposal_id DESC LIMIT %(limit)s

-- name: shown
SELECT proposal_id, kind, subject, tell_from, reason, ground, who, proposed_at, settled_at, settled_as, settled_by,
  content
FROM proposal WHERE tenant_id = %(tenant_id)s AND proposal_id = %(proposal_id)s

-- name: waiting
SELECT count(*) AS waiting FROM proposal WHERE tenant_id = %(tenant_id)s AND settled_at IS NULL

-- name: agreed_to
SELECT EXISTS (
  SELECT FROM proposal WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s AND subject = %(subject)s
    AND settled_as = 'approved' AND done_at IS NULL
) AS agreed

-- name: done
UPDATE proposal SET done_at = so_now()
WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s AND subject = %(subject)s AND settled_as = 'approved'
  AND done_at IS NULL

-- name: opened
SELECT proposal_id FROM proposal
WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s AND subject = %(subject)s AND settled_at IS NULL

-- name: settle
UPDATE proposal SET settled_at = so_now(), settled_as = %(settled_as)s, settled_by = %(settled_by)s
WHERE tenant_id = %(tenant_id)s AND proposal_id = %(proposal_id)s AND settled_at IS NULL

-- name: settle_kind
UPDATE proposal SET settled_at = so_now(), settled_as = %(settled_as)s, settled_by = %(settled_by)s
WHERE tenant_id = %(tenant_id)s AND kind = %(kind)s AND settled_at IS NULL
