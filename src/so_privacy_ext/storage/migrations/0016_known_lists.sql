-- What a tenant's lists said when one of our processes last read them, so that not each of them must read them itself.
-- shape: of what kind of reading it is, so that another version of ours reads them anew.
CREATE TABLE known_lists (
  tenant_id integer PRIMARY KEY REFERENCES tenant,
  epoch integer NOT NULL,
  shape text NOT NULL,
  content json NOT NULL,
  read_at timestamptz NOT NULL
);
ALTER TABLE known_lists ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON known_lists
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON known_lists TO so_privacy_app;
