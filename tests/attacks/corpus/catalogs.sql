-- reason: the catalogs list every tenant's schemas, logins, tables and definitions
-- case: pg_namespace expect: relation:catalog:refused
SELECT * FROM pg_namespace
-- case: pg_roles expect: relation:catalog:refused
SELECT * FROM pg_roles
-- case: pg_user expect: relation:catalog:refused
SELECT * FROM pg_user
-- case: pg_auth_members expect: relation:catalog:refused
SELECT * FROM pg_auth_members
-- case: pg_class expect: relation:catalog:refused
SELECT * FROM pg_class
-- case: pg_attribute expect: relation:catalog:refused
SELECT * FROM pg_attribute
-- case: pg_attrdef expect: relation:catalog:refused
SELECT * FROM pg_attrdef
-- case: pg_constraint expect: relation:catalog:refused
SELECT * FROM pg_constraint
-- case: pg_enum expect: relation:catalog:refused
SELECT * FROM pg_enum
-- case: pg_proc expect: relation:catalog:refused
SELECT * FROM pg_proc
-- case: pg_views expect: relation:catalog:refused
SELECT * FROM pg_views
-- case: pg_indexes expect: relation:catalog:refused
SELECT * FROM pg_indexes
-- case: pg_policies expect: relation:catalog:refused
SELECT * FROM pg_policies
-- case: pg_statistic_ext expect: relation:catalog:refused
SELECT * FROM pg_statistic_ext
-- case: pg_description expect: relation:catalog:refused
SELECT * FROM pg_description
-- case: pg_shdescription expect: relation:catalog:refused
SELECT * FROM pg_shdescription
-- case: pg_db_role_setting expect: relation:catalog:refused
SELECT * FROM pg_db_role_setting
-- case: pg_foreign_server expect: relation:catalog:refused
SELECT * FROM pg_foreign_server
-- case: pg_largeobject_metadata expect: relation:catalog:refused
SELECT * FROM pg_largeobject_metadata
-- case: pg_type expect: relation:catalog:refused
SELECT * FROM pg_type
-- case: pg_sequences expect: relation:catalog:refused
SELECT * FROM pg_sequences
-- case: pg_depend expect: relation:catalog:refused
SELECT * FROM pg_depend
-- case: pg_authid expect: relation:catalog:refused
SELECT * FROM pg_authid
-- case: pg_shadow expect: relation:catalog:refused
SELECT * FROM pg_shadow
-- case: pg_statistic expect: relation:catalog:refused
SELECT * FROM pg_statistic
-- case: pg_tables expect: relation:catalog:refused
SELECT * FROM pg_tables
-- case: pg_matviews expect: relation:catalog:refused
SELECT * FROM pg_matviews
-- case: pg_trigger expect: relation:catalog:refused
SELECT * FROM pg_trigger
-- case: pg_inherits expect: relation:catalog:refused
SELECT * FROM pg_inherits
-- case: qualified expect: relation:catalog:refused
SELECT nspname FROM pg_catalog.pg_namespace
-- case: quoted expect: relation:catalog:refused
SELECT * FROM "pg_class"
-- case: quoted_both expect: relation:catalog:refused
SELECT * FROM "pg_catalog"."pg_class"
-- case: unicode expect: relation:catalog:refused
SELECT * FROM U&"pg\005fclass"
-- case: unicode_schema expect: relation:catalog:refused
SELECT * FROM U&"\0070g_catalog".pg_class
-- case: unicode_uescape expect: relation:catalog:refused
SELECT * FROM U&"pg#005fclass" UESCAPE '#'
-- case: case expect: relation:catalog:refused
SELECT * FROM PG_Class
-- case: comment expect: relation:catalog:refused
SELECT * FROM/**/pg_class--
-- case: nested_comment expect: relation:catalog:refused
SELECT * FROM /* /* */ x */ pg_class
-- case: newlines expect: relation:catalog:refused
SELECT
*
FROM
	pg_class
-- case: table_command expect: relation:catalog:refused
TABLE pg_class
-- case: only expect: relation:catalog:refused
SELECT * FROM ONLY (pg_class)
-- case: alias expect: relation:catalog:refused
SELECT c.relname FROM pg_class AS c (a)
-- case: join expect: relation:catalog:refused
SELECT 1 FROM {table} JOIN pg_class ON true
-- case: join_using expect: relation:catalog:refused
SELECT 1 FROM {table} NATURAL JOIN pg_class
-- case: subquery expect: relation:catalog:refused
SELECT (SELECT count(*) FROM pg_class)
-- case: exists expect: relation:catalog:refused
SELECT 1 WHERE EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{other}')
-- case: in expect: relation:catalog:refused
SELECT 1 WHERE 'a' IN (SELECT nspname FROM pg_namespace)
-- case: cte expect: relation:catalog:refused
WITH a AS (SELECT * FROM pg_class) SELECT * FROM a
-- case: cte_shadow expect: relation:catalog:refused
WITH pg_class AS (SELECT 1 AS a) SELECT * FROM pg_class
-- case: union expect: relation:catalog:refused
SELECT name FROM {table} UNION ALL SELECT relname FROM pg_class
-- case: except expect: relation:catalog:refused
SELECT name FROM {table} EXCEPT SELECT relname FROM pg_class
-- case: lateral expect: relation:catalog:refused
SELECT * FROM {table}, LATERAL (SELECT * FROM pg_class LIMIT 1) AS x
-- case: insert_select expect: relation:catalog:refused
INSERT INTO {table} (name) SELECT relname FROM pg_class
-- case: update_from expect: relation:catalog:refused
UPDATE {table} SET name = relname FROM pg_class
-- case: update_subselect expect: relation:catalog:refused
UPDATE {table} SET (name) = (SELECT relname FROM pg_class LIMIT 1)
-- case: delete_using expect: relation:catalog:refused
DELETE FROM {table} USING pg_class
-- case: returning_subquery expect: relation:catalog:refused
DELETE FROM {table} RETURNING (SELECT count(*) FROM pg_class)
-- case: on_conflict_subquery expect: relation:catalog:refused
INSERT INTO {table} (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = (SELECT relname FROM pg_class LIMIT 1)
-- case: dml_target expect: relation:catalog:refused
DELETE FROM pg_class
-- case: locked expect: relation:catalog:refused
SELECT 1 FROM {table} FOR UPDATE OF pg_class
-- case: array_subquery expect: relation:catalog:refused
SELECT ARRAY(SELECT relname FROM pg_class)
-- case: row_subquery expect: relation:catalog:refused
SELECT ROW((SELECT count(*) FROM pg_class))
-- case: order_by_subquery expect: relation:catalog:refused
SELECT 1 FROM {table} ORDER BY (SELECT count(*) FROM pg_class)
-- case: limit_subquery expect: relation:catalog:refused
SELECT 1 FROM {table} LIMIT (SELECT count(*) FROM pg_class)
-- case: json_array_query expect: relation:catalog:refused
SELECT JSON_ARRAY(SELECT relname FROM pg_class)
-- case: information_schema expect: relation:catalog:refused
SELECT * FROM information_schema.tables
-- case: information_schema_columns expect: relation:catalog:refused
SELECT * FROM information_schema.columns
-- case: information_schema_quoted expect: relation:catalog:refused
SELECT * FROM "information_schema"."schemata"
-- case: information_schema_case expect: relation:catalog:refused
SELECT * FROM INFORMATION_SCHEMA.Table_Privileges
-- case: toast expect: relation:catalog:refused
SELECT * FROM pg_toast.pg_toast_1262
-- case: database_qualified expect: relation:database:refused
SELECT * FROM postgres.pg_catalog.pg_class
-- case: injected_union expect: relation:catalog:refused
SELECT name FROM {table} WHERE name = '' UNION SELECT rolname FROM pg_roles --'
