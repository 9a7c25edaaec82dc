-- reason: messages have no access control: any login hears and forges them
-- case: listen expect: statement:kind:refused
LISTEN leads
-- case: listen_quoted expect: statement:kind:refused
LISTEN "{other}"
-- case: notify expect: statement:kind:refused
NOTIFY leads
-- case: notify_payload expect: statement:kind:refused
NOTIFY leads, 'x'
-- case: pg_notify expect: function:name:unlisted
SELECT pg_notify('leads', name) FROM {table}
-- case: pg_notify_qualified expect: function:name:unlisted
SELECT pg_catalog.pg_notify('leads', 'x')
-- case: pg_notify_cte expect: function:name:unlisted
WITH a AS (SELECT pg_notify('x', 'y')) SELECT 1
-- case: queue_usage expect: function:name:unlisted
SELECT pg_notification_queue_usage()
-- case: channels expect: function:name:unlisted
SELECT * FROM pg_listening_channels()
-- case: stacked expect: statement:several:refused
SELECT 1; NOTIFY leads
