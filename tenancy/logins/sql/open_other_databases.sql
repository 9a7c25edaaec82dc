-- Other databases of the cluster that PUBLIC may connect to, or that the owner needs and may not.
-- Parameters: owner (name), owner_databases (text[]), leave_databases (text[]).
SELECT 'DATABASE', 'CONNECT', NULL, s.datname, NULL, NULL, NULL, s.public_has, s.owner_lacks
FROM (
    SELECT d.datname::text AS datname,
           EXISTS (
               SELECT FROM aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) AS a
               WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT'
           ) AS public_has,
           d.datname = ANY (%(owner_databases)s::name[])
           AND NOT o.rolsuper
           AND NOT EXISTS (
               SELECT FROM aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) AS a
               WHERE a.grantee = o.oid AND a.privilege_type = 'CONNECT'
           ) AS owner_lacks
    FROM pg_catalog.pg_database AS d,
         (SELECT oid, rolsuper FROM pg_catalog.pg_roles WHERE rolname = %(owner)s) AS o
    WHERE d.datname <> current_database()
      AND d.datallowconn
      AND d.datname <> ALL (%(leave_databases)s::name[])
) AS s
WHERE s.public_has OR s.owner_lacks
ORDER BY s.datname
