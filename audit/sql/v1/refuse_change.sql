-- Refuses UPDATE, DELETE and TRUNCATE of the log, the owner's too. Hygiene only: a superuser can
-- turn triggers off. What then still shows the change is the signed tree and its witnesses.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.refuse_change()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION 'refused: % of %.%. The log is only added to.', tg_op, tg_table_schema, tg_table_name
        USING ERRCODE = '42501';
END
$function$
