-- name: head
-- The head's row is the lock under which entries follow each other.
WITH begun AS (
  INSERT INTO journal_head AS h (tenant_id, seq, hash) VALUES (%(tenant_id)s, 0, %(genesis)s)
  ON CONFLICT (tenant_id) DO NOTHING RETURNING h.seq, h.hash
), standing AS (
  SELECT h.seq, h.hash FROM journal_head h WHERE h.tenant_id = %(tenant_id)s FOR UPDATE
)
SELECT seq, hash, so_now() AS at FROM standing
UNION ALL SELECT seq, hash, so_now() FROM begun

-- name: append
INSERT INTO journal (tenant_id, seq, epoch, at, kind, person_id, content, previous, hash)
VALUES (%(tenant_id)s, %(seq)s, %(epoch)s, %(at)s, %(kind)s, %(person_id)s, %(content)s::json, %(previous)s, %(hash)s)

-- name: of_person
SELECT seq, epoch, at, kind, person_id, content FROM journal
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s ORDER BY seq

-- name: latest
SELECT seq, epoch, at, kind, person_id, content FROM journal
WHERE tenant_id = %(tenant_id)s ORDER BY seq DESC LIMIT %(limit)s

-- name: whole
SELECT j.seq, j.epoch, j.at, j.kind, j.person_id, j.content, j.hash, h.hash AS head
FROM (SELECT * FROM journal_head WHERE tenant_id = %(tenant_id)s) h
FULL JOIN (SELECT * FROM journal WHERE tenant_id = %(tenant_id)s) j USING (tenant_id)
ORDER BY j.seq
