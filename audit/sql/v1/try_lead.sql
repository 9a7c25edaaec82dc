-- Whether the calling session leads the sequencing from now on, until it ends. The database's
-- owner keeps this function: on a hardened server the audit owner may take no advisory lock.
-- Parameters: schema.
CREATE OR REPLACE FUNCTION {audit}.try_lead()
RETURNS boolean
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT pg_try_advisory_lock(4703)
$function$
