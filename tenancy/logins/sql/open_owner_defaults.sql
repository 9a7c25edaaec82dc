-- One row if routines that the owner makes from now on could be executed by PUBLIC.
-- Parameters: owner (name).
SELECT 'DEFAULT', 'EXECUTE', NULL, o.rolname::text, NULL, NULL, NULL, true, false
FROM pg_catalog.pg_roles AS o
WHERE o.rolname = %(owner)s
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_default_acl AS d
      WHERE d.defaclrole = o.oid
        AND d.defaclnamespace = 0
        AND d.defaclobjtype = 'f'
        AND NOT EXISTS (SELECT FROM aclexplode(d.defaclacl) AS a WHERE a.grantee = 0)
  )
