-- What an administrator trusts rules by: how often each has decided, and a second pair of eyes.

-- How often each rule of each version decided, so that nobody need read all decisions to see which never does. Counted
-- where decisions come in, whichever way they come; a tenant's decisions come in under its turn, one after another.
CREATE TABLE rule_use (
  tenant_id integer NOT NULL REFERENCES tenant,
  rule_id text NOT NULL,
  digest text NOT NULL,
  decisions bigint NOT NULL,
  last_at timestamptz NOT NULL,
  last_person_id bigint NOT NULL,
  PRIMARY KEY (tenant_id, rule_id, digest)
) WITH (fillfactor = 60);
ALTER TABLE rule_use ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON rule_use
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE ON rule_use TO so_privacy_app;

CREATE FUNCTION rule_use_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO so_privacy.rule_use AS u (tenant_id, rule_id, digest, decisions, last_at, last_person_id)
  SELECT d.tenant_id, r.rule_id, d.ruling ->> 'digest', count(*), max(d.decided_at),
    (array_agg(d.person_id ORDER BY d.decision_id DESC))[1]
  FROM arrived d
  CROSS JOIN LATERAL (
    SELECT DISTINCT one ->> 'rule_id' AS rule_id FROM json_array_elements(d.ruling -> 'decisions') one
  ) r
  GROUP BY 1, 2, 3
  ON CONFLICT (tenant_id, rule_id, digest) DO UPDATE SET decisions = u.decisions + excluded.decisions,
    last_at = excluded.last_at, last_person_id = excluded.last_person_id;
  RETURN NULL;
END $$;
CREATE TRIGGER decision_counts AFTER INSERT ON decision
  REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION rule_use_count();

INSERT INTO rule_use (tenant_id, rule_id, digest, decisions, last_at, last_person_id)
SELECT d.tenant_id, r.rule_id, d.ruling ->> 'digest', count(*), max(d.decided_at),
  (array_agg(d.person_id ORDER BY d.decision_id DESC))[1]
FROM decision d
CROSS JOIN LATERAL (
  SELECT DISTINCT one ->> 'rule_id' AS rule_id FROM json_array_elements(d.ruling -> 'decisions') one
) r
GROUP BY 1, 2, 3;

-- Why a manifest was activated, and who else agreed.
ALTER TABLE manifest
  ADD COLUMN reason text NOT NULL DEFAULT '',
  ADD COLUMN approved_by text;

-- Whether what one administrator wants needs another one's agreement, and what waits for it. `ground` is what it was
-- checked against: when that has changed, nobody has agreed to what would come of it now.
ALTER TABLE tenant ADD COLUMN two_pairs boolean NOT NULL DEFAULT false;

CREATE TABLE proposal (
  proposal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id integer NOT NULL REFERENCES tenant,
  kind text NOT NULL CHECK (kind IN ('manifest', 'run', 'one_pair')),
  subject text NOT NULL,
  content bytea,
  tell_from timestamptz,
  reason text NOT NULL,
  ground text NOT NULL,
  who text NOT NULL,
  proposed_at timestamptz NOT NULL DEFAULT so_now(),
  settled_at timestamptz,
  settled_as text CHECK (settled_as IN ('approved', 'refused', 'taken_back', 'lapsed', 'replaced')),
  settled_by text
);
CREATE INDEX proposal_of_tenant ON proposal (tenant_id, proposal_id);
CREATE UNIQUE INDEX proposal_open ON proposal (tenant_id, kind) WHERE settled_at IS NULL;
ALTER TABLE proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON proposal
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON proposal TO so_privacy_app;
GRANT USAGE ON SEQUENCE proposal_proposal_id_seq TO so_privacy_app;
