-- reason: keeps data outside every schema
-- case: creat expect: function:name:unlisted
SELECT lo_creat(-1)
-- case: create expect: function:name:unlisted
SELECT lo_create(0)
-- case: import expect: function:name:unlisted
SELECT lo_import('/etc/passwd')
-- case: export expect: function:name:unlisted
SELECT lo_export(1, '/tmp/x')
-- case: get expect: function:name:unlisted
SELECT lo_get(1)
-- case: put expect: function:name:unlisted
SELECT lo_put(1, 0, 'x')
-- case: from_bytea expect: function:name:unlisted
SELECT lo_from_bytea(0, 'x')
-- case: open expect: function:name:unlisted
SELECT lo_open(1, 131072)
-- case: read expect: function:name:unlisted
SELECT loread(0, 100)
-- case: write expect: function:name:unlisted
SELECT lowrite(0, 'x')
-- case: unlink expect: function:name:unlisted
SELECT lo_unlink(1)
-- case: lseek expect: function:name:unlisted
SELECT lo_lseek(0, 0, 0)
-- case: tell expect: function:name:unlisted
SELECT lo_tell(0)
-- case: truncate expect: function:name:unlisted
SELECT lo_truncate(0, 0)
-- case: close expect: function:name:unlisted
SELECT lo_close(0)
-- case: alter expect: statement:kind:refused
ALTER LARGE OBJECT 1 OWNER TO {own}
-- case: catalog expect: relation:catalog:refused
SELECT * FROM pg_largeobject
