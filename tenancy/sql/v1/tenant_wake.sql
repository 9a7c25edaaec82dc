-- Wakes who listens as the calling login: an empty notification on a channel of its own, which is
-- delivered when the transaction commits.
-- Parameters: schema of the doors.
CREATE OR REPLACE FUNCTION {doors}.tenant_wake(name text)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    digest CONSTANT bytea := sha256(convert_to('wake:' || session_user || ':' || name, 'UTF8'));
BEGIN
    PERFORM pg_notify('w_' || left(encode(digest, 'hex'), 48), '');
    RETURN 'woken';
END
$function$
