-- reason: the driver sends something other than what the guard reads
-- case: in_literal expect: placeholder:position:refused params: [" || current_user || "]
SELECT 'a%s'
-- case: in_literal_alone expect: placeholder:position:refused params: [" || current_user || "]
SELECT '%s'
-- case: in_literal_spaced expect: placeholder:position:refused params: [" || current_user || "]
SELECT ' %s '
-- case: in_literal_named expect: placeholder:position:refused params: {"x": " || current_user || "}
SELECT ' %(x)s '
-- case: in_e_string expect: placeholder:position:refused params: [" || current_user || "]
SELECT E'\n %s '
-- case: in_dollar_quotes expect: placeholder:position:refused params: ["$$ || current_user || $$"]
SELECT $$ %s $$
-- case: in_tagged_quotes expect: placeholder:position:refused params: ["$a$ || current_user || $a$"]
SELECT $a$ %s $a$
-- case: in_comment expect: placeholder:position:refused params: ["*/, current_user /*"]
SELECT 1 /* %s */
-- case: in_line_comment expect: placeholder:position:refused params: ["\n, current_user --"]
SELECT 1 -- %s
-- case: in_nested_comment expect: placeholder:position:refused params: ["*/ */, current_user /* /*"]
SELECT 1 /* /* %s */ */
-- case: in_identifier expect: placeholder:position:refused params: ["\" , current_user AS \""]
SELECT 1 AS "a %s b"
-- case: in_table expect: placeholder:position:refused params: ["\", pg_class AS \""]
SELECT * FROM "lead %s"
-- case: in_unicode_identifier expect: placeholder:position:refused params: ["x"]
SELECT 1 AS U&"a %s"
-- case: in_bit_string expect: placeholder:position:refused params: ["1"]
SELECT B' %s '
-- case: in_savepoint expect: placeholder:position:refused params: ["\"; COMMIT; --"]
SAVEPOINT "a %s"
-- case: binary_in_literal expect: placeholder:position:refused params: [" || current_user || "]
SELECT ' %b '
-- case: text_in_literal expect: placeholder:position:refused params: [" || current_user || "]
SELECT ' %t '
-- case: numbered_beside_comment expect: placeholder:position:refused params: ["*/, current_user /*"]
SELECT $1 /* %s */
-- case: numbered_beside_literal expect: placeholder:position:refused params: [" || current_user || "]
SELECT $1, ' %s '
-- case: numbered_swapped expect: placeholder:position:refused params: ["*/, current_user /*", "x"]
SELECT $2, $1 /* %s %s */
-- case: numbered_extra expect: placeholder:position:refused params: ["a", "b"]
SELECT %s, $2
-- case: numbered_only expect: placeholder:position:refused params: []
SELECT $1
-- case: numbered_without expect: placeholder:position:refused
SELECT $1
-- case: touches_word expect: placeholder:position:refused params: ["b"]
SELECT a%s
-- case: touches_number expect: placeholder:position:refused params: [2]
SELECT 1%s
-- case: touches_word_after expect: placeholder:position:refused params: [0]
SELECT %sx41
-- case: touches_quote_after expect: placeholder:position:refused params: ["a"]
SELECT %s'x'
-- case: touches_quote_before expect: placeholder:position:refused params: ["a"]
SELECT 'x'%s
-- case: touches_quoted_name expect: placeholder:position:refused params: ["a"]
SELECT %s"x"
-- case: touches_dot expect: placeholder:position:refused params: ["a"]
SELECT {table}.%s FROM {table}
-- case: touches_dot_after expect: placeholder:position:refused params: ["a"]
SELECT %s.tableoid
-- case: touches_e expect: placeholder:position:refused params: ["a"]
SELECT E%s
-- case: touches_unicode expect: placeholder:position:refused params: ["\\0061"]
SELECT U&%s
-- case: touches_bit expect: placeholder:position:refused params: ["1"]
SELECT B%s
-- case: touches_letter expect: placeholder:position:refused params: ["1"]
SELECT é%s
-- case: touches_dollar expect: placeholder:position:refused params: ["a"]
SELECT $%s$ x $1$
-- case: operator_comment expect: placeholder:position:refused params: ["1"]
SELECT 1 --%s

-- case: typed_literal expect: placeholder:position:refused params: ["2020-01-01"]
SELECT date%s
-- case: bad_placeholder expect: placeholder:syntax:refused params: [1]
SELECT %d
-- case: open_placeholder expect: placeholder:syntax:refused params: [1]
SELECT %(a
-- case: blank_placeholder expect: placeholder:syntax:refused params: [1]
SELECT 5 % 2
-- case: mixed expect: placeholder:syntax:refused params: [1]
SELECT %s, %(a)s
-- case: several expect: statement:several:refused
SELECT 1; SELECT 2
-- case: several_dml expect: statement:several:refused
SELECT 1; DELETE FROM {table}
-- case: several_quoted expect: statement:several:refused
SELECT ';'; SELECT 2
-- case: several_comment expect: statement:several:refused
SELECT 1; -- x
SELECT 2
-- case: several_savepoint expect: statement:several:refused
SAVEPOINT a; RESET ROLE
-- case: several_parameter expect: statement:several:refused params: [1]
SELECT %s; SELECT 2
-- case: several_dollar expect: statement:several:refused
SELECT $$;$$; SELECT 2
-- case: several_injected expect: statement:several:refused
SELECT name FROM {table} WHERE name = ''; RESET ROLE --'
-- case: several_empty_between expect: statement:several:refused
SELECT 1;;; SELECT 2
-- case: strings_off expect: statement:kind:refused
SET standard_conforming_strings = off
-- case: strings_off_function expect: function:name:unlisted
SELECT set_config('standard_conforming_strings', 'off', false)
-- case: strings_backslash expect: function:name:unlisted
SELECT 'a\', set_config('role', '{other}', false), ' '
-- case: backslash_quote expect: statement:kind:refused
SET backslash_quote = on
-- case: encoding expect: statement:kind:refused
SET client_encoding = 'SJIS'
-- case: encoding_names expect: statement:kind:refused
SET NAMES 'GBK'
-- case: nul expect: statement:unparsable:refused
SELECT 1{nul}; RESET ROLE
-- case: nul_parameters expect: statement:unparsable:refused params: [1]
SELECT %s{nul}
-- case: surrogate expect: statement:unparsable:refused
SELECT '{surrogate}'
-- case: empty expect: statement:empty:refused

-- case: only_comment expect: statement:empty:refused
-- SELECT 1
-- case: only_semicolon expect: statement:empty:refused
 ; 
-- case: not_sql expect: statement:unparsable:refused
RESTE ROLE
-- case: open_quote expect: statement:unparsable:refused
SELECT 'a
-- case: open_comment expect: statement:unparsable:refused
SELECT 1 /* a
-- case: open_dollar expect: statement:unparsable:refused
SELECT $a$ x
-- case: psql expect: statement:unparsable:refused
\dt
-- case: deep expect: statement:unparsable:refused
SELECT ((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))
-- case: stacked_prepare expect: statement:several:refused
PREPARE p AS SELECT 1; EXECUTE p
