-- Appends the sequencer's own entries, whole, to a stream: checkpoints to `system`, and the first
-- entry of a new incarnation to the stream it continues. Returns the rows' ids, in order.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.append_system(stream text, entries bytea[])
RETURNS bigint[]
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    ids bigint[];
BEGIN
    WITH made AS (
        INSERT INTO {audit}.event (
            stream_id, at, entry, event_id, action, outcome, allowed, reason, surface, actor_hash,
            role, request_id, fingerprint, models, tables, calls, rows, subjects, key_version
        )
        SELECT
            s.id, to_timestamp((e.json ->> 'at')::numeric / 1000000), e.raw,
            coalesce((e.json #>> '{{event,id}}')::uuid, gen_random_uuid()),
            coalesce(e.json #>> '{{event,action}}', 'log:checkpoint:made'),
            'committed', true, coalesce(e.json #>> '{{event,reason}}', ''), 'sequencer',
            '', '', '', '', '{{}}', '{{}}', 1, (e.json #>> '{{event,rows}}')::bigint, '{{}}', 0
        FROM unnest(entries) WITH ORDINALITY AS g (raw, place)
        CROSS JOIN LATERAL (SELECT g.raw, convert_from(g.raw, 'UTF8')::jsonb AS json) AS e
        JOIN {audit}.stream s ON s.name = append_system.stream
        ORDER BY g.place
        RETURNING id
    )
    SELECT array_agg(id ORDER BY id) INTO ids FROM made;
    IF coalesce(cardinality(ids), 0) <> cardinality(entries) THEN
        RAISE EXCEPTION 'refused: no stream of that name.' USING ERRCODE = '42501';
    END IF;
    RETURN ids;
END
$function$
