-- The registry's version; it moves whenever an answer of the registry may have changed.
-- Parameters: platform schema.
CREATE OR REPLACE FUNCTION {platform}.registry_version()
RETURNS bigint
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(max(registry.version), 0)
    FROM {platform}.tenancy_registry_version AS registry;
END
