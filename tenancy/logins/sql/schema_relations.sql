-- Tables, views and partitions of a schema, those of extensions too.
-- Parameters: schema (name).
SELECT c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s
  AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
ORDER BY 1
