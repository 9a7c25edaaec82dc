-- The owner's own routines that PUBLIC may execute. Those of extensions are left: an extension is
-- installed to be used.
-- Parameters: owner (name).
SELECT 'ROUTINE', 'EXECUTE', n.nspname::text, p.proname::text, NULL,
       t.type_schemas, t.type_names, true, false
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_roles AS o ON o.oid = p.proowner AND o.rolname = %(owner)s
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(m.nspname::text ORDER BY u.place), '{}') AS type_schemas,
           COALESCE(array_agg(y.typname::text ORDER BY u.place), '{}') AS type_names
    FROM unnest(p.proargtypes) WITH ORDINALITY AS u (type, place)
    JOIN pg_catalog.pg_type AS y ON y.oid = u.type
    JOIN pg_catalog.pg_namespace AS m ON m.oid = y.typnamespace
) AS t
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND EXISTS (
      SELECT FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) AS a
      WHERE a.grantee = 0
  )
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, p.proname
