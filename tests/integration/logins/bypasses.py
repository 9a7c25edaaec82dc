# ruff: noqa: E501 -- one statement, one line
"""Ways from one tenant to another in PostgreSQL, as statements; each with who could use it.

`@beta@`, `@login@` and the like stand for the other tenant's names and OIDs.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass


class Control(enum.Enum):
    """Where the same statement must succeed, to show that it is a way and not a typing error."""

    PLAIN = "a tenant's login in a database that nobody hardened"
    MEMBER = "a login that is a member of every tenant's role"
    OWNER = "the owner"
    SUPERUSER = "a superuser"


@dataclass(frozen=True, kw_only=True)
class Bypass:
    """A statement that a hardened server answers with `sqlstate`."""

    id: str
    statement: str
    control: Control
    sqlstate: str
    since: int = 15


_MEMBER = """
set-role: SET ROLE @login@
set-local-role: SET LOCAL ROLE @login@
set-role-stacked: SELECT 1; SET ROLE @login@
set-role-then-read: SET ROLE @login@; SELECT * FROM @beta@.lead
set-config-role: SELECT set_config('role', '@login@', false)
set-config-role-union: SELECT name FROM lead UNION ALL SELECT set_config('role', '@login@', false)
set-config-role-where: SELECT 1 FROM lead WHERE set_config('role', '@login@', true) IS NOT NULL
set-config-role-order: SELECT name FROM lead ORDER BY set_config('role', '@login@', true)
set-config-role-returning: UPDATE lead SET value = 1 RETURNING set_config('role', '@login@', true)
set-config-role-limit: SELECT 1 FROM lead LIMIT length(set_config('role', '@login@', true))
set-config-and-xml: SELECT set_config('role', '@login@', true), query_to_xml('TABLE @beta@.lead', true, true, '')
read-schema-qualified: SELECT * FROM @beta@.lead
terminate-session: SET ROLE @login@; SELECT pg_terminate_backend(0)
"""

_OWNER = """
read: SELECT name FROM @beta@.lead
read-quoted: SELECT name FROM "@beta@"."lead"
read-table-command: TABLE @beta@.lead
read-view: SELECT * FROM @beta@.won
read-aggregate: SELECT count(*), sum(value) FROM @beta@.lead
read-joined: SELECT a.name FROM lead AS a JOIN @beta@.lead AS b USING (id)
read-subquery: SELECT (SELECT max(name) FROM @beta@.lead)
read-in-exists: SELECT 1 WHERE EXISTS (SELECT FROM @beta@.lead)
read-in-cte: WITH b AS (SELECT * FROM @beta@.lead) SELECT * FROM b
read-for-update: SELECT * FROM @beta@.lead FOR UPDATE
read-sampled: SELECT * FROM @beta@.lead TABLESAMPLE BERNOULLI (100)
read-only-own: SELECT * FROM ONLY @beta@.lead
read-into-own: INSERT INTO lead (name, phone) SELECT name, NULL FROM @beta@.lead
read-by-cursor: DECLARE c CURSOR FOR SELECT * FROM @beta@.lead
read-prepared: PREPARE p AS SELECT * FROM @beta@.lead; EXECUTE p
read-explained: EXPLAIN SELECT * FROM @beta@.lead
read-migrations: SELECT * FROM @beta@.django_migrations
read-by-search-path: SET LOCAL search_path = @beta@; SELECT * FROM lead
row-type: SELECT NULL::@beta@.lead
enum-type: SELECT enum_range(NULL::@beta@.stage)
call-function: SELECT @beta@.secret_function()
insert: INSERT INTO @beta@.lead (name) VALUES ('planted')
insert-in-cte: WITH x AS (INSERT INTO @beta@.lead (name) VALUES ('y') RETURNING 1) SELECT * FROM x
update: UPDATE @beta@.lead SET name = 'changed'
update-from: UPDATE lead SET name = b.name FROM @beta@.lead AS b WHERE b.id = lead.id
delete: DELETE FROM @beta@.note
merge: MERGE INTO @beta@.lead AS t USING lead AS s ON t.id = s.id WHEN MATCHED THEN DO NOTHING
truncate: TRUNCATE @beta@.note
lock-table: LOCK TABLE @beta@.lead IN ACCESS EXCLUSIVE MODE
nextval: SELECT nextval('@beta@.lead_id_seq')
sequence-parameters: SELECT pg_sequence_parameters(@sequence@)
setval: SELECT setval('@beta@.lead_id_seq', 500)
sequence-state: SELECT last_value FROM @beta@.lead_id_seq
alter-table: ALTER TABLE @beta@.lead ADD COLUMN extra integer
drop-table: DROP TABLE @beta@.note
create-index: CREATE INDEX ON @beta@.lead (name)
create-view: CREATE VIEW @beta@.stolen AS SELECT 1
create-rule: CREATE RULE r AS ON DELETE TO @beta@.lead DO INSTEAD NOTHING
drop-schema: DROP SCHEMA @beta@ CASCADE
alter-other-role: ALTER ROLE @login@ CONNECTION LIMIT 1
create-role: CREATE ROLE intruder
create-schema: CREATE SCHEMA intruder
create-in-public: CREATE TABLE public.shadow (id integer)
truncate-own: TRUNCATE note
drop-own-table: DROP TABLE note
create-in-own-schema: CREATE TABLE planted (id integer)
trigger-on-own: CREATE TRIGGER t BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
write-read-only: INSERT INTO source VALUES (2, 'site')
read-own-migrations: SELECT * FROM django_migrations
set-own-sequence: SELECT setval('lead_id_seq', 100)
publication: CREATE PUBLICATION p FOR TABLE lead
comment-own: COMMENT ON TABLE lead IS 'x'
"""

_SUPERUSER = """
drop-owned: DROP OWNED BY @login@
session-authorization: SET SESSION AUTHORIZATION @login@
session-authorization-literal: SET SESSION SESSION AUTHORIZATION '@login@'
replication-role: SET session_replication_role = replica
lo-import: SELECT lo_import('/etc/hostname')
copy-program: COPY (SELECT 1) TO PROGRAM 'cat > /dev/null'
copy-file: COPY (SELECT 1) TO '/tmp/never-written'
read-file: SELECT pg_read_file('/etc/hostname')
list-directory: SELECT * FROM pg_ls_dir('.')
passwords: SELECT rolpassword FROM pg_authid
statistics-values: SELECT stavalues1 FROM pg_statistic
hba-rules: SELECT * FROM pg_hba_file_rules
create-internal: CREATE FUNCTION f() RETURNS void LANGUAGE internal AS 'pg_backend_pid'
"""

_CATALOGS = """
pg_namespace pg_roles pg_user pg_group pg_auth_members pg_class pg_attribute pg_attrdef
pg_constraint pg_enum pg_proc pg_views pg_tables pg_indexes pg_index pg_policies pg_policy pg_trigger
pg_rewrite pg_rules pg_statistic_ext pg_stats pg_stats_ext pg_description pg_shdescription
pg_db_role_setting pg_foreign_server pg_user_mappings pg_largeobject_metadata pg_type pg_sequences
pg_sequence pg_depend pg_shdepend pg_inherits pg_partitioned_table pg_database pg_tablespace
pg_default_acl pg_init_privs pg_settings pg_extension pg_available_extensions pg_language pg_cast
pg_operator pg_aggregate pg_ts_config pg_collation pg_publication pg_event_trigger pg_seclabels
pg_stat_user_tables pg_stat_all_tables pg_stat_user_indexes pg_statio_user_tables pg_stat_activity
pg_stat_database pg_stat_ssl pg_stat_xact_user_tables pg_stat_user_functions pg_stat_bgwriter
pg_stat_replication pg_stat_progress_vacuum pg_locks pg_prepared_xacts pg_prepared_statements
pg_cursors pg_timezone_names pg_replication_slots
information_schema.tables information_schema.columns information_schema.schemata
information_schema.table_privileges information_schema.applicable_roles
information_schema.enabled_roles information_schema.sequences information_schema.routines
information_schema.views information_schema.table_constraints information_schema.sql_features
"""

_PLAIN = """
subscription-columns: SELECT subname FROM pg_subscription
update-settings: UPDATE pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings'
set-config: SELECT set_config('statement_timeout', '0', false)
current-setting: SELECT current_setting('search_path')
do-block: DO 'BEGIN PERFORM 1; END'
temp-table: CREATE TEMP TABLE lead (name text)
temp-select-into: SELECT 1 AS a INTO TEMP t
temp-function-sql: CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'
temp-function-plpgsql: CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS 'BEGIN END'
temp-view: CREATE TEMP VIEW v AS SELECT 1
query-to-xml: SELECT query_to_xml('SELECT * FROM lead', true, true, '')
query-to-xmlschema: SELECT query_to_xmlschema('SELECT * FROM lead', true, true, '')
table-to-xml: SELECT table_to_xml('lead', true, true, '')
schema-to-xml: SELECT schema_to_xml('@alpha@', true, true, '')
database-to-xmlschema: SELECT database_to_xmlschema(true, true, '')
cursor-to-xml: DECLARE c CURSOR FOR SELECT 1; SELECT cursor_to_xml('c', 1, true, true, '')
ts-stat: SELECT * FROM ts_stat('SELECT to_tsvector(name) FROM lead')
ts-rewrite: SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')
viewdef: SELECT pg_get_viewdef(@view@)
functiondef: SELECT pg_get_functiondef(@function@)
constraintdef: SELECT pg_get_constraintdef(@constraint@)
indexdef: SELECT pg_get_indexdef(@index@)
obj-description: SELECT obj_description(@table@, 'pg_class')
col-description: SELECT col_description(@table@, 1)
stat-live-tuples: SELECT pg_stat_get_live_tuples(@table@)
stat-inserted: SELECT pg_stat_get_tuples_inserted(@table@)
stat-activity-function: SELECT * FROM pg_stat_get_activity(NULL)
total-size: SELECT pg_total_relation_size(@table@)
relation-size: SELECT pg_relation_size(@table@, 'main')
database-size: SELECT pg_database_size('@database@')
file-path: SELECT pg_relation_filepath(@table@)
format-type: SELECT format_type(@type@, NULL)
describe-object: SELECT pg_describe_object(1259, @table@, 0)
identify-object: SELECT pg_identify_object(1259, @table@, 0)
object-address: SELECT pg_get_object_address('role', '{@login@}', '{}')
user-by-id: SELECT pg_get_userbyid(@role@)
to-regclass: SELECT to_regclass('lead')
to-regnamespace: SELECT to_regnamespace('@beta@')
to-regrole: SELECT to_regrole('@login@')
to-regtype: SELECT to_regtype('stage')
regclass-of-text: SELECT 'lead'::text::regclass
has-schema-privilege: SELECT has_schema_privilege('@login@', '@beta@', 'USAGE')
has-table-privilege: SELECT has_table_privilege(@table@, 'SELECT')
pg-has-role: SELECT pg_has_role('@login@', 'USAGE')
input-is-valid: SELECT pg_input_is_valid('@login@', 'regrole')
acldefault: SELECT acldefault('r', @role@)
makeaclitem: SELECT makeaclitem(@role@, @role@, 'SELECT', false)
aclexplode: SELECT aclexplode('{@login@=r/@login@}'::aclitem[])
record-in: SELECT record_in('(1,x)', @rowtype@, -1)
tablespace-location: SELECT pg_tablespace_location(1663)
partition-tree: SELECT * FROM pg_partition_tree(@table@)
relation-filenode: SELECT pg_filenode_relation(0, pg_relation_filenode(@table@))
is-visible: SELECT pg_table_is_visible(@table@)
is-updatable: SELECT pg_relation_is_updatable(@table@, true)
row-security-active: SELECT row_security_active('lead')
serial-sequence: SELECT pg_get_serial_sequence('lead', 'id')
xact-id: SELECT pg_current_xact_id()
snapshot: SELECT pg_current_snapshot()
txid-current: SELECT txid_current()
txid-status: SELECT txid_status(1)
xid-age: SELECT age('3'::xid)
wal-position: SELECT pg_current_wal_lsn()
export-snapshot: SELECT pg_export_snapshot()
backend-pid: SELECT pg_backend_pid()
blocking-pids: SELECT pg_blocking_pids(1)
lock-status: SELECT * FROM pg_lock_status()
listening-channels: SELECT pg_listening_channels()
queue-usage: SELECT pg_notification_queue_usage()
current-schemas: SELECT current_schemas(true)
current-database: SELECT current_database()
version: SELECT version()
server-address: SELECT inet_server_addr()
start-time: SELECT pg_postmaster_start_time()
notify-function: SELECT pg_notify('channel', 'forged')
notify-stacked: SELECT 1; SELECT pg_notify('channel', 'forged')
advisory-lock: SELECT pg_advisory_lock(1)
advisory-try: SELECT pg_try_advisory_lock(1, 2)
advisory-xact: SELECT pg_advisory_xact_lock(1)
advisory-shared: SELECT pg_advisory_lock_shared(1)
advisory-unlock-all: SELECT pg_advisory_unlock_all()
sleep: SELECT pg_sleep(0)
sleep-for: SELECT pg_sleep_for('0 seconds')
terminate-backend: SELECT pg_terminate_backend(0)
cancel-backend: SELECT pg_cancel_backend(0)
lo-create: SELECT lo_create(0)
lo-from-bytea: SELECT lo_from_bytea(0, 'x')
lo-creat: SELECT lo_creat(-1)
lastval: SELECT nextval('lead_id_seq'), lastval()
setseed: SELECT setseed(0.5)
logical-message: SELECT pg_logical_emit_message(false, 'a', 'b')
clear-snapshot: SELECT pg_stat_clear_snapshot()
typeof: SELECT pg_typeof(1)
column-size: SELECT pg_column_size(name) FROM lead
"""

_SINCE_16 = {"input-is-valid"}
# A schema that may not be used is passed over, as if it was not there.
_SQLSTATES = {"read-by-search-path": "42P01"}


def _listed(text: str, control: Control) -> Iterator[Bypass]:
    for line in text.strip().splitlines():
        name, _, statement = line.partition(": ")
        since = 16 if name in _SINCE_16 else 15
        sqlstate = _SQLSTATES.get(name, "42501")
        yield Bypass(id=name, statement=statement, control=control, sqlstate=sqlstate, since=since)


def _catalogs() -> Iterator[Bypass]:
    for name in _CATALOGS.split():
        place = name if "." in name else f"pg_catalog.{name}"
        yield Bypass(
            id=name,
            statement=f"SELECT * FROM {place} LIMIT 1",  # noqa: S608 -- from the list above
            control=Control.PLAIN,
            sqlstate="42501",
        )


BYPASSES = (
    *_listed(_MEMBER, Control.MEMBER),
    *_listed(_OWNER, Control.OWNER),
    *_listed(_SUPERUSER, Control.SUPERUSER),
    *_listed(_PLAIN, Control.PLAIN),
    *_catalogs(),
)

LIMITS = """
oid-to-regclass: SELECT @table@::regclass::text
oid-to-regrole: SELECT @role@::regrole::text
oid-to-regnamespace: SELECT @schema@::regnamespace::text
oid-to-regprocedure: SELECT @function@::regprocedure::text
oid-to-regtype: SELECT @type@::regtype::text
name-to-regrole: SELECT '@login@'::regrole::oid
name-to-regnamespace: SELECT '@beta@'::regnamespace::oid
name-to-aclitem: SELECT '@login@=r/@login@'::aclitem::text
listen: LISTEN channel
notify: NOTIFY channel, 'forged'
system-columns: SELECT xmin, ctid, tableoid, (lead).tableoid FROM lead
set-timeout: SET LOCAL statement_timeout = 0
show-all: SHOW ALL
explain-own: EXPLAIN ANALYZE SELECT * FROM lead
alter-own-settings: ALTER ROLE CURRENT_USER SET statement_timeout = 0
alter-own-password: ALTER ROLE CURRENT_USER PASSWORD 'taken-over'
default-privileges-of-own: ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC
prepare-own: PREPARE p AS SELECT * FROM lead
hold-own: DECLARE c CURSOR WITH HOLD FOR SELECT * FROM lead
session-user: SELECT session_user, current_catalog
"""
"""What PostgreSQL checks no right for: these succeed on a hardened server. The guard stops them."""
