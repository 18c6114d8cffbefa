-- Runs: a plan that an administrator has approved, on its way over a tenant's persons, and the way back.

-- planned: nothing is begun. waiting: for the next wave, or for mails that may go out again. plan: the seal of the file.
CREATE TABLE run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id integer NOT NULL REFERENCES tenant,
  epoch integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('apply', 'undo')),
  undoes bigint REFERENCES run ON DELETE CASCADE,
  plan text NOT NULL,
  manifest text NOT NULL,
  lists text NOT NULL,
  head json NOT NULL,
  who text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT so_now(),
  state text NOT NULL DEFAULT 'planned'
    CHECK (state IN ('planned', 'running', 'waiting', 'stopped', 'done', 'undone')),
  reason text,
  waves json NOT NULL DEFAULT '{}',
  skip_changed boolean NOT NULL DEFAULT false,
  withdraw_new boolean NOT NULL DEFAULT false,
  checked_to bigint NOT NULL DEFAULT 0,
  checked_at timestamptz,
  wave integer NOT NULL DEFAULT 0,
  not_before timestamptz,
  worked float8 NOT NULL DEFAULT 0,
  look_at timestamptz,
  started_by text,
  started_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX run_of_tenant ON run (tenant_id, run_id);
CREATE UNIQUE INDEX run_under_way ON run (tenant_id) WHERE state IN ('running', 'waiting');

-- planned: what the plan says of her. before: by purpose, what stood when we were about to write over it; a comment
-- that is neither ours nor empty is sealed, since others may have written anything in it. answer: bounced, refused.
CREATE TABLE run_person (
  tenant_id integer NOT NULL,
  run_id bigint NOT NULL REFERENCES run ON DELETE CASCADE,
  person_id bigint NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'skipped', 'failed')),
  reason text,
  planned json NOT NULL DEFAULT '{}',
  mails boolean NOT NULL DEFAULT false,
  wave integer,
  attempts integer NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT so_now(),
  decision_id bigint,
  before json NOT NULL DEFAULT '{}',
  mail text,
  answer text,
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, run_id, person_id)
);
CREATE INDEX run_person_open ON run_person (tenant_id, run_id, wave, attempts, person_id) WHERE state = 'open';
CREATE INDEX run_person_of ON run_person (tenant_id, person_id);

-- This database was brought back from a backup: of the mails of that time nothing is known here.
ALTER TABLE tenant
  ADD COLUMN mails_lost_from timestamptz,
  ADD COLUMN mails_lost_to timestamptz;

-- What an administrator took back of what a manifest gave: that manifest gives it again by a plan only.
CREATE TABLE taken_back (
  tenant_id integer NOT NULL REFERENCES tenant,
  epoch integer NOT NULL,
  person_id bigint NOT NULL,
  purpose text NOT NULL,
  manifest text NOT NULL,
  basis text NOT NULL,
  source text NOT NULL,
  run_id bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT so_now(),
  PRIMARY KEY (tenant_id, epoch, person_id, purpose)
);

DO $$
DECLARE walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['run', 'run_person', 'taken_back'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format($p$CREATE POLICY own_tenant ON %I
      USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
      WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)$p$, walled);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO so_privacy_app', walled);
  END LOOP;
END $$;
GRANT USAGE ON SEQUENCE run_run_id_seq TO so_privacy_app;
