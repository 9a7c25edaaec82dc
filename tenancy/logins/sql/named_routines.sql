-- Routines of a schema by name: whether they run as their owner with a search path of their own.
-- Parameters: schema (name), name (name).
SELECT t.type_schemas,
       t.type_names,
       p.prosecdef
       AND EXISTS (
           SELECT FROM unnest(p.proconfig) AS s (setting) WHERE s.setting LIKE 'search_path=%%'
       )
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(m.nspname::text ORDER BY u.place), '{}') AS type_schemas,
           COALESCE(array_agg(y.typname::text ORDER BY u.place), '{}') AS type_names
    FROM unnest(p.proargtypes) WITH ORDINALITY AS u (type, place)
    JOIN pg_catalog.pg_type AS y ON y.oid = u.type
    JOIN pg_catalog.pg_namespace AS m ON m.oid = y.typnamespace
) AS t
WHERE n.nspname = %(schema)s
  AND p.proname = %(name)s
