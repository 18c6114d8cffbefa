-- Before the new code: which tenants let a run write many consents in one call, and consents that come to an end.

ALTER TABLE tenant ADD COLUMN mass_writes boolean NOT NULL DEFAULT false;

-- When what stands of a person comes to its end, as of the last time that somebody looked at her. how: expired, moot
-- (something else stands). renewal: what came of asking her to renew. What is here of hers is her number and dates.
CREATE TABLE consent_end (
  tenant_id integer NOT NULL REFERENCES tenant,
  epoch integer NOT NULL,
  person_id bigint NOT NULL,
  purpose text NOT NULL,
  basis text NOT NULL,
  since timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  renew_at timestamptz,
  renewal text,
  renewed_at timestamptz,
  ended_at timestamptz,
  how text CHECK (how IN ('expired', 'moot')),
  PRIMARY KEY (tenant_id, epoch, person_id, purpose)
);
CREATE INDEX consent_end_due ON consent_end (tenant_id, epoch, ends_at) WHERE ended_at IS NULL;
CREATE INDEX consent_end_renew ON consent_end (tenant_id, epoch, renew_at)
  WHERE ended_at IS NULL AND renewal IS NULL AND renew_at IS NOT NULL;

ALTER TABLE consent_end ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON consent_end
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON consent_end TO so_privacy_app;
