-- Where a tenant's own systems are told of what was recorded. The address and what signs lie among the secrets, since
-- either may let somebody in; host: what is shown of the address. Messages are errands of `endpoint:<endpoint_id>`.

-- How often a tenant's endpoints were changed; 0 while it never had one, of whom nothing more need be read.
ALTER TABLE tenant ADD COLUMN endpoints integer NOT NULL DEFAULT 0;

CREATE TABLE endpoint (
  tenant_id integer NOT NULL REFERENCES tenant,
  endpoint_id bigint GENERATED ALWAYS AS IDENTITY,
  key uuid NOT NULL DEFAULT gen_random_uuid(),
  host text NOT NULL,
  description text NOT NULL,
  events text[] NOT NULL,
  who text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT so_now(),
  rotated_at timestamptz,
  off_at timestamptz,
  off_because text,
  trouble text,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  not_before timestamptz NOT NULL DEFAULT '-infinity',
  delivered bigint NOT NULL DEFAULT 0,
  delivered_at timestamptz,
  served_at timestamptz NOT NULL DEFAULT '-infinity',
  busy_until timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (tenant_id, endpoint_id)
);
ALTER TABLE endpoint ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON endpoint
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON endpoint TO so_privacy_app;

-- Across tenants: endpoints that have a message now, who waited longest first, so that a slow one holds up nobody.
CREATE FUNCTION due_endpoints(how_many integer, now_is timestamptz)
RETURNS TABLE (tenant_id integer, endpoint_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT e.tenant_id, e.endpoint_id
  FROM endpoint e JOIN tenant t ON t.tenant_id = e.tenant_id
  WHERE e.off_at IS NULL AND e.not_before <= now_is AND e.busy_until <= now_is
    AND t.removed_at IS NULL AND t.leaving_at IS NULL AND t.paused_at IS NULL
    AND EXISTS (
      SELECT FROM errand r
      WHERE r.tenant_id = e.tenant_id AND r.consumer = 'endpoint:' || e.endpoint_id AND r.state = 'open'
        AND r.due_at <= now_is
    )
  ORDER BY e.served_at, e.tenant_id, e.endpoint_id
  LIMIT how_many
$$;
REVOKE ALL ON FUNCTION due_endpoints(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION due_endpoints(integer, timestamptz) TO so_privacy_app;
