-- reason: counts another tenant's rows, or disturbs its numbers
-- case: nextval expect: relation:schema:foreign
SELECT nextval('{other}.{table}_id_seq')
-- case: currval expect: relation:schema:foreign
SELECT currval('{other}.{table}_id_seq')
-- case: nextval_cast expect: relation:schema:foreign
SELECT nextval('{other}.s'::regclass)
-- case: nextval_cast_function expect: function:argument:refused
SELECT nextval(CAST('{other}.s' AS text)::regclass)
-- case: nextval_cast_syntax expect: relation:schema:foreign
SELECT nextval(CAST('{other}.s' AS regclass))
-- case: nextval_quoted expect: relation:schema:foreign
SELECT nextval('"{other}"."s"')
-- case: nextval_e_string expect: relation:schema:foreign
SELECT nextval(E'{other}\x2es')
-- case: nextval_unicode expect: relation:schema:foreign
SELECT nextval(U&'{other}\002es')
-- case: nextval_dollar expect: relation:schema:foreign
SELECT nextval($${other}.s$$)
-- case: nextval_continued expect: relation:schema:foreign
SELECT nextval('{other}'
'.s')
-- case: nextval_qualified expect: relation:schema:foreign
SELECT pg_catalog.nextval('{other}.s')
-- case: nextval_case expect: relation:schema:foreign
SELECT NextVal('{other}.s')
-- case: nextval_number expect: function:argument:refused
SELECT nextval(16384)
-- case: nextval_number_text expect: function:argument:refused
SELECT nextval('16384')
-- case: nextval_number_cast expect: function:argument:refused
SELECT nextval(16384::regclass)
-- case: nextval_parameter expect: function:argument:refused params: ["{other}.s"]
SELECT nextval(%s)
-- case: nextval_parameter_cast expect: function:argument:refused params: ["{other}.s"]
SELECT nextval(%s::regclass)
-- case: nextval_expression expect: function:argument:refused
SELECT nextval('{other}' || '.s')
-- case: nextval_column expect: function:argument:refused
SELECT nextval(name) FROM {table}
-- case: nextval_blanks expect: function:argument:refused
SELECT nextval(' {other} . s ')
-- case: nextval_upper expect: function:argument:refused
SELECT nextval('{OTHER}.S')
-- case: nextval_database expect: function:argument:refused
SELECT nextval('db.{other}.s')
-- case: nextval_catalog expect: relation:catalog:refused
SELECT nextval('pg_catalog.s')
-- case: nextval_temp expect: relation:catalog:refused
SELECT nextval('pg_temp.s')
-- case: nextval_dash expect: function:argument:refused
SELECT nextval('-')
-- case: nextval_empty expect: function:argument:refused
SELECT nextval('')
-- case: nextval_null expect: function:argument:refused
SELECT nextval(NULL)
-- case: nextval_none expect: function:argument:refused
SELECT nextval()
-- case: nextval_two expect: function:argument:refused
SELECT nextval('s', 's')
-- case: nextval_text_cast expect: function:argument:refused
SELECT nextval('{other}.s'::text)
-- case: nextval_array_cast expect: function:argument:refused
SELECT nextval('{other}.s'::regclass[])
-- case: nextval_long expect: function:argument:refused
SELECT nextval('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
-- case: nextval_open_quote expect: function:argument:refused
SELECT nextval('"{other}.s')
-- case: nextval_regclass_call expect: function:argument:refused
SELECT nextval(regclass('{other}.s'))
-- case: nextval_insert expect: relation:schema:foreign
INSERT INTO {table} (id) VALUES (nextval('{other}.s'))
-- case: nextval_named expect: function:argument:refused
SELECT nextval(regclass => '{other}.s')
-- case: setval expect: function:name:unlisted
SELECT setval('s', 1)
-- case: setval_foreign expect: function:name:unlisted
SELECT setval('{other}.s', 1)
-- case: read expect: relation:schema:foreign
SELECT last_value FROM {other}.s
-- case: alter expect: statement:kind:refused
ALTER SEQUENCE {other}.s RESTART
