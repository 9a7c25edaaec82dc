-- reason: an operator, collation or operator class of another schema runs its owner's function
-- case: expression expect: operator:schema:refused
SELECT 1 OPERATOR({other}.+) 2
-- case: own expect: operator:schema:refused
SELECT 1 OPERATOR({own}.=) 1
-- case: public expect: operator:schema:refused
SELECT 1 OPERATOR(public.=) 1
-- case: prefix expect: operator:schema:refused
SELECT OPERATOR({other}.-) 1
-- case: temp expect: operator:schema:refused
SELECT 1 OPERATOR(pg_temp.=) 1
-- case: any expect: operator:schema:refused
SELECT 1 OPERATOR({other}.=) ANY (ARRAY[1])
-- case: subquery expect: operator:schema:refused
SELECT 1 OPERATOR({other}.=) ANY (SELECT 1)
-- case: row expect: operator:schema:refused
SELECT (1, 2) OPERATOR({other}.=) (1, 2)
-- case: order_using expect: operator:schema:refused
SELECT 1 FROM {table} ORDER BY id USING OPERATOR({other}.<)
-- case: aggregate_order_using expect: operator:schema:refused
SELECT array_agg(id ORDER BY id USING OPERATOR({other}.<)) FROM {table}
-- case: quoted expect: operator:schema:refused
SELECT 1 OPERATOR("{other}".=) 1
-- case: database expect: operator:schema:refused
SELECT 1 OPERATOR(db.{other}.=) 1
-- case: collation expect: collation:schema:refused
SELECT name COLLATE {other}.c FROM {table}
-- case: collation_quoted expect: collation:schema:refused
SELECT name COLLATE "{other}"."c" FROM {table}
-- case: collation_order expect: collation:schema:refused
SELECT 1 FROM {table} ORDER BY name COLLATE {other}.c
-- case: collation_conflict expect: collation:schema:refused
INSERT INTO {table} (name) VALUES ('a') ON CONFLICT (name COLLATE {other}.c) DO NOTHING
-- case: collation_coldef expect: collation:schema:refused
SELECT * FROM json_to_record('{}') AS x(a text COLLATE {other}.c)
-- case: class_conflict expect: node:kind:unlisted
INSERT INTO {table} (name) VALUES ('a') ON CONFLICT (name {other}.text_ops) DO NOTHING
