-- The calling login's stream: its name and its current data key, wrapped.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.own_key(OUT stream text, OUT version integer, OUT master_version integer, OUT wrapped bytea)
RETURNS record
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.name, k.version, k.master_version, k.wrapped
    FROM {audit}.writer w
    JOIN {audit}.stream s ON s.id = w.stream_id
    LEFT JOIN {audit}.stream_key k ON k.stream_id = s.id AND k.version = s.key_version
    WHERE w.login = session_user AND w.closed_at IS NULL
$function$
