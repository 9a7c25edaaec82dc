-- Trigger function: raises the registry's version once per statement.
-- Parameters: platform schema.
CREATE OR REPLACE FUNCTION {platform}.raise_registry_version()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO {platform}.tenancy_registry_version AS registry (id, version)
    VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET version = registry.version + 1;
    RETURN NULL;
END
$function$
