-- Who may do what with the log; run as its owner, repeatable. Partitions carry no grants.
-- Parameters: schema; the database's owner; sequencer, reviewer and pruner.
REVOKE ALL ON ALL TABLES IN SCHEMA {audit} FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {audit} FROM PUBLIC;
GRANT USAGE ON SCHEMA {audit} TO {owner}, {sequencer}, {reviewer}, {pruner};
GRANT EXECUTE ON FUNCTION {audit}.open_stream(text, name, integer, bytea) TO {owner};
GRANT EXECUTE ON FUNCTION {audit}.close_writer(name) TO {owner};
GRANT EXECUTE ON FUNCTION {audit}.extend_partitions(integer) TO {owner}, {sequencer}, {pruner};
GRANT EXECUTE ON FUNCTION {audit}.try_lead() TO {sequencer};
GRANT EXECUTE ON FUNCTION {audit}.append_system(text, bytea[]) TO {sequencer};
GRANT EXECUTE ON FUNCTION {audit}.destroy_key(text, text, integer, bytea) TO {pruner};
GRANT EXECUTE ON FUNCTION {audit}.prune_month(timestamptz, jsonb) TO {pruner};
GRANT SELECT ON {audit}.stream, {audit}.event, {audit}.leaf, {audit}.tile, {audit}.incarnation,
    {audit}.checkpoint, {audit}.cosignature, {audit}.log_key, {audit}.prune, {audit}.partition, {audit}.edge_leaf
    TO {sequencer}, {reviewer}, {pruner};
GRANT INSERT ON {audit}.leaf, {audit}.tile, {audit}.incarnation, {audit}.checkpoint,
    {audit}.cosignature, {audit}.log_key TO {sequencer};
GRANT SELECT ON {audit}.writer, {audit}.stream_key, {audit}.counter_baseline TO {reviewer};
GRANT INSERT ON {audit}.counter_baseline TO {reviewer}
