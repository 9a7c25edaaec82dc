-- reason: leaves code that runs later with the rights of the owner or of another tenant
-- case: trigger expect: statement:kind:refused
CREATE TRIGGER x BEFORE INSERT ON {table} EXECUTE FUNCTION f()
-- case: default expect: statement:kind:refused
ALTER TABLE {table} ALTER name SET DEFAULT current_user
-- case: view expect: statement:kind:refused
CREATE VIEW v AS SELECT * FROM {table}
-- case: rule expect: statement:kind:refused
CREATE RULE r AS ON SELECT TO {table} DO INSTEAD SELECT 1
-- case: operator expect: statement:kind:refused
CREATE OPERATOR = (FUNCTION = f, LEFTARG = int, RIGHTARG = int)
-- case: aggregate expect: statement:kind:refused
CREATE AGGREGATE a(int) (SFUNC = f, STYPE = int)
-- case: domain expect: statement:kind:refused
CREATE DOMAIN d AS text CHECK (f(VALUE))
-- case: type expect: statement:kind:refused
CREATE TYPE t AS ENUM ('a')
-- case: table expect: statement:kind:refused
CREATE TABLE x (id int DEFAULT 1)
-- case: unlogged expect: statement:kind:refused
CREATE UNLOGGED TABLE x (id int)
-- case: index expect: statement:kind:refused
CREATE INDEX ON {table} (f(id))
-- case: policy expect: statement:kind:refused
CREATE POLICY p ON {table} USING (true)
-- case: schema expect: statement:kind:refused
CREATE SCHEMA x
-- case: sequence expect: statement:kind:refused
CREATE SEQUENCE s
-- case: collation expect: statement:kind:refused
CREATE COLLATION c FROM "C"
-- case: conversion expect: statement:kind:refused
CREATE DEFAULT CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM f
-- case: search_dictionary expect: statement:kind:refused
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)
-- case: statistics expect: statement:kind:refused
CREATE STATISTICS s ON id, name FROM {table}
-- case: drop expect: statement:kind:refused
DROP TABLE {table}
-- case: drop_schema expect: statement:kind:refused
DROP SCHEMA {other} CASCADE
-- case: rename expect: statement:kind:refused
ALTER TABLE {table} RENAME TO x
-- case: set_schema expect: statement:kind:refused
ALTER TABLE {table} SET SCHEMA {other}
-- case: comment expect: statement:kind:refused
COMMENT ON TABLE {table} IS 'x'
-- case: publication expect: statement:kind:refused
CREATE PUBLICATION p FOR ALL TABLES
