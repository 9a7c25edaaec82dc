-- Drops a month of the log, events and leaves together, and keeps the signed statements that say
-- so: `statements` is a list of {{"stream_id", "incarnation", "minimum_index", "statement"}}. Tiles
-- and checkpoints stay, so later proofs hold. For the pruner. Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.prune_month(first_day timestamptz, statements jsonb)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
AS $function$
DECLARE
    month text := to_char(first_day, '"_y"YYYY"m"MM');
    unsequenced bigint;
BEGIN
    IF first_day <> date_trunc('month', first_day) OR first_day >= date_trunc('month', clock_timestamp()) THEN
        RAISE EXCEPTION 'refused: % is no month that has ended.', first_day USING ERRCODE = '22023';
    END IF;
    IF (SELECT count(*) FROM {audit}.partition p WHERE p.begins_at = first_day) <> 2 THEN
        RAISE EXCEPTION 'refused: there is no partition of %.', first_day USING ERRCODE = '22023';
    END IF;
    EXECUTE format(
        'SELECT count(*) FROM {audit}.%I e WHERE NOT EXISTS ('
        'SELECT FROM {audit}.leaf l WHERE l.event_row = e.id AND l.at = e.at)', 'event' || month
    ) INTO unsequenced;
    IF unsequenced > 0 THEN
        RAISE EXCEPTION 'refused: % events of % are in no tree yet.', unsequenced, first_day
            USING ERRCODE = '55000';
    END IF;
    INSERT INTO {audit}.prune (stream_id, incarnation, minimum_index, statement)
    SELECT g.stream_id, g.incarnation, g.minimum_index, g.statement
    FROM jsonb_to_recordset(statements) AS g (
        stream_id bigint, incarnation integer, minimum_index bigint, statement text
    );
    INSERT INTO {audit}.edge_leaf (stream_id, incarnation, index, hash)
    SELECT l.stream_id, l.incarnation, l.index, l.hash
    FROM jsonb_to_recordset(statements) AS g (
        stream_id bigint, incarnation integer, minimum_index bigint
    )
    JOIN {audit}.leaf l ON l.stream_id = g.stream_id AND l.incarnation = g.incarnation
        AND l.index >= g.minimum_index / 256 * 256 AND l.index < g.minimum_index
    ON CONFLICT DO NOTHING;
    EXECUTE format('DROP TABLE {audit}.%I', 'event' || month);
    EXECUTE format('DROP TABLE {audit}.%I', 'leaf' || month);
    DELETE FROM {audit}.partition p WHERE p.begins_at = first_day;
END
$function$
