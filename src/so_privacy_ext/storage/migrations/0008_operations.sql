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
