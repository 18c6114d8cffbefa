-- name: told
-- Without retell any mail that holds counts, the CRM's own included; with it only the same mail in the same version.
-- An address counts in every epoch, a number only where it was the same person.
SELECT true AS told FROM mail
WHERE tenant_id = %(tenant_id)s AND state <> 'not_sent'
  AND (address_hash = %(address_hash)s::text
    OR (person_id = %(person_id)s AND is_same_person(tenant_id, person_id, epoch, %(epoch)s)))
  AND (NOT %(retell)s OR (mail = %(mail)s AND version = %(version)s))
UNION ALL
SELECT true FROM duty
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s AND how = 'activity'
  AND is_same_person(tenant_id, person_id, epoch, %(epoch)s) AND NOT %(retell)s
LIMIT 1

-- name: claim
-- The two unique keys are the wall behind `told`. Should the turn die before it notes how the call ended,
-- the claim is looked up when the longest call is surely over.
INSERT INTO mail (tenant_id, epoch, person_id, mail, version, address_hash, template_id, channel, look_up_at)
VALUES (%(tenant_id)s, %(epoch)s, %(person_id)s, %(mail)s, %(version)s, %(address_hash)s, %(template_id)s,
  %(channel)s, so_now() + interval '60 s')
ON CONFLICT DO NOTHING
RETURNING mail_id, person_id, mail, version, address_hash, template_id, state, claimed_at,
  so_now() - claimed_at AS age, channel

-- name: claims_of
SELECT mail_id, person_id, mail, version, address_hash, template_id, state, claimed_at,
  so_now() - claimed_at AS age, channel
FROM mail
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND state <> 'not_sent'
ORDER BY mail_id

-- name: set_state
-- An asked or unknown claim must be looked up one day; one in any other state must not.
UPDATE mail SET state = %(state)s, state_at = so_now(), look_up_at = CASE
  WHEN %(state)s IN ('claimed', 'unknown') THEN coalesce(look_up_at, so_now() + interval '60 s') END
WHERE tenant_id = %(tenant_id)s AND mail_id = %(mail_id)s
RETURNING person_id, mail

-- name: go_by
UPDATE mail SET template_id = %(template_id)s, channel = %(channel)s
WHERE tenant_id = %(tenant_id)s AND mail_id = %(mail_id)s AND state = 'held'

-- name: settle_review
UPDATE review SET settled_at = so_now(), settled_as = 'found'
WHERE tenant_id = %(tenant_id)s AND kind = 'mail' AND subject = %(mail_id)s AND settled_at IS NULL

-- name: look_up_later
UPDATE mail SET look_up_at = so_now() + make_interval(secs => %(seconds)s)
WHERE tenant_id = %(tenant_id)s AND mail_id = %(mail_id)s AND state IN ('claimed', 'unknown')

-- name: leave_to_human
UPDATE mail SET look_up_at = NULL, state = 'unknown', state_at = so_now()
WHERE tenant_id = %(tenant_id)s AND mail_id = %(mail_id)s AND state IN ('claimed', 'unknown')

-- name: forsaken
UPDATE mail SET state = 'unknown', state_at = so_now()
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND state = 'claimed' AND look_up_at <= so_now()

-- name: due_look_ups
SELECT mail_id, person_id, mail, version, address_hash, template_id, state, claimed_at,
  so_now() - claimed_at AS age, channel
FROM mail
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND state = 'unknown' AND look_up_at <= so_now()
ORDER BY look_up_at, mail_id
