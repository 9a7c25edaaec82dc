-- What PUBLIC may do with this database, and what the owner must be given to keep.
-- Parameters: owner (name).
SELECT 'DATABASE', a.privilege_type, NULL, d.datname::text, NULL, NULL, NULL,
       true,
       d.datdba <> o.oid AND NOT o.rolsuper
FROM pg_catalog.pg_database AS d,
     LATERAL aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) AS a,
     (SELECT oid, rolsuper FROM pg_catalog.pg_roles WHERE rolname = %(owner)s) AS o
WHERE d.datname = current_database()
  AND a.grantee = 0
