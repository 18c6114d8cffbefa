-- Plugins that a tenant has switched on, as its administrator agreed to them; switched off, what they said of themselves
-- stays, since manifests are read by it. Their settings lie among the secrets. trouble: kind -> what, how, at.

-- How often a tenant's plugins were switched or set; 0 while it never had one, of whom nothing more need be read.
ALTER TABLE tenant ADD COLUMN plugins integer NOT NULL DEFAULT 0;

CREATE TABLE plugin (
  tenant_id integer NOT NULL REFERENCES tenant,
  name text NOT NULL,
  description json NOT NULL,
  former json NOT NULL DEFAULT '[]',
  who text NOT NULL,
  enabled_at timestamptz,
  trouble jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, name)
);
ALTER TABLE plugin ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON plugin
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON plugin TO so_privacy_app;
