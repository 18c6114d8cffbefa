-- What we created in a tenant's CRM, so that an uninstallation takes away that and nothing else.

-- Intended (without an id) before the CRM is asked, so that what a killed installation has created is known as ours.
-- What was taken away again is kept: its key is taken in the CRM, and the same item comes back with the tenant.
CREATE TABLE provisioned (
  tenant_id integer NOT NULL REFERENCES tenant,
  kind text NOT NULL CHECK (kind IN ('source', 'purpose')),
  key text NOT NULL,
  item_id integer,
  intended_at timestamptz NOT NULL DEFAULT so_now(),
  created_at timestamptz,
  removed_at timestamptz,
  PRIMARY KEY (tenant_id, kind, key)
);
ALTER TABLE provisioned ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON provisioned
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON provisioned TO so_privacy_app;

-- Until when the evidence of a tenant that is removed is kept.
ALTER TABLE tenant ADD COLUMN evidence_until timestamptz;
