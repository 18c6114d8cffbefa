-- name: open
-- A second opening changes nothing, unless it is the first that knows what to look up. What was closed because
-- the person was gone, or by an earlier version of the mail, is owed again; what the CRM has done stays done.
INSERT INTO duty AS d (tenant_id, epoch, person_id, mail, article, due_at, reason, template_id, since, look_up_from,
  look_up_at)
VALUES (%(tenant_id)s, %(epoch)s, %(person_id)s, %(mail)s, %(article)s, %(due_at)s, %(reason)s, %(template_id)s,
  %(since)s,
  CASE WHEN %(template_id)s::integer IS NOT NULL AND %(since)s::timestamptz IS NOT NULL THEN so_now() END,
  CASE WHEN %(template_id)s::integer IS NOT NULL AND %(since)s::timestamptz IS NOT NULL THEN so_now() END)
ON CONFLICT (tenant_id, epoch, person_id, mail) DO UPDATE SET reason = excluded.reason,
  template_id = excluded.template_id, since = excluded.since, look_up_from = excluded.look_up_from,
  look_up_at = excluded.look_up_at, looked_up = 0, closed_at = NULL, how = NULL,
  opened_at = CASE WHEN d.closed_at IS NULL THEN d.opened_at ELSE excluded.opened_at END
WHERE (d.closed_at IS NULL AND d.look_up_from IS NULL AND excluded.look_up_from IS NOT NULL)
  OR d.how IN ('gone', 'sent')

-- name: awaits_crm_mail
SELECT FROM duty
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND look_up_at IS NOT NULL
LIMIT 1

-- name: close
UPDATE duty SET closed_at = so_now(), how = %(how)s, look_up_at = NULL
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND mail = %(mail)s
  AND closed_at IS NULL

-- name: close_all
UPDATE duty SET closed_at = so_now(), how = %(how)s, look_up_at = NULL
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND closed_at IS NULL

-- name: due_look_ups
SELECT duty_id, person_id, mail, template_id, since FROM duty
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND look_up_at <= so_now()
ORDER BY look_up_at, duty_id

-- name: looked_up
UPDATE duty SET looked_up = looked_up + 1,
  look_up_at = CASE looked_up WHEN 0 THEN look_up_from + interval '2 min' WHEN 1 THEN look_up_from + interval '10 min' END
WHERE tenant_id = %(tenant_id)s AND duty_id = %(duty_id)s AND closed_at IS NULL
