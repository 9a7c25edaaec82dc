-- reason: leaves something in the session, or reads what another left there
-- case: declare_hold expect: statement:kind:refused
DECLARE c CURSOR WITH HOLD FOR SELECT 1
-- case: declare expect: statement:kind:refused
DECLARE c SCROLL CURSOR FOR SELECT * FROM {table}
-- case: fetch expect: statement:kind:refused
FETCH ALL FROM c
-- case: move expect: statement:kind:refused
MOVE FORWARD 1 IN c
-- case: close expect: statement:kind:refused
CLOSE ALL
-- case: prepare expect: statement:kind:refused
PREPARE _pg3_0 AS SELECT 1
-- case: prepare_types expect: statement:kind:refused
PREPARE p(int) AS SELECT $1
-- case: execute expect: statement:kind:refused
EXECUTE _pg3_0
-- case: execute_arguments expect: statement:kind:refused
EXECUTE _pg3_0(1)
-- case: deallocate expect: statement:kind:refused
DEALLOCATE ALL
-- case: cursors_view expect: relation:catalog:refused
SELECT * FROM pg_cursors
-- case: prepared_view expect: relation:catalog:refused
SELECT statement FROM pg_prepared_statements
-- case: create_temp expect: statement:kind:refused
CREATE TEMP TABLE {table} (id int)
-- case: create_temp_as expect: statement:kind:refused
CREATE TEMPORARY TABLE x AS SELECT 1
-- case: select_into_temp expect: node:kind:unlisted
SELECT * INTO TEMP x FROM {table}
-- case: select_into expect: node:kind:unlisted
SELECT * INTO x FROM {table}
-- case: select_into_union expect: node:kind:unlisted
SELECT 1 INTO x UNION SELECT 2
-- case: select_into_foreign expect: node:kind:unlisted
SELECT 1 INTO {other}.x
-- case: create_table_as expect: statement:kind:refused
CREATE TABLE x AS SELECT 1
-- case: execute_into expect: statement:kind:refused
CREATE TABLE x AS EXECUTE p
-- case: temp_relation expect: relation:catalog:refused
SELECT * FROM pg_temp.{table}
-- case: temp_relation_number expect: relation:catalog:refused
SELECT * FROM pg_temp_3.{table}
-- case: temp_insert expect: relation:catalog:refused
INSERT INTO pg_temp.{table} VALUES (1)
-- case: temp_view expect: statement:kind:refused
CREATE TEMP VIEW {table} AS SELECT 1
-- case: current_of expect: node:kind:unlisted
UPDATE {table} SET name = '' WHERE CURRENT OF c
-- case: delete_current_of expect: node:kind:unlisted
DELETE FROM {table} WHERE CURRENT OF c
-- case: setseed expect: function:name:unlisted
SELECT setseed(0.5)
-- case: lastval expect: function:name:unlisted
SELECT lastval()
-- case: custom_setting expect: statement:kind:refused
SET app.tenant = '{other}'
-- case: setting_back expect: function:name:unlisted
SELECT current_setting('app.tenant')
-- case: listen expect: statement:kind:refused
LISTEN x
-- case: unlisten expect: statement:kind:refused
UNLISTEN *
