-- reason: names another tenant's objects; the wording of the refusal must not tell whether they exist
-- case: select expect: relation:schema:foreign
SELECT * FROM {other}.{table}
-- case: quoted expect: relation:schema:foreign
SELECT * FROM "{other}"."{table}"
-- case: missing_schema expect: relation:schema:foreign
SELECT * FROM nobody.{table}
-- case: missing_table expect: relation:schema:foreign
SELECT * FROM {other}.nothing
-- case: insert expect: relation:schema:foreign
INSERT INTO {other}.{table} (name) VALUES ('x')
-- case: update expect: relation:schema:foreign
UPDATE {other}.{table} SET name = 'x'
-- case: delete expect: relation:schema:foreign
DELETE FROM {other}.{table}
-- case: join expect: relation:schema:foreign
SELECT 1 FROM {table} a JOIN {other}.{table} b ON a.id = b.id
-- case: union expect: relation:schema:foreign
SELECT name FROM {table} UNION SELECT name FROM {other}.{table}
-- case: cte expect: relation:schema:foreign
WITH a AS (SELECT * FROM {other}.{table}) SELECT * FROM a
-- case: cte_dml expect: relation:schema:foreign
WITH a AS (DELETE FROM {other}.{table} RETURNING *) SELECT * FROM a
-- case: subquery expect: relation:schema:foreign
SELECT (SELECT count(*) FROM {other}.{table})
-- case: exists expect: relation:schema:foreign
SELECT 1 WHERE EXISTS (SELECT 1 FROM {other}.{table})
-- case: array expect: relation:schema:foreign
SELECT ARRAY(SELECT name FROM {other}.{table})
-- case: insert_select expect: relation:schema:foreign
INSERT INTO {table} (name) SELECT name FROM {other}.{table}
-- case: update_from expect: relation:schema:foreign
UPDATE {table} SET name = b.name FROM {other}.{table} b
-- case: delete_using expect: relation:schema:foreign
DELETE FROM {table} USING {other}.{table} b
-- case: returning expect: relation:schema:foreign
UPDATE {table} SET id = id RETURNING (SELECT count(*) FROM {other}.{table})
-- case: table_command expect: relation:schema:foreign
TABLE {other}.{table}
-- case: only expect: relation:schema:foreign
SELECT * FROM ONLY {other}.{table}
-- case: lateral expect: relation:schema:foreign
SELECT * FROM {table} a, LATERAL (SELECT * FROM {other}.{table} b WHERE a.id = b.id) x
-- case: column expect: relation:schema:foreign
SELECT {other}.{table}.name FROM {table}
-- case: for_update expect: relation:schema:foreign
SELECT * FROM {other}.{table} FOR UPDATE
-- case: public expect: relation:schema:foreign
SELECT * FROM public.{table}
-- case: platform expect: relation:schema:foreign
SELECT * FROM platform.accounts_customer
-- case: unicode expect: relation:schema:foreign
SELECT * FROM {other}.U&"{table}"
-- case: comment expect: relation:schema:foreign
SELECT * FROM {other}/**/./**/{table}
-- case: case_quoted_own expect: relation:schema:foreign
SELECT * FROM "{OWN}".{table}
-- case: own_and_foreign expect: relation:schema:foreign
SELECT * FROM {own}.{table}, {other}.{table}
-- case: database expect: relation:database:refused
SELECT * FROM postgres.{other}.{table}
-- case: column_database expect: relation:database:refused
SELECT postgres.{other}.{table}.name FROM {table}
-- case: parameter_beside expect: relation:schema:foreign params: [1]
SELECT * FROM {other}.{table} WHERE id = %s
-- case: constraints expect: relation:schema:foreign
SET CONSTRAINTS {other}.c IMMEDIATE
-- case: injected expect: relation:schema:foreign
SELECT * FROM {table} WHERE name = 'x' OR EXISTS (SELECT 1 FROM {other}.{table}) --'
-- case: merge expect: statement:kind:refused
MERGE INTO {table} a USING {other}.{table} b ON a.id = b.id WHEN MATCHED THEN DELETE
-- case: truncate expect: statement:kind:refused
TRUNCATE {other}.{table}
-- case: truncate_own expect: statement:kind:refused
TRUNCATE {table} CASCADE
-- case: lock expect: statement:kind:refused
LOCK TABLE {other}.{table}
-- case: lock_own expect: statement:kind:refused
LOCK {table} IN ACCESS EXCLUSIVE MODE
-- case: tablesample expect: node:kind:unlisted
SELECT * FROM {other}.{table} TABLESAMPLE system (10)
-- case: json_table expect: relation:schema:foreign
SELECT * FROM {other}.{table} l, JSON_TABLE(l.data, '$' COLUMNS (a int PATH '$')) x
