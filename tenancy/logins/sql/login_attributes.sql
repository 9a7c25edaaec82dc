-- What is known of a login in this database.
-- Parameters: login (name).
SELECT r.rolname::text,
       r.rolcanlogin,
       r.rolsuper,
       r.rolbypassrls,
       r.rolcreaterole,
       r.rolcreatedb,
       r.rolreplication,
       r.rolinherit,
       r.rolconnlimit,
       ARRAY(
           SELECT g.rolname::text
           FROM pg_catalog.pg_auth_members AS m
           JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
           WHERE m.member = r.oid
           ORDER BY 1
       ),
       ARRAY(
           SELECT DISTINCT g.rolname::text
           FROM pg_catalog.pg_auth_members AS m
           JOIN pg_catalog.pg_roles AS g ON g.oid = m.member
           WHERE m.roleid = r.oid
           ORDER BY 1
       ),
       (
           SELECT count(*)
           FROM pg_catalog.pg_shdepend AS d
           WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
             AND d.refobjid = r.oid
             AND d.deptype = 'o'
       ),
       COALESCE(
           (
               SELECT array_agg(s.setting ORDER BY s.setting)
               FROM pg_catalog.pg_db_role_setting AS c,
                    LATERAL unnest(c.setconfig) AS s (setting)
               WHERE c.setrole = r.oid
                 AND c.setdatabase IN (0, (
                     SELECT d.oid
                     FROM pg_catalog.pg_database AS d
                     WHERE d.datname = current_database()
                 ))
           ),
           '{}'
       ),
       pg_catalog.has_database_privilege(r.oid, current_database()::text, 'CONNECT')
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = %(login)s
