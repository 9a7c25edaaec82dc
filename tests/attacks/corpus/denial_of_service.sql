-- reason: holds the server up, or takes the limits away
-- case: sleep expect: function:name:unlisted
SELECT pg_sleep(10)
-- case: sleep_for expect: function:name:unlisted
SELECT pg_sleep_for('1 hour')
-- case: sleep_until expect: function:name:unlisted
SELECT pg_sleep_until('tomorrow')
-- case: sleep_quoted expect: function:name:unlisted
SELECT "pg_catalog"."pg_sleep"(10)
-- case: sleep_case expect: function:name:unlisted
SELECT 1 WHERE 1 = (CASE WHEN true THEN (SELECT 1 FROM pg_sleep(5)) END)
-- case: timeout expect: statement:kind:refused
SET statement_timeout = 0
-- case: timeout_local expect: statement:kind:refused
SET LOCAL statement_timeout TO '0'
-- case: lock_timeout expect: statement:kind:refused
SET lock_timeout = 0
-- case: work_mem expect: statement:kind:refused
SET work_mem = '10GB'
-- case: vacuum expect: statement:kind:refused
VACUUM FULL {table}
-- case: analyze expect: statement:kind:refused
ANALYZE
-- case: reindex expect: statement:kind:refused
REINDEX DATABASE postgres
-- case: cluster expect: statement:kind:refused
CLUSTER
-- case: refresh expect: statement:kind:refused
REFRESH MATERIALIZED VIEW {other}.v
-- case: prewarm expect: function:name:unlisted
SELECT pg_prewarm('{other}.{table}')
-- case: switch_wal expect: function:name:unlisted
SELECT pg_switch_wal()
