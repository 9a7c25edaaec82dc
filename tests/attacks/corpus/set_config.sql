-- reason: sets a setting, the role included, from inside an expression
-- case: select expect: function:name:unlisted
SELECT set_config('role', '{other}', false)
-- case: qualified expect: function:name:unlisted
SELECT pg_catalog.set_config('role', '{other}', false)
-- case: quoted expect: function:name:unlisted
SELECT "set_config"('role', '{other}', false)
-- case: quoted_both expect: function:name:unlisted
SELECT "pg_catalog"."set_config"('role', '{other}', false)
-- case: unicode expect: function:name:unlisted
SELECT U&"\0073et_config"('role', '{other}', false)
-- case: unicode_uescape expect: function:name:unlisted
SELECT U&"!0073et_config" UESCAPE '!' ('role', '{other}', false)
-- case: case expect: function:name:unlisted
SELECT SeT_CoNfIg('role', '{other}', false)
-- case: comment expect: function:name:unlisted
SELECT set_config/**/('role'/* , */, '{other}', false)
-- case: union expect: function:name:unlisted
SELECT name FROM {table} UNION SELECT set_config('role', '{other}', false)
-- case: where expect: function:name:unlisted
SELECT 1 FROM {table} WHERE set_config('role', '{other}', false) IS NOT NULL
-- case: order_by expect: function:name:unlisted
SELECT 1 FROM {table} ORDER BY set_config('role', '{other}', false)
-- case: limit expect: function:name:unlisted
SELECT 1 FROM {table} LIMIT length(set_config('role', '{other}', false))
-- case: offset expect: function:name:unlisted
SELECT 1 FROM {table} OFFSET length(set_config('role', '{other}', false))
-- case: group_by expect: function:name:unlisted
SELECT count(*) FROM {table} GROUP BY set_config('role', '{other}', false)
-- case: having expect: function:name:unlisted
SELECT count(*) FROM {table} HAVING set_config('role', '{other}', false) > ''
-- case: returning expect: function:name:unlisted
UPDATE {table} SET name = name RETURNING set_config('role', '{other}', false)
-- case: insert_values expect: function:name:unlisted
INSERT INTO {table} (name) VALUES (set_config('role', '{other}', false))
-- case: insert_select expect: function:name:unlisted
INSERT INTO {table} (name) SELECT set_config('role', '{other}', false)
-- case: set_clause expect: function:name:unlisted
UPDATE {table} SET name = set_config('role', '{other}', false)
-- case: on_conflict expect: function:name:unlisted
INSERT INTO {table} (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = set_config('role', '{other}', false)
-- case: on_conflict_where expect: function:name:unlisted
INSERT INTO {table} (id) VALUES (1) ON CONFLICT (id) WHERE set_config('role', '{other}', false) > '' DO NOTHING
-- case: delete_where expect: function:name:unlisted
DELETE FROM {table} WHERE set_config('role', '{other}', false) = ''
-- case: delete_using expect: function:name:unlisted
DELETE FROM {table} USING set_config('role', '{other}', false) WHERE false
-- case: cte expect: function:name:unlisted
WITH a AS (SELECT set_config('role', '{other}', false)) SELECT * FROM a
-- case: cte_dml expect: function:name:unlisted
WITH a AS (UPDATE {table} SET name = name RETURNING set_config('role', '{other}', false)) SELECT * FROM a
-- case: subquery expect: function:name:unlisted
SELECT (SELECT set_config('role', '{other}', false))
-- case: from expect: function:name:unlisted
SELECT * FROM set_config('role', '{other}', false)
-- case: rows_from expect: function:name:unlisted
SELECT * FROM ROWS FROM (set_config('role', '{other}', false), generate_series(1, 2)) AS x
-- case: lateral expect: function:name:unlisted
SELECT * FROM {table}, LATERAL set_config('role', name, false)
-- case: case_when expect: function:name:unlisted
SELECT CASE WHEN true THEN set_config('role', '{other}', false) END
-- case: coalesce expect: function:name:unlisted
SELECT COALESCE(NULL, set_config('role', '{other}', false))
-- case: array expect: function:name:unlisted
SELECT ARRAY[set_config('role', '{other}', false)]
-- case: row expect: function:name:unlisted
SELECT ROW(set_config('role', '{other}', false))
-- case: subscript expect: function:name:unlisted
SELECT (ARRAY[1])[length(set_config('role', '{other}', false))]
-- case: window_frame expect: function:name:unlisted
SELECT count(*) OVER (ORDER BY id ROWS length(set_config('role', '{other}', false)) PRECEDING) FROM {table}
-- case: window_partition expect: function:name:unlisted
SELECT count(*) OVER w FROM {table} WINDOW w AS (PARTITION BY set_config('role', '{other}', false))
-- case: filter expect: function:name:unlisted
SELECT count(*) FILTER (WHERE set_config('role', '{other}', false) > '') FROM {table}
-- case: aggregate_order expect: function:name:unlisted
SELECT array_agg(id ORDER BY set_config('role', '{other}', false)) FROM {table}
-- case: within_group expect: function:name:unlisted
SELECT mode() WITHIN GROUP (ORDER BY set_config('role', '{other}', false))
-- case: named_argument expect: function:name:unlisted
SELECT make_interval(days => length(set_config('role', '{other}', false)))
-- case: variadic expect: function:name:unlisted
SELECT concat(VARIADIC ARRAY[set_config('role', '{other}', false)])
-- case: distinct_on expect: function:name:unlisted
SELECT DISTINCT ON (set_config('role', '{other}', false)) 1
-- case: values expect: function:name:unlisted
VALUES (set_config('role', '{other}', false))
-- case: join_on expect: function:name:unlisted
SELECT 1 FROM {table} a JOIN {table} b ON set_config('role', '{other}', false) > ''
-- case: between expect: function:name:unlisted
SELECT 1 WHERE 'a' BETWEEN 'a' AND set_config('role', '{other}', false)
-- case: in_list expect: function:name:unlisted
SELECT 'x' IN ('y', set_config('role', '{other}', false))
-- case: any expect: function:name:unlisted
SELECT 'x' = ANY (ARRAY[set_config('role', '{other}', false)])
-- case: json_constructor expect: function:name:unlisted
SELECT JSON_OBJECT('a': set_config('role', '{other}', false))
-- case: json_array expect: function:name:unlisted
SELECT JSON_ARRAY(set_config('role', '{other}', false))
-- case: json_value_default expect: function:name:unlisted
SELECT JSON_VALUE('1', '$' DEFAULT set_config('role', '{other}', false) ON EMPTY)
-- case: json_passing expect: function:name:unlisted
SELECT JSON_QUERY('1', '$x' PASSING set_config('role', '{other}', false) AS x)
-- case: json_table_source expect: function:name:unlisted
SELECT * FROM JSON_TABLE(set_config('role', '{other}', false)::jsonb, '$' COLUMNS (a int PATH '$')) AS x
-- case: multiassign expect: function:name:unlisted
UPDATE {table} SET (id, name) = (SELECT 1, set_config('role', '{other}', false))
-- case: grouping_sets expect: function:name:unlisted
SELECT count(*) FROM {table} GROUP BY ROLLUP (set_config('role', '{other}', false))
-- case: treat expect: function:name:unlisted
SELECT TREAT(set_config('role', '{other}', false) AS text)
-- case: is_normalized expect: function:name:unlisted
SELECT set_config('role', '{other}', false) IS NORMALIZED
-- case: trim expect: function:name:unlisted
SELECT TRIM(BOTH set_config('role', '{other}', false) FROM 'x')
-- case: extract expect: function:name:unlisted
SELECT EXTRACT(year FROM set_config('role', '{other}', false)::date)
-- case: overlaps expect: function:name:unlisted
SELECT (now(), now()) OVERLAPS (now(), set_config('role', '{other}', false)::date)
-- case: at_time_zone expect: function:name:unlisted
SELECT now() AT TIME ZONE set_config('role', '{other}', false)
-- case: like_escape expect: function:name:unlisted
SELECT 'a' LIKE 'b' ESCAPE set_config('role', '{other}', false)
-- case: collate expect: function:name:unlisted
SELECT set_config('role', '{other}', false) COLLATE "C"
-- case: row_comparison expect: function:name:unlisted
SELECT (1, 2) = (1, length(set_config('role', '{other}', false)))
-- case: parameters expect: function:name:unlisted params: ["role", "{other}"]
SELECT set_config(%s, %s, false)
-- case: with_xml expect: function:name:unlisted
SELECT set_config('role', '{other}', false), query_to_xml('SELECT * FROM {other}.{table}', true, false, '')
