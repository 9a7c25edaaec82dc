-- Raises the registry's version on every change of one table.
-- Parameters: platform schema, table, trigger name.
CREATE OR REPLACE TRIGGER {trigger}
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {platform}.{table}
FOR EACH STATEMENT
EXECUTE FUNCTION {platform}.raise_registry_version()
