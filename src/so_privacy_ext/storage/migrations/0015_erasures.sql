-- What plugins hold of a tenant's persons elsewhere, and what they owe until they say that it is erased.

-- Whether it may hold anything: from when it is on until it has erased all of the tenant's, on or off.
ALTER TABLE plugin ADD COLUMN holds boolean NOT NULL DEFAULT false;

-- One row until it is answered; person_id is null where all of the tenant's is to be erased. It outlives the
-- tenant's removal and whatever is purged of a person, of whom it has the number alone.
CREATE TABLE erasure (
  erasure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id integer NOT NULL REFERENCES tenant,
  plugin text NOT NULL,
  person_id bigint,
  since timestamptz NOT NULL DEFAULT so_now(),
  not_before timestamptz NOT NULL DEFAULT so_now(),
  attempts integer NOT NULL DEFAULT 0,
  reason text
);
CREATE UNIQUE INDEX erasure_owed ON erasure (tenant_id, plugin, coalesce(person_id, 0));
CREATE INDEX erasure_due ON erasure (tenant_id, not_before);

ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON erasure
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON erasure TO so_privacy_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA so_privacy TO so_privacy_app;

-- What is owed to tenants that were removed, whose turn is nobody's; no person's number leaves it.
CREATE FUNCTION removed_erasures()
RETURNS TABLE (
  erasure_id bigint, tenant_id integer, environment text, context_identifier text, plugin text, since timestamptz,
  not_before timestamptz, attempts integer, reason text, is_due boolean
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT e.erasure_id, e.tenant_id, t.environment, t.context_identifier, e.plugin, e.since, e.not_before, e.attempts,
    e.reason, e.not_before <= so_now()
  FROM erasure e JOIN tenant t ON t.tenant_id = e.tenant_id
  WHERE t.removed_at IS NOT NULL AND e.person_id IS NULL
  ORDER BY e.since, e.erasure_id
$$;
REVOKE ALL ON FUNCTION removed_erasures FROM PUBLIC;
GRANT EXECUTE ON FUNCTION removed_erasures TO so_privacy_app;
