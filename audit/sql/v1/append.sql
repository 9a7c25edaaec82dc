-- Appends events to the calling login's own stream: all of them or none; returns how many.
-- The stream is the session's login's, whatever role was switched to, so nobody claims another's.
-- Each entry is {{"at":<microseconds>,"event":<what the caller gave>,"stream":"<its name>"}}, and
-- canonical (RFC 8785) if the given event is. `given` is UTF-8 text of one JSON object each.
-- Errors: 42501 no stream, AU001 sealed under a key that is not the current one, 22023 an event
-- that lacks a field, is too long or one of too many.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.append(given bytea[])
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    own record;
    micros bigint;
    now_ timestamptz := clock_timestamp();
    appended integer;
BEGIN
    IF cardinality(given) > 1000 THEN
        RAISE EXCEPTION 'refused: an append of % events. Needed: at most 1,000.', cardinality(given)
            USING ERRCODE = '22023';
    END IF;
    SELECT s.id, s.name, s.key_version
    INTO own
    FROM {audit}.writer w
    JOIN {audit}.stream s ON s.id = w.stream_id
    WHERE w.login = session_user AND w.closed_at IS NULL;
    IF own IS NULL THEN
        RAISE EXCEPTION 'refused: an append by a login without a stream. Needed: audit_setup.'
            USING ERRCODE = '42501';
    END IF;
    micros := (extract(epoch FROM now_) * 1000000)::bigint;
    INSERT INTO {audit}.event (
        stream_id, at, entry, event_id, action, outcome, allowed, reason, surface, actor_hash, role,
        request_id, fingerprint, models, tables, calls, rows, subjects, key_version
    )
    SELECT
        own.id,
        now_,
        convert_to('{{"at":' || micros || ',"event":', 'UTF8') || g.raw
            || convert_to(',"stream":"' || own.name || '"}}', 'UTF8'),
        e.id, e.action, e.outcome, e.allowed, e.reason, e.surface, e.actor_hash, e.role, e.request,
        e.fingerprint, e.models, e.tables, e.calls, e.rows, e.subjects, e.key
    FROM unnest(given) WITH ORDINALITY AS g (raw, place)
    CROSS JOIN LATERAL jsonb_to_record(convert_from(g.raw, 'UTF8')::jsonb) AS e (
        id uuid, action text, outcome text, allowed boolean, reason text, surface text,
        actor_hash text, role text, request text, fingerprint text, models text[], tables text[],
        calls bigint, rows bigint, subjects text[], key integer
    )
    WHERE e.key IN (0, own.key_version) AND octet_length(g.raw) <= 65000
    ORDER BY g.place;
    GET DIAGNOSTICS appended = ROW_COUNT;
    IF appended <> cardinality(given) THEN
        RAISE EXCEPTION 'refused: an event sealed under another key than the current one, or too long.'
            USING ERRCODE = 'AU001';
    END IF;
    RETURN appended;
END
$function$
