-- reason: the input and output functions of these types look names up; nothing grants them
-- case: regclass expect: type:name:unlisted
SELECT 1259::regclass
-- case: regrole expect: type:name:unlisted
SELECT 1259::regrole
-- case: regnamespace expect: type:name:unlisted
SELECT 1259::regnamespace
-- case: regproc expect: type:name:unlisted
SELECT 1259::regproc
-- case: regprocedure expect: type:name:unlisted
SELECT 1259::regprocedure
-- case: regoper expect: type:name:unlisted
SELECT 1259::regoper
-- case: regoperator expect: type:name:unlisted
SELECT 1259::regoperator
-- case: regtype expect: type:name:unlisted
SELECT 1259::regtype
-- case: regcollation expect: type:name:unlisted
SELECT 1259::regcollation
-- case: oid expect: type:name:unlisted
SELECT 1259::oid
-- case: xid expect: type:name:unlisted
SELECT 1259::xid
-- case: xid8 expect: type:name:unlisted
SELECT 1259::xid8
-- case: cid expect: type:name:unlisted
SELECT 1259::cid
-- case: tid expect: type:name:unlisted
SELECT 1259::tid
-- case: pg_lsn expect: type:name:unlisted
SELECT 1259::pg_lsn
-- case: pg_snapshot expect: type:name:unlisted
SELECT 1259::pg_snapshot
-- case: txid_snapshot expect: type:name:unlisted
SELECT 1259::txid_snapshot
-- case: oidvector expect: type:name:unlisted
SELECT 1259::oidvector
-- case: int2vector expect: type:name:unlisted
SELECT 1259::int2vector
-- case: regrole_name expect: type:name:unlisted
SELECT '{other}'::regrole
-- case: regnamespace_name expect: type:name:unlisted
SELECT '{other}'::regnamespace
-- case: regclass_name expect: type:name:unlisted
SELECT '{other}.{table}'::regclass
-- case: aclitem expect: type:name:unlisted
SELECT '{other}=r/{other}'::aclitem
-- case: aclitem_array expect: type:name:unlisted
SELECT '{{other}=r/{other}}'::aclitem[]
-- case: cast_syntax expect: type:name:unlisted
SELECT CAST(1259 AS regclass)
-- case: cast_qualified expect: type:name:unlisted
SELECT CAST(1259 AS pg_catalog.regclass)
-- case: cast_quoted expect: type:name:unlisted
SELECT 1259::"regclass"
-- case: cast_unicode expect: type:name:unlisted
SELECT 1259::U&"reg\0063lass"
-- case: cast_case expect: type:name:unlisted
SELECT 1259::RegClass
-- case: cast_comment expect: type:name:unlisted
SELECT 1259::/**/regclass
-- case: typed_literal expect: type:name:unlisted
SELECT regclass '{other}.{table}'
-- case: typed_literal_qualified expect: type:name:unlisted
SELECT pg_catalog.regclass '{other}.{table}'
-- case: functional expect: function:name:unlisted
SELECT regclass('{other}.{table}')
-- case: functional_qualified expect: function:name:unlisted
SELECT pg_catalog.regrole('{other}')
-- case: functional_quoted expect: function:name:unlisted
SELECT "regnamespace"('{other}')
-- case: array expect: type:name:unlisted
SELECT '{1259}'::regclass[]
-- case: array_cast expect: type:name:unlisted
SELECT ARRAY[1259]::regclass[]
-- case: array_type_name expect: type:name:unlisted
SELECT '{1259}'::_regclass
-- case: array_keyword expect: type:name:unlisted
SELECT '{1259}'::regclass ARRAY
-- case: array_bounds expect: type:name:unlisted
SELECT '{1259}'::regclass[3]
-- case: twice expect: type:name:unlisted
SELECT 1259::regclass::text
-- case: nested expect: type:name:unlisted
SELECT lower((1259::regclass)::text)
-- case: as_argument expect: type:name:unlisted
SELECT lower('1259'::regclass)
-- case: as_second_argument expect: type:name:unlisted
SELECT concat('a', '1259'::regclass)
-- case: series expect: type:name:unlisted
SELECT g::regclass FROM generate_series(1, 20000) AS g
-- case: parameter expect: type:name:unlisted params: ["{other}.{table}"]
SELECT %s::regclass
-- case: parameter_cast expect: type:name:unlisted params: ["{other}"]
SELECT CAST(%s AS regrole)
-- case: parameter_array expect: type:name:unlisted params: ["{{other}}"]
SELECT %s::regrole[]
-- case: where expect: type:name:unlisted
SELECT 1 FROM {table} WHERE name = '{other}'::regrole::text
-- case: insert expect: type:name:unlisted
INSERT INTO {table} (name) VALUES (1259::regclass)
-- case: in_case expect: type:name:unlisted
SELECT CASE WHEN true THEN 1259::regclass END
-- case: coldeflist expect: type:name:unlisted
SELECT * FROM json_to_record('{"a": 1259}') AS x(a regclass)
-- case: recordset expect: type:name:unlisted
SELECT * FROM jsonb_to_recordset('[{"a": 1259}]') AS x(a regclass[])
-- case: rows_from expect: type:name:unlisted
SELECT * FROM ROWS FROM (json_to_record('{"a": 1259}') AS (a regrole)) AS x
-- case: json_table expect: type:name:unlisted
SELECT * FROM JSON_TABLE('[1259]', '$[*]' COLUMNS (a regclass PATH '$')) AS x
-- case: json_table_nested expect: type:name:unlisted
SELECT * FROM JSON_TABLE('[1]', '$' COLUMNS (NESTED PATH '$[*]' COLUMNS (a regclass PATH '$'))) AS x
-- case: json_value expect: type:name:unlisted
SELECT JSON_VALUE('1259', '$' RETURNING regclass)
-- case: json_query expect: type:name:unlisted
SELECT JSON_QUERY('1259', '$' RETURNING regrole)
-- case: json_serialize expect: type:name:unlisted
SELECT JSON_SERIALIZE('1' RETURNING regclass)
-- case: json_objectagg expect: type:name:unlisted
SELECT JSON_OBJECTAGG('a': 1 RETURNING regclass)
-- case: row_type expect: type:name:unlisted
SELECT NULL::{table}
-- case: row_type_foreign expect: type:schema:refused
SELECT NULL::{other}.{table}
-- case: row_type_populate expect: type:name:unlisted
SELECT json_populate_record(NULL::{table}, '{}')
-- case: row_type_catalog expect: type:name:unlisted
SELECT NULL::pg_class
-- case: foreign_type expect: type:schema:refused
SELECT 'a'::{other}.mood
-- case: temp_type expect: type:schema:refused
SELECT 'a'::pg_temp.mood
-- case: database_type expect: type:schema:refused
SELECT 'a'::x.{other}.mood
-- case: cstring expect: type:name:unlisted
SELECT 'a'::cstring
-- case: internal expect: type:name:unlisted
SELECT NULL::internal
-- case: anyelement expect: type:name:unlisted
SELECT NULL::anyelement
-- case: record expect: type:name:unlisted
SELECT NULL::record
-- case: void expect: type:name:unlisted
SELECT ''::void
-- case: unknown expect: type:name:unlisted
SELECT 'a'::unknown
-- case: char_internal expect: type:name:unlisted
SELECT 'a'::"char"
-- case: xml expect: type:name:unlisted
SELECT '<a/>'::xml
-- case: pg_node_tree expect: type:name:unlisted
SELECT 'a'::pg_node_tree
-- case: ctid_literal expect: type:name:unlisted
SELECT '(0,1)'::tid
-- case: treat expect: function:name:unlisted
SELECT TREAT(1259 AS regclass)
-- case: is_document expect: node:kind:unlisted
SELECT '<a/>' IS DOCUMENT
-- case: type_of_column expect: type:schema:refused
SELECT 1::{table}.id%TYPE
