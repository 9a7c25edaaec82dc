-- reason: a name after a dot calls a function without a call in the tree
-- case: field expect: field:name:unlisted
SELECT (1259).regclass
-- case: field_setting expect: field:name:unlisted
SELECT ('search_path').current_setting
-- case: field_sleep expect: field:name:unlisted
SELECT (10).pg_sleep
-- case: field_quoted expect: field:name:unlisted
SELECT (1259)."regclass"
-- case: field_unicode expect: field:name:unlisted
SELECT (1259).U&"reg\0063lass"
-- case: field_parameter expect: field:name:unlisted params: ["search_path"]
SELECT (%s).current_setting
-- case: field_cast expect: field:name:unlisted
SELECT ('x'::text).current_setting
-- case: field_subscript expect: field:name:unlisted
SELECT (ARRAY['search_path'])[1].current_setting
-- case: field_subquery expect: field:name:unlisted
SELECT (SELECT 'search_path'::text).current_setting
-- case: field_case expect: field:name:unlisted
SELECT (CASE WHEN true THEN 'x' END).pg_read_file
-- case: field_row expect: field:name:unlisted
SELECT (ROW(1)).record_out
-- case: field_table expect: field:name:unlisted
SELECT ({table}).pg_typeof FROM {table}
-- case: field_chain expect: field:name:unlisted
SELECT (1259).regclass.text
-- case: row_typeof expect: column:function:refused
SELECT {table}.pg_typeof FROM {table}
-- case: row_column_size expect: column:function:refused
SELECT l.pg_column_size FROM {table} l
-- case: row_record_out expect: column:function:refused
SELECT l.record_out FROM {table} l
-- case: row_schema expect: column:function:refused
SELECT {own}.{table}.pg_typeof FROM {table}
-- case: row_excluded expect: column:function:refused
INSERT INTO {table} (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.record_out
-- case: row_subquery expect: column:function:refused
SELECT s.pg_typeof FROM (SELECT 1) s
-- case: row_cte expect: column:function:refused
WITH s AS (SELECT 1) SELECT s.pg_collation_for FROM s
-- case: source_setting expect: column:function:refused
SELECT x.current_setting FROM unnest(ARRAY['search_path']) x
-- case: source_regclass expect: column:function:refused
SELECT x.regclass FROM generate_series(1, 20000) x
-- case: source_no_alias expect: column:function:refused
SELECT unnest.current_setting FROM unnest(ARRAY['search_path'])
-- case: source_renamed expect: column:function:refused
SELECT current_setting.current_setting FROM unnest(ARRAY['search_path']) current_setting(y)
-- case: source_named_output expect: column:function:refused
SELECT current_setting.current_setting FROM jsonb_array_elements_text('["search_path"]') current_setting
-- case: source_cast expect: column:function:refused
SELECT c.current_setting FROM CAST('search_path' AS text) c
-- case: source_cast_no_alias expect: column:function:refused
SELECT text.current_setting FROM CAST('search_path' AS text)
-- case: source_coalesce expect: column:function:refused
SELECT c.pg_sleep FROM COALESCE(NULL, 10) c
-- case: source_two_scopes expect: column:function:refused
SELECT g.current_setting FROM unnest(ARRAY['x']) g WHERE EXISTS (SELECT 1 FROM unnest(ARRAY[1]) g(current_setting))
-- case: source_lateral expect: column:function:refused
SELECT x.pg_ls_dir FROM {table}, LATERAL lower(name) x
-- case: source_rows_from expect: column:function:refused
SELECT x.pg_sleep FROM ROWS FROM (generate_series(1, 2)) x
-- case: source_update expect: column:function:refused
UPDATE {table} SET name = x.current_setting FROM lower('SEARCH_PATH') x
-- case: source_delete expect: column:function:refused
DELETE FROM {table} USING lower('ROLE') x WHERE x.current_setting = ''
-- case: source_returning expect: column:function:refused
UPDATE {table} SET id = id FROM lower('ROLE') x RETURNING x.current_setting
-- case: column_as_call expect: function:name:unlisted
SELECT xmin({table}) FROM {table}
-- case: column_as_call_oid expect: function:name:unlisted
SELECT tableoid(l) FROM {table} l
-- case: qualified_call expect: function:schema:refused
SELECT name.current_setting('role')
