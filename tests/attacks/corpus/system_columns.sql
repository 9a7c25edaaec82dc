-- reason: tell transaction numbers, row places and object numbers
-- case: ctid expect: column:system:refused
SELECT ctid FROM {table}
-- case: xmin expect: column:system:refused
SELECT xmin FROM {table}
-- case: xmax expect: column:system:refused
SELECT xmax FROM {table}
-- case: cmin expect: column:system:refused
SELECT cmin FROM {table}
-- case: cmax expect: column:system:refused
SELECT cmax FROM {table}
-- case: tableoid expect: column:system:refused
SELECT tableoid FROM {table}
-- case: qualified expect: column:system:refused
SELECT {table}.xmin FROM {table}
-- case: schema expect: column:system:refused
SELECT {own}.{table}.ctid FROM {own}.{table}
-- case: quoted expect: column:system:refused
SELECT "xmin" FROM {table}
-- case: unicode expect: column:system:refused
SELECT U&"\0078min" FROM {table}
-- case: case expect: column:system:refused
SELECT XMIN FROM {table}
-- case: comment expect: column:system:refused
SELECT {table} . /* */ xmin FROM {table}
-- case: indirection expect: column:system:refused
SELECT ({table}).tableoid FROM {table}
-- case: indirection_subquery expect: column:system:refused
SELECT ((SELECT l FROM {table} l LIMIT 1)).ctid
-- case: where expect: column:system:refused
SELECT 1 FROM {table} WHERE xmin::text = '1'
-- case: order_by expect: column:system:refused
SELECT 1 FROM {table} ORDER BY ctid
-- case: group_by expect: column:system:refused
SELECT count(*) FROM {table} GROUP BY tableoid
-- case: join_on expect: column:system:refused
SELECT 1 FROM {table} a JOIN {table} b ON a.ctid = b.ctid
-- case: join_using expect: column:system:refused
SELECT 1 FROM {table} a JOIN {table} b USING (tableoid)
-- case: returning expect: column:system:refused
UPDATE {table} SET id = id RETURNING xmax
-- case: on_conflict_target expect: column:system:refused
INSERT INTO {table} (id) VALUES (1) ON CONFLICT (ctid) DO NOTHING
-- case: excluded expect: column:system:refused
INSERT INTO {table} (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.xmin
-- case: age expect: column:system:refused
SELECT age(xmin) FROM {table}
-- case: cast expect: type:name:unlisted
SELECT age('3'::xid)
-- case: regclass expect: type:name:unlisted
SELECT tableoid::regclass FROM {table}
-- case: delete expect: column:system:refused
DELETE FROM {table} WHERE ctid = '(0,1)'
-- case: update_where expect: column:system:refused
UPDATE {table} SET name = '' WHERE ctid = ANY(ARRAY[]::text[])
-- case: alias expect: column:system:refused
SELECT x.xmin FROM {table} AS x(a, b)
-- case: subquery expect: column:system:refused
SELECT (SELECT xmin FROM {table} LIMIT 1)
-- case: row expect: column:system:refused
SELECT ROW(ctid, xmin) FROM {table}
