-- Makes the partitions of this month and of the `months` after it, and the default ones; returns
-- how many were made. The default partition takes what no month takes, so that nothing is refused
-- on the first of a month; it should stay empty (audit.W002).
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.extend_partitions(months integer)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
AS $function$
DECLARE
    parent text;
    child text;
    first_day timestamptz;
    made integer := 0;
BEGIN
    LOCK TABLE {audit}.partition IN SHARE ROW EXCLUSIVE MODE;
    FOREACH parent IN ARRAY ARRAY['event', 'leaf'] LOOP
        FOR month IN -1..months LOOP
            IF month = -1 THEN
                child := parent || '_default';
                first_day := NULL;
            ELSE
                first_day := date_trunc('month', clock_timestamp()) + make_interval(months => month);
                child := parent || to_char(first_day, '"_y"YYYY"m"MM');
            END IF;
            CONTINUE WHEN EXISTS (SELECT FROM {audit}.partition p WHERE p.name = child);
            IF month = -1 THEN
                EXECUTE format('CREATE TABLE {audit}.%I PARTITION OF {audit}.%I DEFAULT', child, parent);
            ELSE
                EXECUTE format(
                    'CREATE TABLE {audit}.%I PARTITION OF {audit}.%I FOR VALUES FROM (%L) TO (%L)',
                    child, parent, first_day, first_day + interval '1 month'
                );
            END IF;
            EXECUTE format(
                'CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {audit}.%I '
                'FOR EACH STATEMENT EXECUTE FUNCTION {audit}.refuse_change()', child
            );
            INSERT INTO {audit}.partition (name, parent, begins_at, ends_at)
            VALUES (child, parent, first_day, first_day + interval '1 month');
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$function$
