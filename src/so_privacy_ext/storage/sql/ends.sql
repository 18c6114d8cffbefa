-- name: note
-- What has come to its end stays ended, unless it is something else by now, or was given anew.
INSERT INTO consent_end AS e (tenant_id, epoch, person_id, purpose, basis, since, ends_at, renew_at)
VALUES (%(tenant_id)s, %(epoch)s, %(person_id)s, %(purpose)s, %(basis)s, %(since)s, %(ends_at)s, %(renew_at)s)
ON CONFLICT (tenant_id, epoch, person_id, purpose) DO UPDATE SET
  basis = excluded.basis, since = excluded.since, ends_at = excluded.ends_at, renew_at = excluded.renew_at,
  renewal = CASE WHEN (e.basis, e.since) = (excluded.basis, excluded.since) THEN e.renewal END,
  renewed_at = CASE WHEN (e.basis, e.since) = (excluded.basis, excluded.since) THEN e.renewed_at END,
  ended_at = NULL, how = NULL
WHERE (e.basis, e.since, e.ends_at) <> (excluded.basis, excluded.since, excluded.ends_at)
    AND NOT (e.how IS NOT DISTINCT FROM 'expired' AND (e.basis, e.since) = (excluded.basis, excluded.since))
  OR e.how = 'moot' OR e.renew_at IS DISTINCT FROM excluded.renew_at AND e.ended_at IS NULL

-- name: due
SELECT person_id, purpose, basis, since, ends_at, renew_at, renewal FROM consent_end
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND ended_at IS NULL
  AND (ends_at <= %(at)s OR (renew_at <= %(at)s AND renewal IS NULL))
ORDER BY ends_at, person_id, purpose
LIMIT %(limit)s

-- name: next
SELECT min(least(ends_at, CASE WHEN renewal IS NULL THEN renew_at END)) AS at FROM consent_end
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND ended_at IS NULL

-- name: ended
UPDATE consent_end SET ended_at = %(at)s, how = %(how)s
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND purpose = %(purpose)s
  AND ended_at IS NULL

-- name: asked
UPDATE consent_end SET renewal = %(how)s, renewed_at = %(at)s
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND purpose = %(purpose)s
  AND ended_at IS NULL AND renewal IS NULL

-- name: of
SELECT person_id, purpose, basis, since, ends_at, renew_at, renewal FROM consent_end
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND how IS DISTINCT FROM 'moot'
ORDER BY purpose

-- name: over
SELECT FROM consent_end
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND purpose = %(purpose)s
  AND basis = %(basis)s AND (how = 'expired' OR ends_at <= %(at)s)

-- name: forget
DELETE FROM consent_end WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s
