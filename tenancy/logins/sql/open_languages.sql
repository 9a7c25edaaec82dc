-- Languages that PUBLIC may write functions and DO blocks in, or that the owner needs and may not.
-- Untrusted languages have no such right to revoke: they are the superuser's already.
-- Parameters: owner (name).
SELECT 'LANGUAGE', 'USAGE', NULL, s.lanname, NULL, NULL, NULL, s.public_has, s.owner_lacks
FROM (
    SELECT l.lanname::text AS lanname,
           EXISTS (
               SELECT FROM aclexplode(COALESCE(l.lanacl, acldefault('l', l.lanowner))) AS a
               WHERE a.grantee = 0
           ) AS public_has,
           NOT o.rolsuper
           AND l.lanowner <> o.oid
           AND NOT EXISTS (
               SELECT FROM aclexplode(l.lanacl) AS a WHERE a.grantee = o.oid
           ) AS owner_lacks
    FROM pg_catalog.pg_language AS l,
         (SELECT oid, rolsuper FROM pg_catalog.pg_roles WHERE rolname = %(owner)s) AS o
    WHERE l.lanpltrusted
) AS s
WHERE s.public_has OR s.owner_lacks
ORDER BY s.lanname
