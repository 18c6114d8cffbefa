-- name: show
INSERT INTO finding AS f (tenant_id, what, subject, detail)
VALUES (%(tenant_id)s, %(what)s, %(subject)s, %(detail)s::json)
ON CONFLICT (tenant_id, what, subject) DO UPDATE SET detail = excluded.detail
  WHERE f.detail::jsonb <> excluded.detail::jsonb
RETURNING true AS new

-- name: settle
DELETE FROM finding
WHERE tenant_id = %(tenant_id)s AND subject = %(subject)s AND what <> ALL (%(but)s::text[])
  AND what = ANY (%(among)s::text[])

-- name: list
SELECT what, subject, detail, since FROM finding WHERE tenant_id = %(tenant_id)s ORDER BY since, what, subject
