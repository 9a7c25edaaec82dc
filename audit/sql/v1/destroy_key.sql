-- Destroys a stream's current key, as an erasure, and puts a new one in its place; returns the
-- version that was destroyed. What was sealed under it cannot be read again; the log's tree stays.
-- For the pruner. Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.destroy_key(stream text, request text, master_version integer, wrapped bytea)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    own record;
BEGIN
    SELECT s.id, s.key_version INTO own
    FROM {audit}.stream s
    WHERE s.name = destroy_key.stream
    FOR UPDATE;
    IF own IS NULL THEN
        RAISE EXCEPTION 'refused: no stream of that name.' USING ERRCODE = '42501';
    END IF;
    UPDATE {audit}.stream_key k
    SET wrapped = NULL, destroyed_at = clock_timestamp(), destroyed_by = request
    WHERE k.stream_id = own.id AND k.version = own.key_version;
    INSERT INTO {audit}.stream_key (stream_id, version, master_version, wrapped)
    VALUES (own.id, own.key_version + 1, destroy_key.master_version, destroy_key.wrapped);
    UPDATE {audit}.stream s SET key_version = own.key_version + 1 WHERE s.id = own.id;
    RETURN own.key_version;
END
$function$
