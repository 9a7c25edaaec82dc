-- reason: tell names, addresses, versions or settings of the server and the session
-- case: current_user expect: value:session:refused
SELECT CURRENT_USER
-- case: session_user expect: value:session:refused
SELECT SESSION_USER
-- case: user expect: value:session:refused
SELECT USER
-- case: current_role expect: value:session:refused
SELECT CURRENT_ROLE
-- case: current_catalog expect: value:session:refused
SELECT CURRENT_CATALOG
-- case: current_schema expect: value:session:refused
SELECT CURRENT_SCHEMA
-- case: injected_concat expect: value:session:refused
SELECT 'a' || current_user || ''
-- case: default expect: value:session:refused
SELECT COALESCE(name, CURRENT_USER) FROM {table}
-- case: from expect: value:session:refused
SELECT * FROM current_user
-- case: system_user expect: function:name:unlisted
SELECT system_user
-- case: current_database expect: function:name:unlisted
SELECT current_database()
-- case: current_schemas expect: function:name:unlisted
SELECT current_schemas(true)
-- case: current_schema_call expect: function:name:unlisted
SELECT current_schema()
-- case: current_query expect: function:name:unlisted
SELECT current_query()
-- case: version expect: function:name:unlisted
SELECT version()
-- case: current_setting expect: function:name:unlisted
SELECT current_setting('role')
-- case: current_setting_parameter expect: function:name:unlisted
SELECT current_setting('data_directory', true)
-- case: server_addr expect: function:name:unlisted
SELECT inet_server_addr()
-- case: server_port expect: function:name:unlisted
SELECT inet_server_port()
-- case: client_addr expect: function:name:unlisted
SELECT inet_client_addr()
-- case: client_port expect: function:name:unlisted
SELECT inet_client_port()
-- case: backend_pid expect: function:name:unlisted
SELECT pg_backend_pid()
-- case: postmaster_start expect: function:name:unlisted
SELECT pg_postmaster_start_time()
-- case: conf_load expect: function:name:unlisted
SELECT pg_conf_load_time()
-- case: getpgusername expect: function:name:unlisted
SELECT getpgusername()
-- case: encoding expect: function:name:unlisted
SELECT getdatabaseencoding()
-- case: client_encoding expect: function:name:unlisted
SELECT pg_client_encoding()
-- case: ts_config expect: function:name:unlisted
SELECT get_current_ts_config()
-- case: blocking expect: function:name:unlisted
SELECT pg_blocking_pids(1)
-- case: listening expect: function:name:unlisted
SELECT pg_listening_channels()
-- case: trigger_depth expect: function:name:unlisted
SELECT pg_trigger_depth()
-- case: is_in_recovery expect: function:name:unlisted
SELECT pg_is_in_recovery()
-- case: timezone_names expect: function:name:unlisted
SELECT pg_timezone_names()
-- case: config expect: function:name:unlisted
SELECT pg_config()
-- case: control expect: function:name:unlisted
SELECT pg_control_system()
-- case: jit expect: function:name:unlisted
SELECT pg_jit_available()
-- case: collation_version expect: function:name:unlisted
SELECT pg_collation_actual_version(100)
-- case: lc_collate expect: function:name:unlisted
SELECT pg_database_collation_actual_version(1)
-- case: unicode_version expect: function:name:unlisted
SELECT unicode_version()
-- case: txid_current expect: function:name:unlisted
SELECT txid_current()
-- case: txid_snapshot expect: function:name:unlisted
SELECT txid_current_snapshot()
-- case: txid_status expect: function:name:unlisted
SELECT txid_status(1)
-- case: current_xact_id expect: function:name:unlisted
SELECT pg_current_xact_id()
-- case: current_snapshot expect: function:name:unlisted
SELECT pg_current_snapshot()
-- case: xact_commit_timestamp expect: function:name:unlisted
SELECT pg_xact_commit_timestamp('3')
-- case: wal_lsn expect: function:name:unlisted
SELECT pg_current_wal_lsn()
-- case: wal_insert_lsn expect: function:name:unlisted
SELECT pg_current_wal_insert_lsn()
-- case: walfile expect: function:name:unlisted
SELECT pg_walfile_name('0/0')
-- case: last_committed expect: function:name:unlisted
SELECT pg_last_committed_xact()
-- case: mxid_age expect: function:name:unlisted
SELECT mxid_age('1')
