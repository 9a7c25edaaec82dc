-- Takes a lock of the calling login's own until its transaction ends: 'held', 'busy' or 'too many'.
-- The key comes from the session's login, so that no login reaches another's locks. `wait_ms` NULL
-- does not wait.
-- Parameters: schema of the doors, locks that one session may hold.
CREATE OR REPLACE FUNCTION {doors}.tenant_lock(name text, wait_ms integer)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s'
AS $function$
DECLARE
    digest CONSTANT bytea := sha256(convert_to('lock:' || session_user || ':' || name, 'UTF8'));
    key CONSTANT bigint := ('x' || encode(substring(digest FOR 8), 'hex'))::bit(64)::bigint;
    held bigint;
BEGIN
    SELECT count(*)
    INTO held
    FROM pg_locks AS l
    WHERE l.locktype = 'advisory'
      AND l.pid = pg_backend_pid()
      AND NOT ((l.classid::bigint << 32) | l.objid::bigint = key AND l.objsubid = 1);
    IF held >= {limit} THEN
        RETURN 'too many';
    END IF;
    IF wait_ms IS NULL THEN
        RETURN CASE WHEN pg_try_advisory_xact_lock(key) THEN 'held' ELSE 'busy' END;
    END IF;
    PERFORM set_config('lock_timeout', greatest(wait_ms, 1)::text, true);
    PERFORM pg_advisory_xact_lock(key);
    RETURN 'held';
END
$function$
