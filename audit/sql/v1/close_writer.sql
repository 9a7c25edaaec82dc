-- Ends a login's right to append, before the login itself goes; its stream's events stay.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.close_writer(writer name)
RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    UPDATE {audit}.writer w SET closed_at = clock_timestamp()
    WHERE w.login = close_writer.writer AND w.closed_at IS NULL
$function$
