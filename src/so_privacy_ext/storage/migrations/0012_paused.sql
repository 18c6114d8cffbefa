-- A paused tenant owes what the law asks: that what is too old is taken away, and that a deleted tenant is noticed.
CREATE OR REPLACE FUNCTION due_tenants(how_many integer, until timestamptz, lock_space integer)
RETURNS TABLE (tenant_id integer, at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT t.tenant_id, r.at
  FROM tenant t
  CROSS JOIN LATERAL (
    SELECT CASE WHEN t.paused_at IS NULL THEN least(
      (SELECT i.not_before FROM inbox i WHERE i.tenant_id = t.tenant_id AND i.state = 'open'
        ORDER BY i.not_before LIMIT 1),
      (SELECT min(d.at) FROM due d WHERE d.tenant_id = t.tenant_id),
      (SELECT min(m.look_up_at) FROM mail m WHERE m.tenant_id = t.tenant_id AND m.epoch = t.epoch
        AND m.look_up_at IS NOT NULL),
      (SELECT min(u.look_up_at) FROM duty u WHERE u.tenant_id = t.tenant_id AND u.epoch = t.epoch
        AND u.look_up_at IS NOT NULL)
    ) ELSE (SELECT min(d.at) FROM due d WHERE d.tenant_id = t.tenant_id AND d.kind IN ('purge', 'state')) END AS at
  ) w
  LEFT JOIN environment_pause p ON p.environment = t.environment AND p.ended_at IS NULL
  CROSS JOIN LATERAL (
    SELECT greatest(p.probe_at, least(greatest(w.at, t.parked_until),
      (SELECT d.at FROM due d WHERE d.tenant_id = t.tenant_id AND d.kind = 'state'
        AND t.parked_reason IN ('tenant_state', 'misdirected')))) AS at
  ) r
  WHERE t.removed_at IS NULL AND t.leaving_at IS NULL
    AND w.at IS NOT NULL
    AND r.at <= until
    AND NOT EXISTS (
      SELECT FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.classid::bigint = lock_space AND l.objid::bigint = t.tenant_id
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
  ORDER BY greatest(w.at, t.turned_at), t.tenant_id
  LIMIT how_many
$$;
