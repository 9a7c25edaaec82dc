-- The active tenant of a host name: schema, primary key and the fields the registry may tell.
-- Parameters: platform schema, tenant table, domain table, primary key column, allowed fields.
CREATE OR REPLACE FUNCTION {platform}.resolve(host text)
RETURNS TABLE (schema_name text, pk text, fields jsonb)
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        tenant.schema_name::text,
        tenant.{pk}::text,
        (
            SELECT coalesce(jsonb_object_agg(field.key, field.value), '{{}}'::jsonb)
            FROM jsonb_each(to_jsonb(tenant)) AS field
            WHERE field.key = ANY ({fields}::text[])
        )
    FROM {platform}.{domains} AS domain
    JOIN {platform}.{tenants} AS tenant ON tenant.{pk} = domain.tenant_id
    JOIN {platform}.tenancy_login AS login ON login.schema_name = tenant.schema_name
    WHERE domain.domain = resolve.host AND login.state = 'active';
END
