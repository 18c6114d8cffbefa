-- Work that each tenant owes again and again.

-- A tenant that owes nothing is in nobody's line, so this crosses tenants. Spread, so that not all owe it at once.
CREATE FUNCTION due_begin(kinds text[], within float8[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  INSERT INTO due (tenant_id, kind, at)
  SELECT t.tenant_id, k.kind, so_now() + random() * make_interval(secs => k.within)
  FROM tenant t CROSS JOIN unnest(kinds, within) AS k (kind, within)
  WHERE t.removed_at IS NULL
  ON CONFLICT (tenant_id, kind) DO NOTHING
$$;
REVOKE ALL ON FUNCTION due_begin FROM PUBLIC;
GRANT EXECUTE ON FUNCTION due_begin TO so_privacy_app;
