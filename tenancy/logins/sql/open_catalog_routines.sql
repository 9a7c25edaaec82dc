-- Routines of pg_catalog that PUBLIC may execute and need not, and those that PUBLIC could execute
-- when the cluster was made (pg_init_privs) and the owner may not now.
-- What a plain data statement needs is: all IMMUTABLE routines but those in "closed", and of the
-- others those in "kept". A routine that a newer PostgreSQL adds is thereby closed if it can look
-- at anything but its arguments.
-- Parameters: owner (name), kept (text[]), closed (text[]): name(type,type), type names as in
-- pg_type.
SELECT 'ROUTINE', 'EXECUTE', 'pg_catalog', s.proname, NULL, s.type_schemas, s.type_names,
       s.public_has, s.owner_lacks
FROM (
    SELECT p.proname::text AS proname,
           t.type_schemas,
           t.type_names,
           EXISTS (SELECT FROM aclexplode(p.acl) AS a WHERE a.grantee = 0) AS public_has,
           NOT o.rolsuper
           AND NOT EXISTS (SELECT FROM aclexplode(p.acl) AS a WHERE a.grantee = o.oid)
           AND EXISTS (
               SELECT
               FROM aclexplode(COALESCE(i.initprivs, acldefault('f', p.proowner))) AS a
               WHERE a.grantee = 0
           ) AS owner_lacks
    FROM (
        SELECT oid, proname, proowner, provolatile, proargtypes, pronamespace,
               COALESCE(proacl, acldefault('f', proowner)) AS acl
        FROM pg_catalog.pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
    ) AS p
    CROSS JOIN (
        SELECT oid, rolsuper FROM pg_catalog.pg_roles WHERE rolname = %(owner)s
    ) AS o
    CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(n.nspname::text ORDER BY u.place), '{}') AS type_schemas,
               COALESCE(array_agg(y.typname::text ORDER BY u.place), '{}') AS type_names
        FROM unnest(p.proargtypes) WITH ORDINALITY AS u (type, place)
        JOIN pg_catalog.pg_type AS y ON y.oid = u.type
        JOIN pg_catalog.pg_namespace AS n ON n.oid = y.typnamespace
    ) AS t
    CROSS JOIN LATERAL (
        SELECT p.proname || '(' || array_to_string(t.type_names, ',') || ')' AS text
    ) AS signature
    LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.classoid = 'pg_catalog.pg_proc'::regclass AND i.objoid = p.oid
    WHERE signature.text = ANY (%(closed)s::text[])
       OR p.provolatile <> 'i' AND signature.text <> ALL (%(kept)s::text[])
) AS s
WHERE s.public_has OR s.owner_lacks
ORDER BY s.proname, s.type_names
