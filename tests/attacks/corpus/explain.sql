-- reason: plans show estimates and counts of rows that the tenant may not see
-- case: plain expect: explain:setting:refused
EXPLAIN SELECT * FROM {table}
-- case: analyze expect: explain:setting:refused
EXPLAIN ANALYZE SELECT * FROM {table}
-- case: options expect: explain:setting:refused
EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT 1
-- case: foreign expect: explain:setting:refused
EXPLAIN SELECT * FROM {other}.{table}
-- case: settings expect: explain:setting:refused
EXPLAIN (SETTINGS) SELECT 1
-- case: execute expect: explain:setting:refused
EXPLAIN EXECUTE p
-- case: dml expect: explain:setting:refused
EXPLAIN ANALYZE DELETE FROM {table}
-- case: comment expect: explain:setting:refused
/**/EXPLAIN/**/SELECT 1
