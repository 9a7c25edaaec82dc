-- reason: pg_settings has a rule that calls set_config
-- case: update expect: relation:catalog:refused
UPDATE pg_settings SET setting = '{other}' WHERE name = 'search_path'
-- case: update_qualified expect: relation:catalog:refused
UPDATE pg_catalog.pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings'
-- case: update_quoted expect: relation:catalog:refused
UPDATE "pg_settings" SET setting = '0' WHERE name = 'statement_timeout'
-- case: update_alias expect: relation:catalog:refused
UPDATE pg_settings AS lead SET setting = '0'
-- case: update_only expect: relation:catalog:refused
UPDATE ONLY pg_settings SET setting = '0'
-- case: cte expect: relation:catalog:refused
WITH a AS (UPDATE pg_settings SET setting = '0' RETURNING 1) SELECT 1
-- case: read expect: relation:catalog:refused
SELECT * FROM pg_settings
-- case: delete expect: relation:catalog:refused
DELETE FROM pg_settings
-- case: insert expect: relation:catalog:refused
INSERT INTO pg_settings (name) VALUES ('x')
-- case: file_settings expect: relation:catalog:refused
SELECT * FROM pg_file_settings
-- case: alter_system expect: statement:kind:refused
ALTER SYSTEM SET work_mem = '1GB'
