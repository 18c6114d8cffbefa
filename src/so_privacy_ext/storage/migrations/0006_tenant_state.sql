-- What is known of a tenant's state, who is woken by news of it, and environments in which we are not let in.

-- state: as the state API last said it. asked_at: when news last made us ask; it does so once a minute at the most.
ALTER TABLE tenant
  ADD COLUMN state text,
  ADD COLUMN state_at timestamptz,
  ADD COLUMN state_asked_at timestamptz;

-- Our key, secret or clock is refused: nobody's fault, so all tenants of the environment wait, and one of them
-- probes from time to time. It holds nothing of a tenant, so it is not walled.
CREATE TABLE environment_pause (
  environment text PRIMARY KEY,
  reason text NOT NULL,
  detail text NOT NULL DEFAULT '',
  since timestamptz NOT NULL DEFAULT so_now(),
  probe_at timestamptz,
  raised_by integer NOT NULL,
  ended_at timestamptz,
  ended_by integer
);
GRANT SELECT, INSERT, UPDATE ON environment_pause TO so_privacy_app;

-- News of a tenant, told by somebody who is not under its turn: what it is about is asked for soon. It touches
-- no row that a worker updates.
CREATE FUNCTION state_hint(wanted_environment text, wanted text, kinds text[])
RETURNS TABLE (tenant_id integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
DECLARE
  found integer;
BEGIN
  SELECT t.tenant_id INTO found FROM tenant t
  WHERE t.environment = wanted_environment AND t.context_identifier = wanted AND t.removed_at IS NULL;
  IF found IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO due (tenant_id, kind, at)
  SELECT found, k, CASE k WHEN 'state' THEN greatest(so_now(), t.state_asked_at + interval '1 min') ELSE so_now() END
  FROM unnest(kinds) AS k, tenant t WHERE t.tenant_id = found
  ON CONFLICT ON CONSTRAINT due_pkey DO UPDATE SET at = least(due.at, excluded.at);
  PERFORM pg_notify('so_privacy_work', found::text);
  RETURN QUERY SELECT found;
END $$;

-- As before; who waits for a tenant's state is woken by news of it, and nobody is while the environment is paused.
CREATE OR REPLACE FUNCTION due_tenants(how_many integer, until timestamptz, lock_space integer)
RETURNS TABLE (tenant_id integer, at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT t.tenant_id, r.at
  FROM tenant t
  CROSS JOIN LATERAL (
    SELECT least(
      (SELECT i.not_before FROM inbox i WHERE i.tenant_id = t.tenant_id AND i.state = 'open'
        ORDER BY i.not_before LIMIT 1),
      (SELECT min(d.at) FROM due d WHERE d.tenant_id = t.tenant_id),
      (SELECT min(m.look_up_at) FROM mail m WHERE m.tenant_id = t.tenant_id AND m.epoch = t.epoch
        AND m.look_up_at IS NOT NULL),
      (SELECT min(u.look_up_at) FROM duty u WHERE u.tenant_id = t.tenant_id AND u.epoch = t.epoch
        AND u.look_up_at IS NOT NULL)
    ) AS at
  ) w
  LEFT JOIN environment_pause p ON p.environment = t.environment AND p.ended_at IS NULL
  CROSS JOIN LATERAL (
    SELECT greatest(p.probe_at, least(greatest(w.at, t.parked_until),
      (SELECT d.at FROM due d WHERE d.tenant_id = t.tenant_id AND d.kind = 'state'
        AND t.parked_reason IN ('tenant_state', 'misdirected')))) AS at
  ) r
  WHERE t.removed_at IS NULL AND t.paused_at IS NULL AND t.leaving_at IS NULL
    AND w.at IS NOT NULL
    AND r.at <= until
    AND NOT EXISTS (
      SELECT FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.classid::bigint = lock_space AND l.objid::bigint = t.tenant_id
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
  ORDER BY greatest(w.at, t.turned_at), t.tenant_id
  LIMIT how_many
$$;

-- As before; a tenant of a paused environment is shown as parked for that reason.
CREATE OR REPLACE FUNCTION tenant_list()
RETURNS TABLE (
  tenant_id integer, environment text, context_identifier text, epoch integer, created_at timestamptz,
  removed_at timestamptz, paused_at timestamptz, leaving_at timestamptz, parked_until timestamptz,
  parked_reason text, open bigint, oldest timestamptz, dead bigint, quarantined bigint, reviews bigint, duties bigint
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT t.tenant_id, t.environment, t.context_identifier, t.epoch, t.created_at, t.removed_at,
    t.paused_at, t.leaving_at,
    CASE WHEN p.environment IS NOT NULL THEN greatest(p.probe_at, t.parked_until)
      WHEN t.parked_until > so_now() THEN t.parked_until END,
    CASE WHEN p.environment IS NOT NULL THEN p.reason WHEN t.parked_until > so_now() THEN t.parked_reason END,
    o.open, o.oldest,
    (SELECT count(*) FROM inbox i WHERE i.tenant_id = t.tenant_id AND i.state = 'dead'),
    (SELECT count(*) FROM quarantine q WHERE q.tenant_id = t.tenant_id),
    (SELECT count(*) FROM review r WHERE r.tenant_id = t.tenant_id AND r.settled_at IS NULL),
    (SELECT count(*) FROM duty u WHERE u.tenant_id = t.tenant_id AND u.closed_at IS NULL)
  FROM tenant t
  LEFT JOIN environment_pause p ON p.environment = t.environment AND p.ended_at IS NULL
  CROSS JOIN LATERAL (
    SELECT count(*) AS open, min(i.received_at) AS oldest
    FROM inbox i WHERE i.tenant_id = t.tenant_id AND i.state = 'open'
  ) o
  ORDER BY t.tenant_id
$$;

REVOKE ALL ON FUNCTION state_hint FROM PUBLIC;
GRANT EXECUTE ON FUNCTION state_hint TO so_privacy_app;

-- Who a number was in an epoch. When the CRM was set back to a backup, it gives numbers out again, to others: a
-- person is the same only if she was registered at the same moment.
CREATE TABLE known_person (
  tenant_id integer NOT NULL REFERENCES tenant,
  epoch integer NOT NULL,
  person_id bigint NOT NULL,
  registered timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, epoch, person_id)
);
ALTER TABLE known_person ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON known_person
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON known_person TO so_privacy_app;

-- Person numbers up to which the persons of earlier epochs have been looked at; null when there is nothing to look at.
ALTER TABLE tenant ADD COLUMN reconciled_to bigint;

CREATE FUNCTION is_same_person(wanted_tenant integer, wanted_person bigint, one integer, other integer)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT one = other OR EXISTS (
    SELECT FROM so_privacy.known_person a
    JOIN so_privacy.known_person b ON b.tenant_id = a.tenant_id AND b.person_id = a.person_id
      AND b.registered = a.registered
    WHERE a.tenant_id = wanted_tenant AND a.person_id = wanted_person AND a.epoch = one AND b.epoch = other
  )
$$;

-- An address that was mailed counts in every epoch; a person's past is looked for in all of them.
DROP INDEX mail_address;
CREATE UNIQUE INDEX mail_address ON mail (tenant_id, address_hash, mail, version) WHERE state <> 'not_sent';
CREATE INDEX mail_of_person ON mail (tenant_id, person_id);
CREATE INDEX duty_of_person ON duty (tenant_id, person_id);
DROP INDEX decision_person;
CREATE INDEX decision_person ON decision (tenant_id, person_id, decision_id);
DROP INDEX effect_person;
CREATE INDEX effect_person ON effect (tenant_id, person_id, purpose, basis);
