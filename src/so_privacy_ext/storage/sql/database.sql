-- name: session
SELECT set_config('search_path', 'so_privacy, pg_temp', false),
  set_config('timezone', 'UTC', false),
  set_config('client_min_messages', 'warning', false),
  set_config('idle_session_timeout', %(idle)s, false),
  set_config('idle_in_transaction_session_timeout', %(in_transaction)s, false),
  set_config('statement_timeout', %(statement)s, false),
  set_config('synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END,
    false)

-- name: set_role
SET ROLE so_privacy_app

-- name: fitness
SELECT r.rolsuper OR r.rolbypassrls
  OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'so_privacy'::regnamespace AND c.relkind = 'r'
    AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS above_the_wall
FROM pg_roles r WHERE r.rolname = current_user

-- name: version
SELECT coalesce(max(version), 0) AS version FROM so_privacy.migration

-- name: migrate_session
SELECT set_config('client_min_messages', 'warning', false),
  set_config('search_path', 'so_privacy, pg_temp', false),
  set_config('lock_timeout', '30s', false)

-- name: migrate_lock
SELECT pg_advisory_lock(7340181)

-- name: role
-- Roles belong to the whole cluster, so another database's migration may make it at the same moment.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'so_privacy_app') THEN
    BEGIN
      CREATE ROLE so_privacy_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END IF;
  -- Since PostgreSQL 16 whoever makes a role may not yet set it. Where an administrator made it and gave
  -- it to us, we have no right to give it on, and need none.
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    BEGIN
      EXECUTE format('GRANT so_privacy_app TO %I', current_user);
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
  END IF;
END $$

-- name: versions
DO $$
BEGIN
  IF to_regclass('so_privacy.migration') IS NULL THEN
    CREATE SCHEMA IF NOT EXISTS so_privacy;
    CREATE TABLE so_privacy.migration (
      version integer PRIMARY KEY,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
  END IF;
END $$

-- name: record
INSERT INTO so_privacy.migration (version) VALUES (%(version)s)
