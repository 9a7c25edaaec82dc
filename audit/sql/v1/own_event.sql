-- What a reviewer sees: the events of the calling login's own stream, with their places.
-- Nothing of the cluster's: no row numbers, transaction ids or other streams' counts.
-- Parameters: schema.
CREATE OR REPLACE VIEW {audit}.own_event WITH (security_barrier) AS
SELECT
    e.event_id, e.at, e.entry, e.action, e.outcome, e.allowed, e.reason, e.surface, e.actor_hash,
    e.role, e.request_id, e.fingerprint, e.models, e.tables, e.calls, e.rows, e.subjects,
    e.key_version, l.incarnation, l.index
FROM {audit}.event e
LEFT JOIN {audit}.leaf l ON l.event_row = e.id AND l.at = e.at
WHERE e.stream_id = (
    SELECT w.stream_id FROM {audit}.writer w WHERE w.login = session_user AND w.closed_at IS NULL
)
