-- A tenant's life: paused by its administrator, leaving, said to be deleted; and a subscription that watches the other.

ALTER TABLE tenant
  ADD COLUMN paused_at timestamptz,
  ADD COLUMN leaving_at timestamptz,
  ADD COLUMN deleted_seen_at timestamptz;

-- events: persons and lists. watch: what becomes of the webhook of the former, under a secret of its own.
ALTER TABLE subscription ADD COLUMN kind text NOT NULL DEFAULT 'events' CHECK (kind IN ('events', 'watch'));

DROP FUNCTION slot_lookup(text);
CREATE FUNCTION slot_lookup(wanted text)
RETURNS TABLE (tenant_id integer, context_identifier text, name text, key_id text, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT t.tenant_id, t.context_identifier, s.name, s.key_id, s.sealed
  FROM subscription u
  JOIN tenant t ON t.tenant_id = u.tenant_id AND t.removed_at IS NULL
  JOIN secret s ON s.tenant_id = u.tenant_id
    AND s.name = CASE u.kind WHEN 'watch' THEN 'webhook_watch' ELSE 'webhook' END
  WHERE u.slot = wanted
  ORDER BY s.secret_id DESC
$$;

-- As before; a tenant that is paused or leaving is in nobody's line.
CREATE OR REPLACE FUNCTION due_tenants(how_many integer, until timestamptz, lock_space integer)
RETURNS TABLE (tenant_id integer, at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT t.tenant_id, greatest(w.at, t.parked_until)
  FROM tenant t
  CROSS JOIN LATERAL (
    SELECT least(
      (SELECT i.not_before FROM inbox i WHERE i.tenant_id = t.tenant_id AND i.state = 'open'
        ORDER BY i.not_before LIMIT 1),
      (SELECT min(d.at) FROM due d WHERE d.tenant_id = t.tenant_id),
      (SELECT min(m.look_up_at) FROM mail m WHERE m.tenant_id = t.tenant_id AND m.epoch = t.epoch
        AND m.look_up_at IS NOT NULL),
      (SELECT min(u.look_up_at) FROM duty u WHERE u.tenant_id = t.tenant_id AND u.epoch = t.epoch
        AND u.look_up_at IS NOT NULL)
    ) AS at
  ) w
  WHERE t.removed_at IS NULL AND t.paused_at IS NULL AND t.leaving_at IS NULL
    AND w.at IS NOT NULL
    AND greatest(w.at, t.parked_until) <= until
    AND NOT EXISTS (
      SELECT FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.classid::bigint = lock_space AND l.objid::bigint = t.tenant_id
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
  ORDER BY greatest(w.at, t.turned_at), t.tenant_id
  LIMIT how_many
$$;

DROP FUNCTION tenant_list();
CREATE FUNCTION tenant_list()
RETURNS TABLE (
  tenant_id integer, environment text, context_identifier text, epoch integer, created_at timestamptz,
  removed_at timestamptz, paused_at timestamptz, leaving_at timestamptz, parked_until timestamptz,
  parked_reason text, open bigint, oldest timestamptz, dead bigint, quarantined bigint, reviews bigint, duties bigint
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT t.tenant_id, t.environment, t.context_identifier, t.epoch, t.created_at, t.removed_at,
    t.paused_at, t.leaving_at,
    CASE WHEN t.parked_until > so_now() THEN t.parked_until END,
    CASE WHEN t.parked_until > so_now() THEN t.parked_reason END,
    o.open, o.oldest,
    (SELECT count(*) FROM inbox i WHERE i.tenant_id = t.tenant_id AND i.state = 'dead'),
    (SELECT count(*) FROM quarantine q WHERE q.tenant_id = t.tenant_id),
    (SELECT count(*) FROM review r WHERE r.tenant_id = t.tenant_id AND r.settled_at IS NULL),
    (SELECT count(*) FROM duty u WHERE u.tenant_id = t.tenant_id AND u.closed_at IS NULL)
  FROM tenant t
  CROSS JOIN LATERAL (
    SELECT count(*) AS open, min(i.received_at) AS oldest
    FROM inbox i WHERE i.tenant_id = t.tenant_id AND i.state = 'open'
  ) o
  ORDER BY t.tenant_id
$$;

REVOKE ALL ON FUNCTION slot_lookup, tenant_list FROM PUBLIC;
GRANT EXECUTE ON FUNCTION slot_lookup, tenant_list TO so_privacy_app;
