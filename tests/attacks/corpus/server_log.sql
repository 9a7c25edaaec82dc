-- reason: forges the server's log or hides who acted
-- case: application_name expect: statement:kind:refused
SET application_name = 'psql'
-- case: application_name_local expect: statement:kind:refused
SET LOCAL application_name TO 'x'
-- case: log_statement expect: statement:kind:refused
SET log_statement = 'none'
-- case: client_min_messages expect: statement:kind:refused
SET client_min_messages = debug5
-- case: do_raise expect: statement:kind:refused
DO $$ BEGIN RAISE LOG E'\nFATAL: x'; END $$
-- case: log_backend expect: function:name:unlisted
SELECT pg_log_backend_memory_contexts(1)
-- case: emit_message expect: function:name:unlisted
SELECT pg_logical_emit_message(false, 'a', 'b')
