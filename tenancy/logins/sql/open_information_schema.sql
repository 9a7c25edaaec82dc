-- Whether PUBLIC may look into information_schema, or the owner may not.
-- Parameters: owner (name).
SELECT 'SCHEMA', 'USAGE', NULL, s.nspname, NULL, NULL, NULL, s.public_has, s.owner_lacks
FROM (
    SELECT n.nspname::text AS nspname,
           EXISTS (SELECT FROM aclexplode(n.nspacl) AS a WHERE a.grantee = 0) AS public_has,
           NOT o.rolsuper
           AND NOT EXISTS (
               SELECT FROM aclexplode(n.nspacl) AS a WHERE a.grantee = o.oid
           ) AS owner_lacks
    FROM pg_catalog.pg_namespace AS n,
         (SELECT oid, rolsuper FROM pg_catalog.pg_roles WHERE rolname = %(owner)s) AS o
    WHERE n.nspname = 'information_schema'
) AS s
WHERE s.public_has OR s.owner_lacks
