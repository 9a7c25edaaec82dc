-- Opens a stream, or gives a login to one that is there: the login may append to it, learn its
-- key and read its own events, and nothing else here. Repeatable. For the database's owner.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.open_stream(stream text, writer name, master_version integer, wrapped bytea)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found bigint;
BEGIN
    -- Grants on one object wait for each other, or PostgreSQL refuses ("tuple concurrently updated").
    LOCK TABLE {audit}.writer IN SHARE ROW EXCLUSIVE MODE;
    SELECT s.id INTO found FROM {audit}.stream s WHERE s.name = open_stream.stream;
    IF found IS NULL THEN
        INSERT INTO {audit}.stream (name) VALUES (open_stream.stream) RETURNING id INTO found;
        INSERT INTO {audit}.stream_key (stream_id, version, master_version, wrapped)
        VALUES (found, 1, open_stream.master_version, open_stream.wrapped);
    END IF;
    IF writer IS NULL THEN
        RETURN found;
    END IF;
    IF EXISTS (SELECT FROM {audit}.writer w WHERE w.login = open_stream.writer AND w.stream_id <> found) THEN
        RAISE EXCEPTION 'refused: % appends to another stream already.', writer USING ERRCODE = '42501';
    END IF;
    INSERT INTO {audit}.writer (login, stream_id) VALUES (writer, found)
    ON CONFLICT (login) DO UPDATE SET closed_at = NULL;
    EXECUTE format('GRANT USAGE ON SCHEMA {audit} TO %I', writer);
    EXECUTE format('GRANT EXECUTE ON FUNCTION {audit}.append(bytea[]) TO %I', writer);
    EXECUTE format('GRANT EXECUTE ON FUNCTION {audit}.own_key() TO %I', writer);
    EXECUTE format('GRANT SELECT ON {audit}.own_event TO %I', writer);
    RETURN found;
END
$function$
