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

-- Whether our webhooks stand as they should. A slot that another one has followed is kept alive for a while.
ALTER TABLE subscription
  ADD COLUMN checked_at timestamptz,
  ADD COLUMN total_errors integer NOT NULL DEFAULT 0,
  ADD COLUMN mended_at timestamptz,
  ADD COLUMN retired_at timestamptz;

-- What is wrong with a tenant as a whole and waits for a human, for as long as it is so.
CREATE TABLE finding (
  tenant_id integer NOT NULL REFERENCES tenant,
  what text NOT NULL,
  subject text NOT NULL,
  detail json NOT NULL,
  since timestamptz NOT NULL DEFAULT so_now(),
  PRIMARY KEY (tenant_id, what, subject)
);

-- How far a person had come when she was decided on, so that a sweep knows whom it need not look at again.
ALTER TABLE decision
  ADD COLUMN updated_count integer,
  ADD COLUMN address_id bigint,
  ADD COLUMN consents_at timestamptz;

-- A search for what no event told of. Ids are the CRM's; the next sweep begins where the last finished one ended,
-- and the first one with the tenant: what was there before it is nobody's business.
CREATE TABLE sweep (
  sweep_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id integer NOT NULL REFERENCES tenant,
  kind text NOT NULL CHECK (kind IN ('new', 'whole')),
  why text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT so_now(),
  since timestamptz,
  until timestamptz,
  tenant_since timestamptz,
  froms bigint[],
  tos bigint[],
  stage text,
  after bigint,
  finished_at timestamptz,
  proven_at timestamptz,
  found integer,
  known integer,
  handled integer,
  given_up integer,
  besides integer
);
CREATE INDEX sweep_finished ON sweep (tenant_id, finished_at);
CREATE UNIQUE INDEX sweep_asked ON sweep (tenant_id) WHERE until IS NULL;
CREATE UNIQUE INDEX sweep_begun ON sweep (tenant_id) WHERE until IS NOT NULL AND finished_at IS NULL;
CREATE INDEX sweep_unproven ON sweep (tenant_id, sweep_id) WHERE finished_at IS NOT NULL AND proven_at IS NULL;

-- Whom a sweep found, and the event that will have her decided on; none when all had been handled. Gone once proven.
CREATE TABLE sweep_person (
  tenant_id integer NOT NULL,
  sweep_id bigint NOT NULL REFERENCES sweep ON DELETE CASCADE,
  person_id bigint NOT NULL,
  counted boolean NOT NULL,
  inbox_id bigint,
  PRIMARY KEY (tenant_id, sweep_id, person_id)
);

-- What a sweep found gives way to what events tell.
CREATE INDEX inbox_swept ON inbox (tenant_id, not_before, inbox_id) WHERE state = 'open' AND name = 'person.swept';

DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['finding', 'sweep', 'sweep_person'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format($p$CREATE POLICY own_tenant ON %I
      USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
      WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)$p$, walled);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO so_privacy_app', walled);
  END LOOP;
END $$;
GRANT USAGE ON SEQUENCE sweep_sweep_id_seq TO so_privacy_app;
