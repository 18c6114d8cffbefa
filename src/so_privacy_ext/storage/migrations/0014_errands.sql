-- What consumers, such as plugins, are told of afterwards; made with its cause, closed when the consumer has taken it.
-- content: ids and keys, nothing else of a person.
CREATE TABLE errand (
  tenant_id integer NOT NULL REFERENCES tenant,
  errand_id bigint GENERATED ALWAYS AS IDENTITY,
  consumer text NOT NULL,
  kind text NOT NULL,
  entity text NOT NULL,
  key text NOT NULL,
  content json NOT NULL,
  made_at timestamptz NOT NULL DEFAULT so_now(),
  due_at timestamptz NOT NULL DEFAULT so_now(),
  attempts integer NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'dead')),
  reason text,
  closed_at timestamptz,
  PRIMARY KEY (tenant_id, errand_id),
  UNIQUE (tenant_id, consumer, key)
);
CREATE INDEX errand_order ON errand (tenant_id, consumer, entity, errand_id) WHERE state = 'open';
CREATE INDEX errand_due ON errand (tenant_id, due_at) WHERE state = 'open';
CREATE INDEX errand_closed ON errand (tenant_id, closed_at) WHERE state = 'done';

ALTER TABLE errand ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON errand
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON errand TO so_privacy_app;
