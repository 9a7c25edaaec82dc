-- reason: a function gets SQL or names as text, which no parser of statements sees
-- case: query_to_xml expect: function:name:unlisted
SELECT query_to_xml('SELECT * FROM {other}.{table}', true, false, '')
-- case: query_to_xml_e_string expect: function:name:unlisted
SELECT query_to_xml(E'SELECT \x2a FROM {other}.{table}', true, false, '')
-- case: query_to_xml_dollar expect: function:name:unlisted
SELECT query_to_xml($$SELECT * FROM {other}.{table}$$, true, false, '')
-- case: query_to_xml_tagged expect: function:name:unlisted
SELECT query_to_xml($a$SELECT * FROM {other}.{table}$a$, true, false, '')
-- case: query_to_xml_unicode expect: function:name:unlisted
SELECT query_to_xml(U&'SELECT \002a FROM {other}.{table}', true, false, '')
-- case: query_to_xml_continued expect: function:name:unlisted
SELECT query_to_xml('SELECT * FROM '
'{other}.{table}', true, false, '')
-- case: query_to_xml_parameter expect: function:name:unlisted params: ["SELECT * FROM {other}.{table}"]
SELECT query_to_xml(%s, true, false, '')
-- case: query_to_xml_nested expect: function:name:unlisted
SELECT lower(query_to_xml('SELECT 1', true, false, '')::text)
-- case: query_to_xmlschema expect: function:name:unlisted
SELECT query_to_xmlschema('SELECT 1', true, false, '')
-- case: query_to_xml_and_xmlschema expect: function:name:unlisted
SELECT query_to_xml_and_xmlschema('SELECT 1', true, false, '')
-- case: table_to_xml expect: function:name:unlisted
SELECT table_to_xml('{other}.{table}', true, false, '')
-- case: table_to_xml_cast expect: function:name:unlisted
SELECT table_to_xml('{other}.{table}'::regclass, true, false, '')
-- case: table_to_xmlschema expect: function:name:unlisted
SELECT table_to_xmlschema('{other}.{table}', true, false, '')
-- case: schema_to_xml expect: function:name:unlisted
SELECT schema_to_xml('{other}', true, false, '')
-- case: schema_to_xmlschema expect: function:name:unlisted
SELECT schema_to_xmlschema('{other}', true, false, '')
-- case: database_to_xml expect: function:name:unlisted
SELECT database_to_xml(true, false, '')
-- case: cursor_to_xml expect: function:name:unlisted
SELECT cursor_to_xml('c', 10, true, false, '')
-- case: cursor_to_xmlschema expect: function:name:unlisted
SELECT cursor_to_xmlschema('c', true, false, '')
-- case: ts_stat expect: function:name:unlisted
SELECT * FROM ts_stat('SELECT to_tsvector(name) FROM {other}.{table}')
-- case: ts_stat_weights expect: function:name:unlisted
SELECT word FROM ts_stat('SELECT 1', 'a')
-- case: ts_rewrite expect: function:name:unlisted
SELECT ts_rewrite('a'::tsquery, 'SELECT t, s FROM {other}.x')
-- case: ts_rewrite_qualified expect: function:name:unlisted
SELECT pg_catalog.ts_rewrite(to_tsquery('a'), 'SELECT 1')
-- case: ts_debug expect: function:name:unlisted
SELECT * FROM ts_debug('english', 'a')
-- case: ts_parse expect: function:name:unlisted
SELECT * FROM ts_parse('default', 'a')
-- case: ts_token_type expect: function:name:unlisted
SELECT * FROM ts_token_type('default')
-- case: crosstab expect: function:name:unlisted
SELECT * FROM crosstab('SELECT 1, 2, 3') AS x(a int, b int)
-- case: connectby expect: function:name:unlisted
SELECT * FROM connectby('{table}', 'id', 'id', '1', 0) AS x(a int)
-- case: xpath_table expect: function:name:unlisted
SELECT * FROM xpath_table('id', 'x', '{table}', '/', 'true') AS x(a int)
-- case: error_based expect: function:name:unlisted
SELECT CAST(query_to_xml('SELECT current_user', true, false, '')::text AS int)
-- case: xmltable expect: node:kind:unlisted
SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS b regclass PATH '.')
-- case: xmlparse expect: node:kind:unlisted
SELECT XMLPARSE(DOCUMENT '<a/>')
-- case: xmlserialize expect: node:kind:unlisted
SELECT XMLSERIALIZE(DOCUMENT '1259' AS regclass)
-- case: xmlelement expect: node:kind:unlisted
SELECT XMLELEMENT(NAME a, 1)
-- case: xmlroot expect: node:kind:unlisted
SELECT XMLROOT('<a/>', VERSION '1.0')
-- case: xmlforest expect: node:kind:unlisted
SELECT XMLFOREST(name) FROM {table}
-- case: xpath expect: function:name:unlisted
SELECT xpath('/a', '<a/>')
