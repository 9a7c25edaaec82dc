-- reason: changes the tenant's own login for good; no privilege stops it
-- case: search_path expect: statement:kind:refused
ALTER ROLE CURRENT_USER SET search_path = {other}
-- case: timeout expect: statement:kind:refused
ALTER ROLE CURRENT_USER SET statement_timeout = 0
-- case: password expect: statement:kind:refused
ALTER ROLE CURRENT_USER PASSWORD 'x'
-- case: alter_user expect: statement:kind:refused
ALTER USER SESSION_USER WITH PASSWORD 'x'
-- case: reset_all expect: statement:kind:refused
ALTER ROLE {own} RESET ALL
-- case: rename expect: statement:kind:refused
ALTER ROLE {own} RENAME TO x
-- case: in_database expect: statement:kind:refused
ALTER ROLE {own} IN DATABASE postgres SET role = '{other}'
-- case: drop_owned expect: statement:kind:refused
DROP OWNED BY CURRENT_USER
-- case: grant expect: statement:kind:refused
GRANT SELECT ON {table} TO {other}
-- case: revoke expect: statement:kind:refused
REVOKE ALL ON {table} FROM {own}
-- case: default_privileges expect: statement:kind:refused
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC
-- case: drop_role expect: statement:kind:refused
DROP ROLE {own}
-- case: stacked expect: statement:several:refused
SELECT 1; ALTER ROLE CURRENT_USER PASSWORD 'x'
