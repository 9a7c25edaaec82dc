-- What PUBLIC may do in the schema "public".
-- Parameters: none.
SELECT 'SCHEMA', a.privilege_type, NULL, n.nspname::text, NULL, NULL, NULL, true, false
FROM pg_catalog.pg_namespace AS n,
     LATERAL aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) AS a
WHERE n.nspname = 'public'
  AND a.grantee = 0
