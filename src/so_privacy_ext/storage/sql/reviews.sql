-- name: open
INSERT INTO review AS r (tenant_id, epoch, person_id, kind, subject, detail)
VALUES (%(tenant_id)s, %(epoch)s, %(person_id)s, %(kind)s, %(subject)s, %(detail)s::json)
ON CONFLICT (tenant_id, epoch, person_id, kind, subject) DO UPDATE
  SET detail = excluded.detail, opened_at = so_now(), settled_at = NULL, settled_as = NULL
  WHERE r.settled_as = 'decide-again' OR (r.settled_at IS NOT NULL
    AND (r.kind IN ('overwritten', 'flapping') OR (r.kind = 'failed' AND r.subject = '')))
RETURNING review_id

-- name: waits
SELECT FROM review
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND kind = %(kind)s
  AND subject = %(subject)s AND settled_at IS NULL

-- name: forbidden
SELECT subject FROM review
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND kind = %(kind)s
  AND settled_as IS DISTINCT FROM 'decide-again'

-- name: list
SELECT review_id, epoch, person_id, kind, subject, detail, opened_at, settled_at, settled_as FROM review
WHERE tenant_id = %(tenant_id)s AND (%(settled)s OR settled_at IS NULL)
  AND (%(person_id)s::bigint IS NULL OR person_id = %(person_id)s)
ORDER BY review_id
LIMIT %(limit)s

-- name: show
SELECT review_id, epoch, person_id, kind, subject, detail, opened_at, settled_at, settled_as FROM review
WHERE tenant_id = %(tenant_id)s AND review_id = %(review_id)s

-- name: settle
UPDATE review SET settled_at = so_now(), settled_as = %(settled_as)s
WHERE tenant_id = %(tenant_id)s AND review_id = %(review_id)s AND settled_at IS NULL
