-- reason: blocks, watches or exhausts what all tenants share
-- case: pg_advisory_lock expect: function:name:unlisted
SELECT pg_advisory_lock(1)
-- case: pg_advisory_xact_lock expect: function:name:unlisted
SELECT pg_advisory_xact_lock(1)
-- case: pg_advisory_lock_shared expect: function:name:unlisted
SELECT pg_advisory_lock_shared(1)
-- case: pg_try_advisory_lock expect: function:name:unlisted
SELECT pg_try_advisory_lock(1)
-- case: pg_try_advisory_xact_lock expect: function:name:unlisted
SELECT pg_try_advisory_xact_lock(1)
-- case: pg_advisory_unlock expect: function:name:unlisted
SELECT pg_advisory_unlock(1)
-- case: pg_advisory_xact_lock_shared expect: function:name:unlisted
SELECT pg_advisory_xact_lock_shared(1)
-- case: pg_try_advisory_lock_shared expect: function:name:unlisted
SELECT pg_try_advisory_lock_shared(1)
-- case: two_keys expect: function:name:unlisted
SELECT pg_advisory_lock(1, 2)
-- case: exhaust expect: function:name:unlisted
SELECT pg_advisory_lock(g) FROM generate_series(1, 1000000) g
-- case: unlock_all expect: function:name:unlisted
SELECT pg_advisory_unlock_all()
-- case: where expect: function:name:unlisted
SELECT 1 FROM {table} WHERE pg_try_advisory_lock(id)
-- case: terminate expect: function:name:unlisted
SELECT pg_terminate_backend(1)
-- case: cancel expect: function:name:unlisted
SELECT pg_cancel_backend(1)
