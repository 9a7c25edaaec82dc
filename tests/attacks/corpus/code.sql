-- reason: runs code of the attacker's own, or keeps it in the database
-- case: do expect: statement:kind:refused
DO $$ BEGIN EXECUTE 'SET ROLE {other}'; END $$
-- case: do_language expect: statement:kind:refused
DO LANGUAGE plpgsql 'BEGIN RESET ROLE; END'
-- case: do_tagged expect: statement:kind:refused
DO $x$ BEGIN PERFORM 1; END $x$
-- case: call expect: statement:kind:refused
CALL {other}.p()
-- case: create_function expect: statement:kind:refused
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
-- case: create_temp_function expect: statement:kind:refused
CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE sql SET role TO '{other}' AS 'SELECT 1'
-- case: create_procedure expect: statement:kind:refused
CREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'
-- case: create_cast expect: statement:kind:refused
CREATE CAST (text AS int) WITH INOUT AS IMPLICIT
-- case: create_extension expect: statement:kind:refused
CREATE EXTENSION dblink
-- case: create_language expect: statement:kind:refused
CREATE LANGUAGE plpython3u
-- case: load expect: statement:kind:refused
LOAD 'auto_explain'
-- case: create_event_trigger expect: statement:kind:refused
CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()
-- case: own_function expect: function:schema:refused
SELECT {own}.f()
-- case: temp_function expect: function:schema:refused
SELECT pg_temp.f()
-- case: foreign_function expect: function:schema:refused
SELECT {other}.f()
-- case: public_function expect: function:schema:refused
SELECT public.f()
-- case: database_function expect: function:schema:refused
SELECT x.{other}.f()
-- case: unknown_function expect: function:name:unlisted
SELECT f(1)
-- case: security_label expect: statement:kind:refused
SECURITY LABEL ON TABLE {table} IS 'x'
