-- Before the new code: figures over all tenants, and which data keys are in use.

-- Few claims are in any other state for long; without this index each look would read every mail ever sent.
CREATE INDEX mail_under_way ON mail (state) WHERE state <> 'sent' AND state <> 'not_sent';

-- What waits, counted over all tenants: no name and no number of a tenant leaves it.
CREATE FUNCTION overview()
RETURNS TABLE (figure text, label text, value double precision)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT 'events', i.state, count(*)::double precision FROM inbox i WHERE i.state IN ('open', 'dead') GROUP BY i.state
  UNION ALL SELECT 'events', 'quarantined', count(*) FROM quarantine
  UNION ALL SELECT 'oldest_open_seconds', '',
    coalesce(extract(epoch FROM so_now() - min(i.received_at)), 0) FROM inbox i WHERE i.state = 'open'
  UNION ALL SELECT 'tenants', CASE
      WHEN t.leaving_at IS NOT NULL THEN 'leaving'
      WHEN t.paused_at IS NOT NULL THEN 'paused'
      WHEN t.parked_until > so_now() THEN 'parked'
      ELSE 'working' END, count(*)
    FROM tenant t WHERE t.removed_at IS NULL GROUP BY 2
  UNION ALL SELECT 'mails', m.state, count(*) FROM mail m
    WHERE m.state <> 'sent' AND m.state <> 'not_sent' GROUP BY m.state
  UNION ALL SELECT 'reviews', 'open', count(*) FROM review r WHERE r.settled_at IS NULL
  UNION ALL SELECT 'duties', CASE WHEN u.due_at < so_now() THEN 'overdue' ELSE 'open' END, count(*)
    FROM duty u WHERE u.closed_at IS NULL GROUP BY 2
$$;

-- Which keys the secrets of all tenants are sealed with, so that a wrong or half-changed key file is seen at start.
CREATE FUNCTION data_keys()
RETURNS TABLE (key_id text, secrets bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
  SELECT s.key_id, count(*) FROM secret s GROUP BY s.key_id ORDER BY s.key_id
$$;

REVOKE ALL ON FUNCTION overview, data_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION overview, data_keys TO so_privacy_app;

-- What a purge looks for, so that it needn't read all that stays.
CREATE INDEX inbox_with_body ON inbox (tenant_id, closed_at) WHERE state = 'done' AND body IS NOT NULL;
CREATE INDEX quarantine_received ON quarantine (tenant_id, received_at);

-- The journal may go when its tenant has been removed and the time is over for which its evidence must be kept;
-- by the real clock, which no session can move.
CREATE OR REPLACE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (
    SELECT FROM so_privacy.tenant t WHERE t.tenant_id = OLD.tenant_id
      AND t.removed_at IS NOT NULL AND t.evidence_until <= clock_timestamp()
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Takes away all that is left of tenants whose evidence need not be kept any more, whatever table it is in.
CREATE FUNCTION forget_tenants() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = so_privacy, pg_temp AS $$
DECLARE
  gone integer[];
  held text;
BEGIN
  SELECT coalesce(array_agg(t.tenant_id), '{}') INTO gone FROM tenant t
    WHERE t.removed_at IS NOT NULL AND t.evidence_until <= clock_timestamp();
  IF cardinality(gone) = 0 THEN
    RETURN 0;
  END IF;
  FOR held IN
    SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'so_privacy'::regnamespace AND c.relkind = 'r' AND c.relname <> 'tenant'
    ORDER BY c.relname <> 'effect', c.relname
  LOOP
    EXECUTE format('DELETE FROM %I WHERE tenant_id = ANY($1)', held) USING gone;
  END LOOP;
  DELETE FROM tenant WHERE tenant_id = ANY(gone);
  RETURN cardinality(gone);
END $$;
REVOKE ALL ON FUNCTION forget_tenants FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_tenants TO so_privacy_app;
