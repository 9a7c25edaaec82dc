-- Sequences that fill columns of a table (serial or identity).
-- Parameters: schema (name), name (name).
SELECT m.nspname::text, s.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_depend AS d
    ON d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.refobjid = c.oid
    AND d.classid = 'pg_catalog.pg_class'::regclass
    AND d.deptype IN ('a', 'i')
JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace AS m ON m.oid = s.relnamespace
WHERE n.nspname = %(schema)s
  AND c.relname = %(name)s
ORDER BY 1, 2
