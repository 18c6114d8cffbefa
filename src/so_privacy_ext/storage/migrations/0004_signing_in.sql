-- Administrators who sign in: those who are on their way through SuperID, and those who are here.

-- Nobody's yet, so no tenant's wall protects it: only the two functions below reach it. Of what the browser
-- brings back there are keyed hashes alone.
CREATE TABLE sign_in (
  state_hash bytea PRIMARY KEY,
  browser_hash bytea NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('install', 'configure')),
  environment text NOT NULL,
  leads_to text NOT NULL,
  until timestamptz NOT NULL
);
CREATE INDEX sign_in_until ON sign_in (until);
ALTER TABLE sign_in ENABLE ROW LEVEL SECURITY;

CREATE TABLE web_session (
  session_hash bytea PRIMARY KEY,
  tenant_id integer NOT NULL REFERENCES tenant,
  associate_id integer NOT NULL,
  language text,
  began_at timestamptz NOT NULL DEFAULT so_now(),
  seen_at timestamptz NOT NULL DEFAULT so_now()
);
CREATE INDEX web_session_tenant ON web_session (tenant_id);
ALTER TABLE web_session ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON web_session
  USING (tenant_id = nullif(current_setting('app.tenant', true), '')::integer)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON web_session TO so_privacy_app;

-- Whoever begins clears away what has run out, so the table holds no more than the last minutes' beginnings.
CREATE FUNCTION sign_in_expect(
  state_hash bytea, browser_hash bytea, purpose text, environment text, leads_to text, life interval
)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  DELETE FROM sign_in WHERE until <= so_now();
  INSERT INTO sign_in (state_hash, browser_hash, purpose, environment, leads_to, until)
  VALUES ($1, $2, $3, $4, $5, so_now() + $6)
$$;

CREATE FUNCTION sign_in_take(state_hash bytea, browser_hash bytea)
RETURNS TABLE (purpose text, environment text, leads_to text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  DELETE FROM sign_in s WHERE s.state_hash = $1 AND s.browser_hash = $2 AND s.until > so_now()
  RETURNING s.purpose, s.environment, s.leads_to
$$;

-- A session is looked up before it is known whose it is; this is the one way past the wall to it.
CREATE FUNCTION web_session_use(session_hash bytea, idle interval, whole interval)
RETURNS TABLE (
  tenant_id integer, environment text, context_identifier text, associate_id integer, language text
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  UPDATE web_session w SET seen_at = so_now()
  FROM tenant t
  WHERE w.session_hash = $1 AND w.seen_at > so_now() - $2 AND w.began_at > so_now() - $3
    AND t.tenant_id = w.tenant_id AND t.removed_at IS NULL
  RETURNING w.tenant_id, t.environment, t.context_identifier, w.associate_id, w.language
$$;

REVOKE ALL ON FUNCTION sign_in_expect, sign_in_take, web_session_use FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_expect, sign_in_take, web_session_use TO so_privacy_app;
