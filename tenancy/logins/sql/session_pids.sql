-- Sessions that a login has in the cluster.
-- Parameters: login (name).
SELECT a.pid
FROM pg_catalog.pg_stat_activity AS a
WHERE a.usename = %(login)s
