-- reason: a switched role is undone or changed, and the next statement runs as another tenant
-- case: reset_role expect: statement:kind:refused
RESET ROLE
-- case: reset_role_case expect: statement:kind:refused
rEsEt  RoLe
-- case: reset_role_comment expect: statement:kind:refused
/* x */ RESET -- y
 ROLE
-- case: set_role expect: statement:kind:refused
SET ROLE {other}
-- case: set_role_quoted expect: statement:kind:refused
SET ROLE "{other}"
-- case: set_role_literal expect: statement:kind:refused
SET ROLE '{other}'
-- case: set_role_none expect: statement:kind:refused
SET ROLE NONE
-- case: set_local_role expect: statement:kind:refused
SET LOCAL ROLE {other}
-- case: set_session_role expect: statement:kind:refused
SET SESSION ROLE {other}
-- case: set_role_to expect: statement:kind:refused
SET role TO '{other}'
-- case: set_role_equals expect: statement:kind:refused
SET role = '{other}'
-- case: session_authorization expect: statement:kind:refused
SET SESSION AUTHORIZATION {other}
-- case: session_authorization_default expect: statement:kind:refused
SET SESSION AUTHORIZATION DEFAULT
-- case: reset_session_authorization expect: statement:kind:refused
RESET SESSION AUTHORIZATION
-- case: reset_all expect: statement:kind:refused
RESET ALL
-- case: discard_all expect: statement:kind:refused
DISCARD ALL
-- case: discard_plans expect: statement:kind:refused
DISCARD PLANS
-- case: discard_temp expect: statement:kind:refused
DISCARD TEMP
-- case: discard_sequences expect: statement:kind:refused
DISCARD SEQUENCES
-- case: set_search_path expect: statement:kind:refused
SET search_path TO {other}
-- case: set_search_path_schema expect: statement:kind:refused
SET SCHEMA '{other}'
-- case: set_search_path_local expect: statement:kind:refused
SET LOCAL search_path = {other}, pg_catalog
-- case: set_row_security expect: statement:kind:refused
SET row_security = off
-- case: show expect: statement:kind:refused
SHOW ALL
-- case: show_role expect: statement:kind:refused
SHOW role
-- case: set_time_zone expect: statement:kind:refused
SET TIME ZONE 'UTC'
-- case: set_role_stacked expect: statement:several:refused
SELECT 1; SET ROLE {other}
-- case: grant_role expect: statement:kind:refused
GRANT {other} TO CURRENT_USER
-- case: reassign expect: statement:kind:refused
REASSIGN OWNED BY CURRENT_USER TO {other}
