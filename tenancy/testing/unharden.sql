-- Gives PUBLIC what it has in a database that was just made, for tests of what hardening closes.
-- Routines without an entry in pg_init_privs started with EXECUTE for PUBLIC; relations and their
-- columns started with what their entry says. Run by a superuser; no parameters.
DO $$
DECLARE
    command text;
BEGIN
    FOR command IN
        SELECT format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', p.oid::regprocedure)
        FROM pg_catalog.pg_proc AS p
        LEFT JOIN pg_catalog.pg_init_privs AS i
            ON i.classoid = 'pg_catalog.pg_proc'::regclass AND i.objoid = p.oid
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND p.proacl IS NOT NULL
          AND i.objoid IS NULL
        UNION ALL
        SELECT format('GRANT %s ON %s TO PUBLIC', a.privilege_type, c.oid::regclass)
        FROM pg_catalog.pg_init_privs AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.objoid
        CROSS JOIN LATERAL aclexplode(i.initprivs) AS a
        WHERE i.classoid = 'pg_catalog.pg_class'::regclass AND i.objsubid = 0 AND a.grantee = 0
    LOOP
        EXECUTE command;
    END LOOP;
    GRANT USAGE ON SCHEMA information_schema TO PUBLIC;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
    GRANT USAGE ON LANGUAGE sql, plpgsql TO PUBLIC;
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
END
$$
