-- reason: leaves the database for files, programs or other servers
-- case: copy_program expect: statement:kind:refused
COPY {table} FROM PROGRAM 'id'
-- case: copy_to_program expect: statement:kind:refused
COPY {table} TO PROGRAM 'nc x 1'
-- case: copy_file expect: statement:kind:refused
COPY {table} TO '/tmp/x'
-- case: copy_stdout expect: statement:kind:refused
COPY {other}.{table} TO STDOUT
-- case: copy_stdin expect: statement:kind:refused
COPY {table} FROM STDIN
-- case: copy_query expect: statement:kind:refused
COPY (SELECT * FROM {other}.{table}) TO STDOUT
-- case: read_file expect: function:name:unlisted
SELECT pg_read_file('/etc/passwd')
-- case: read_binary_file expect: function:name:unlisted
SELECT pg_read_binary_file('PG_VERSION')
-- case: stat_file expect: function:name:unlisted
SELECT pg_stat_file('PG_VERSION')
-- case: ls_dir expect: function:name:unlisted
SELECT pg_ls_dir('.')
-- case: ls_waldir expect: function:name:unlisted
SELECT * FROM pg_ls_waldir()
-- case: dblink expect: function:name:unlisted
SELECT * FROM dblink('dbname=x', 'SELECT 1') AS x(a int)
-- case: dblink_connect expect: function:name:unlisted
SELECT dblink_connect('dbname=x')
-- case: dblink_exec expect: function:name:unlisted
SELECT dblink_exec('host=127.0.0.1', 'DROP TABLE x')
-- case: create_server expect: statement:kind:refused
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw
-- case: user_mapping expect: statement:kind:refused
CREATE USER MAPPING FOR CURRENT_USER SERVER s
-- case: import_schema expect: statement:kind:refused
IMPORT FOREIGN SCHEMA {other} FROM SERVER s INTO {own}
-- case: create_role expect: statement:kind:refused
CREATE ROLE x SUPERUSER LOGIN
-- case: create_database expect: statement:kind:refused
CREATE DATABASE x TEMPLATE template0
-- case: create_tablespace expect: statement:kind:refused
CREATE TABLESPACE x LOCATION '/tmp'
-- case: create_subscription expect: statement:kind:refused
CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p
-- case: checkpoint expect: statement:kind:refused
CHECKPOINT
-- case: rotate_log expect: function:name:unlisted
SELECT pg_rotate_logfile()
-- case: reload expect: function:name:unlisted
SELECT pg_reload_conf()
-- case: export_snapshot expect: function:name:unlisted
SELECT pg_export_snapshot()
-- case: hba_rules expect: function:name:unlisted
SELECT * FROM pg_hba_file_rules()
