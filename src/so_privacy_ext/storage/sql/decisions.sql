-- name: keep
WITH kept AS (
  INSERT INTO decision (tenant_id, epoch, person_id, ruling, facts, inbox_ids, updated_count, address_id,
    consents_at)
  VALUES (%(tenant_id)s, %(epoch)s, %(person_id)s, %(ruling)s::json, %(facts)s::json, %(inbox_ids)s::bigint[],
    %(updated_count)s, %(address_id)s, %(consents_at)s)
  RETURNING decision_id, person_id, ruling, facts, inbox_ids, decided_at
), known AS (
  INSERT INTO known_person (tenant_id, epoch, person_id, registered)
  SELECT %(tenant_id)s, %(epoch)s, %(person_id)s, %(registered)s WHERE %(registered)s::timestamptz IS NOT NULL
  ON CONFLICT (tenant_id, epoch, person_id) DO NOTHING
), bound AS (
  UPDATE inbox i SET decision_id = kept.decision_id FROM kept
  WHERE i.tenant_id = %(tenant_id)s AND i.inbox_id = ANY(kept.inbox_ids)
)
SELECT * FROM kept

-- name: keep_all
WITH given AS (
  SELECT * FROM json_to_recordset(%(given)s::json) AS g (person_id bigint, ruling json, facts json,
    updated_count integer, address_id bigint, consents_at timestamptz, registered timestamptz)
), known AS (
  INSERT INTO known_person (tenant_id, epoch, person_id, registered)
  SELECT %(tenant_id)s, %(epoch)s, person_id, registered FROM given
  ON CONFLICT (tenant_id, epoch, person_id) DO NOTHING
)
INSERT INTO decision (tenant_id, epoch, person_id, ruling, facts, inbox_ids, updated_count, address_id, consents_at)
SELECT %(tenant_id)s, %(epoch)s, person_id, ruling, facts, '{}'::bigint[], updated_count, address_id, consents_at
FROM given
RETURNING decision_id, person_id, decided_at

-- name: unfinished
SELECT decision_id, person_id, ruling, facts, inbox_ids, decided_at FROM decision
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND decision_id = ANY(%(decision_ids)s::bigint[])
  AND finished_at IS NULL
ORDER BY decision_id

-- name: finish
UPDATE decision SET finished_at = so_now(), result = %(result)s
WHERE tenant_id = %(tenant_id)s AND decision_id = %(decision_id)s AND finished_at IS NULL

-- name: intend
INSERT INTO effect (tenant_id, decision_id, purpose, epoch, person_id, basis, source, comment, updated_count_before,
  expires_at)
VALUES (%(tenant_id)s, %(decision_id)s, %(purpose)s, %(epoch)s, %(person_id)s, %(basis)s, %(source)s, %(comment)s,
  %(updated_count_before)s, %(expires_at)s)
ON CONFLICT (tenant_id, decision_id, purpose) DO UPDATE SET basis = excluded.basis, source = excluded.source,
  comment = excluded.comment, updated_count_before = excluded.updated_count_before, expires_at = excluded.expires_at,
  intended_at = so_now(), result = NULL, ended_at = NULL

-- name: intended
SELECT person_id, purpose, basis, source, comment, updated_count_before, expires_at FROM effect
WHERE tenant_id = %(tenant_id)s AND decision_id = %(decision_id)s AND result IS NULL
ORDER BY purpose

-- name: written
SELECT person_id, purpose, basis, source, comment, updated_count_before, expires_at FROM effect
WHERE tenant_id = %(tenant_id)s AND decision_id = %(decision_id)s
  AND (result IS NULL OR result IN ('written', 'overwritten_in_between'))
ORDER BY purpose

-- name: taken_back
SELECT FROM taken_back
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s AND purpose = %(purpose)s AND manifest = %(digest)s
  AND basis = %(basis)s AND source = %(source)s AND is_same_person(tenant_id, person_id, epoch, %(epoch)s)
LIMIT 1

-- name: effected
UPDATE effect SET result = %(result)s, ended_at = so_now()
WHERE tenant_id = %(tenant_id)s AND decision_id = %(decision_id)s AND purpose = %(purpose)s

-- name: ended
SELECT purpose, result FROM effect
WHERE tenant_id = %(tenant_id)s AND decision_id = %(decision_id)s AND result IS NOT NULL
ORDER BY purpose

-- name: writes_since
SELECT count(*) AS writes FROM effect
WHERE tenant_id = %(tenant_id)s AND epoch = %(epoch)s AND person_id = %(person_id)s AND purpose = %(purpose)s
  AND result IN ('written', 'overwritten_in_between', 'superseded')
  AND ended_at > so_now() - make_interval(secs => %(seconds)s)

-- name: quiet
SELECT p.person_id FROM unnest(%(person_ids)s::bigint[]) AS p (person_id)
WHERE NOT EXISTS (SELECT FROM review r WHERE r.tenant_id = %(tenant_id)s AND r.person_id = p.person_id)
  AND NOT EXISTS (
    SELECT FROM effect e WHERE e.tenant_id = %(tenant_id)s AND e.person_id = p.person_id
      AND (e.ended_at IS NULL OR e.ended_at > so_now() - make_interval(secs => %(seconds)s)))

-- name: reissued
SELECT k.person_id FROM known_person k
JOIN unnest(%(person_ids)s::bigint[], %(registered)s::timestamptz[]) AS r (person_id, registered)
  ON r.person_id = k.person_id
WHERE k.tenant_id = %(tenant_id)s AND k.epoch = %(epoch)s AND k.registered <> r.registered

-- name: withdrawn
SELECT json_array_elements_text(ruling -> 'withdrawn') AS purpose FROM (
  SELECT ruling FROM decision
  WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s
    AND is_same_person(tenant_id, person_id, epoch, %(epoch)s)
  ORDER BY decision_id DESC LIMIT 1
) last

-- name: first_written
SELECT min(ended_at) AS first FROM effect
WHERE tenant_id = %(tenant_id)s AND person_id = %(person_id)s AND purpose = %(purpose)s
  AND is_same_person(tenant_id, person_id, epoch, %(epoch)s) AND basis = %(basis)s AND result IN ('written', 'overwritten_in_between')
