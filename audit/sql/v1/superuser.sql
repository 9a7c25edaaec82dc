-- What only a superuser can do for the log; repeatable.
-- The server's own counters are for the reviewer only. The extension lets everybody read and call,
-- so that is taken away: counters of others are a side channel.
-- A hardened server keeps transaction ids from everybody; the log's owner stamps events with them,
-- for the sequencer, which shows them to nobody.
-- Parameters: schema of the counters; audit owner, sequencer, reviewer.
CREATE SCHEMA IF NOT EXISTS {counters};
CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA {counters};
REVOKE ALL ON SCHEMA {counters} FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA {counters} FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {counters} FROM PUBLIC;
GRANT USAGE ON SCHEMA {counters} TO {reviewer};
GRANT SELECT ON ALL TABLES IN SCHEMA {counters} TO {reviewer};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {counters} TO {reviewer};
REVOKE EXECUTE ON FUNCTION {counters}.pg_stat_statements_reset FROM {reviewer};
GRANT pg_read_all_stats TO {reviewer};
GRANT EXECUTE ON FUNCTION pg_catalog.pg_export_snapshot() TO {reviewer};
GRANT SELECT ON pg_catalog.pg_roles, pg_catalog.pg_database TO {reviewer};
GRANT EXECUTE ON FUNCTION pg_catalog.pg_current_xact_id() TO {owner}, {sequencer};
GRANT EXECUTE ON FUNCTION pg_catalog.pg_current_snapshot() TO {owner}, {sequencer};
GRANT EXECUTE ON FUNCTION pg_catalog.pg_snapshot_xmin(pg_snapshot) TO {owner}, {sequencer}
