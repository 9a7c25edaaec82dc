-- Takes from a login all that `open_stream` gave it, before the login itself goes; the stream's
-- events stay, and the stream says that nobody appends to it any more.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.close_writer(writer name)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    LOCK TABLE {audit}.writer IN SHARE ROW EXCLUSIVE MODE;
    UPDATE {audit}.writer w SET closed_at = clock_timestamp()
    WHERE w.login = close_writer.writer AND w.closed_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON {audit}.own_event FROM %I', writer);
    EXECUTE format('REVOKE ALL ON FUNCTION {audit}.own_key() FROM %I', writer);
    EXECUTE format('REVOKE ALL ON FUNCTION {audit}.append(bytea[]) FROM %I', writer);
    EXECUTE format('REVOKE ALL ON SCHEMA {audit} FROM %I', writer);
END
$function$
