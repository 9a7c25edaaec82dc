-- The owner of a schema.
-- Parameters: schema (name).
SELECT r.rolname::text
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
WHERE n.nspname = %(schema)s
