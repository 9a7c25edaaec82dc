-- reason: shows an object of anybody by its number or name, without a catalog
-- case: viewdef expect: function:name:unlisted
SELECT pg_get_viewdef(1)
-- case: viewdef_name expect: function:name:unlisted
SELECT pg_get_viewdef('{other}.v')
-- case: functiondef expect: function:name:unlisted
SELECT pg_get_functiondef(1)
-- case: expr expect: function:name:unlisted
SELECT pg_get_expr('x', 1)
-- case: indexdef expect: function:name:unlisted
SELECT pg_get_indexdef(1)
-- case: constraintdef expect: function:name:unlisted
SELECT pg_get_constraintdef(1)
-- case: triggerdef expect: function:name:unlisted
SELECT pg_get_triggerdef(1)
-- case: ruledef expect: function:name:unlisted
SELECT pg_get_ruledef(1)
-- case: userbyid expect: function:name:unlisted
SELECT pg_get_userbyid(10)
-- case: serial_sequence expect: function:name:unlisted
SELECT pg_get_serial_sequence('{other}.{table}', 'id')
-- case: obj_description expect: function:name:unlisted
SELECT obj_description(1, 'pg_class')
-- case: col_description expect: function:name:unlisted
SELECT col_description(1, 1)
-- case: shobj_description expect: function:name:unlisted
SELECT shobj_description(1, 'pg_database')
-- case: total_relation_size expect: function:name:unlisted
SELECT pg_total_relation_size(1259)
-- case: relation_size expect: function:name:unlisted
SELECT pg_relation_size('{other}.{table}')
-- case: table_size expect: function:name:unlisted
SELECT pg_table_size(1259)
-- case: database_size expect: function:name:unlisted
SELECT pg_database_size('postgres')
-- case: tablespace_size expect: function:name:unlisted
SELECT pg_tablespace_size('pg_default')
-- case: filepath expect: function:name:unlisted
SELECT pg_relation_filepath(1259)
-- case: filenode expect: function:name:unlisted
SELECT pg_relation_filenode(1259)
-- case: filenode_relation expect: function:name:unlisted
SELECT pg_filenode_relation(0, 1)
-- case: format_type expect: function:name:unlisted
SELECT format_type(1, NULL)
-- case: describe expect: function:name:unlisted
SELECT pg_describe_object(1259, 1, 0)
-- case: identify expect: function:name:unlisted
SELECT pg_identify_object(1259, 1, 0)
-- case: object_address expect: function:name:unlisted
SELECT pg_get_object_address('schema', '{{other}}', '{}')
-- case: to_regclass expect: function:name:unlisted
SELECT to_regclass('{other}.{table}')
-- case: to_regnamespace expect: function:name:unlisted
SELECT to_regnamespace('{other}')
-- case: to_regrole expect: function:name:unlisted
SELECT to_regrole('{other}')
-- case: to_regtype expect: function:name:unlisted
SELECT to_regtype('{other}.{table}')
-- case: to_regproc expect: function:name:unlisted
SELECT to_regproc('{other}.f')
-- case: to_regprocedure expect: function:name:unlisted
SELECT to_regprocedure('{other}.f()')
-- case: to_regoper expect: function:name:unlisted
SELECT to_regoper('{other}.+')
-- case: to_regcollation expect: function:name:unlisted
SELECT to_regcollation('{other}.c')
-- case: schema_privilege expect: function:name:unlisted
SELECT has_schema_privilege('{other}', 'USAGE')
-- case: table_privilege expect: function:name:unlisted
SELECT has_table_privilege('{other}.{table}', 'SELECT')
-- case: column_privilege expect: function:name:unlisted
SELECT has_any_column_privilege('{other}.{table}', 'SELECT')
-- case: has_role expect: function:name:unlisted
SELECT pg_has_role('{other}', 'MEMBER')
-- case: input_is_valid expect: function:name:unlisted
SELECT pg_input_is_valid('{other}', 'regnamespace')
-- case: input_error expect: function:name:unlisted
SELECT pg_input_error_info('{other}', 'regrole')
-- case: acldefault expect: function:name:unlisted
SELECT acldefault('r', 10)
-- case: makeaclitem expect: function:name:unlisted
SELECT makeaclitem(10, 10, 'SELECT', false)
-- case: aclexplode expect: function:name:unlisted
SELECT aclexplode(acldefault('r', 10))
-- case: record_in expect: function:name:unlisted
SELECT record_in('(1)', 1, -1)
-- case: regclassin expect: function:name:unlisted
SELECT regclassin('{other}.{table}')
-- case: regrolein expect: function:name:unlisted
SELECT regrolein('{other}')
-- case: regnamespaceout expect: function:name:unlisted
SELECT regnamespaceout(11)
-- case: tablespace_location expect: function:name:unlisted
SELECT pg_tablespace_location(1)
-- case: visible expect: function:name:unlisted
SELECT pg_table_is_visible(1)
-- case: type_visible expect: function:name:unlisted
SELECT pg_type_is_visible(1)
-- case: typeof expect: function:name:unlisted
SELECT pg_typeof(1)
-- case: column_size expect: function:name:unlisted
SELECT pg_column_size(name)
-- case: collation_for expect: function:name:unlisted
SELECT pg_collation_for('a')
-- case: sequence_last expect: function:name:unlisted
SELECT pg_sequence_last_value('{other}.s')
-- case: sequence_parameters expect: function:name:unlisted
SELECT pg_sequence_parameters(1)
-- case: partition_tree expect: function:name:unlisted
SELECT pg_partition_tree('{other}.{table}')
-- case: partition_ancestors expect: function:name:unlisted
SELECT pg_partition_ancestors('{other}.{table}')
-- case: index_column expect: function:name:unlisted
SELECT pg_index_column_has_property(1, 1, 'asc')
-- case: options expect: function:name:unlisted
SELECT pg_options_to_table(NULL)
-- case: hash_partition expect: function:name:unlisted
SELECT satisfies_hash_partition(1, 1, 0, 1)
-- case: row_security expect: function:name:unlisted
SELECT row_security_active('{other}.{table}')
-- case: collation_for_syntax expect: function:name:unlisted
SELECT COLLATION FOR ('a')
