-- reason: statistics views count rows and show activity of every tenant
-- case: pg_stat_user_tables expect: relation:catalog:refused
SELECT * FROM pg_stat_user_tables
-- case: pg_stat_all_tables expect: relation:catalog:refused
SELECT * FROM pg_stat_all_tables
-- case: pg_stat_user_indexes expect: relation:catalog:refused
SELECT * FROM pg_stat_user_indexes
-- case: pg_statio_user_tables expect: relation:catalog:refused
SELECT * FROM pg_statio_user_tables
-- case: pg_stat_activity expect: relation:catalog:refused
SELECT * FROM pg_stat_activity
-- case: pg_stat_database expect: relation:catalog:refused
SELECT * FROM pg_stat_database
-- case: pg_stat_statements expect: relation:catalog:refused
SELECT * FROM pg_stat_statements
-- case: pg_locks expect: relation:catalog:refused
SELECT * FROM pg_locks
-- case: pg_prepared_xacts expect: relation:catalog:refused
SELECT * FROM pg_prepared_xacts
-- case: pg_stat_ssl expect: relation:catalog:refused
SELECT * FROM pg_stat_ssl
-- case: pg_stat_user_functions expect: relation:catalog:refused
SELECT * FROM pg_stat_user_functions
-- case: pg_stat_bgwriter expect: relation:catalog:refused
SELECT * FROM pg_stat_bgwriter
-- case: pg_stat_replication expect: relation:catalog:refused
SELECT * FROM pg_stat_replication
-- case: pg_stat_progress_vacuum expect: relation:catalog:refused
SELECT * FROM pg_stat_progress_vacuum
-- case: pg_stats expect: relation:catalog:refused
SELECT * FROM pg_stats
-- case: pg_stats_ext expect: relation:catalog:refused
SELECT * FROM pg_stats_ext
-- case: pg_hba_file_rules expect: relation:catalog:refused
SELECT * FROM pg_hba_file_rules
-- case: pg_available_extensions expect: relation:catalog:refused
SELECT * FROM pg_available_extensions
-- case: pg_timezone_names expect: relation:catalog:refused
SELECT * FROM pg_timezone_names
-- case: pg_stat_get_live_tuples expect: function:name:unlisted
SELECT pg_stat_get_live_tuples(1)
-- case: pg_stat_get_tuples_inserted expect: function:name:unlisted
SELECT pg_stat_get_tuples_inserted(1)
-- case: pg_stat_get_activity expect: function:name:unlisted
SELECT pg_stat_get_activity(1)
-- case: pg_stat_get_backend_userid expect: function:name:unlisted
SELECT pg_stat_get_backend_userid(1)
-- case: pg_stat_get_db_xact_commit expect: function:name:unlisted
SELECT pg_stat_get_db_xact_commit(1)
-- case: pg_stat_get_numscans expect: function:name:unlisted
SELECT pg_stat_get_numscans(1)
-- case: pg_stat_get_xact_tuples_inserted expect: function:name:unlisted
SELECT pg_stat_get_xact_tuples_inserted(1)
-- case: pg_relation_is_publishable expect: function:name:unlisted
SELECT pg_relation_is_publishable(1)
-- case: stat_clear expect: function:name:unlisted
SELECT pg_stat_clear_snapshot()
-- case: stat_reset expect: function:name:unlisted
SELECT pg_stat_reset()
-- case: lock_status expect: function:name:unlisted
SELECT * FROM pg_lock_status()
-- case: statements_function expect: function:name:unlisted
SELECT * FROM pg_stat_statements(true)
