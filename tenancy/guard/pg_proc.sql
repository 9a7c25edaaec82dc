-- The functions of pg_catalog on this server, for review.py. No parameters; run as the owner.
SELECT
    p.proname::text AS name,
    pg_catalog.oidvectortypes(p.proargtypes) AS arguments,
    p.pronargs >= 1
        AND p.pronargs - p.pronargdefaults <= 1
        AND p.proargtypes[0] IN (
            'pg_catalog.record'::pg_catalog.regtype,
            'pg_catalog."any"'::pg_catalog.regtype,
            'pg_catalog.anyelement'::pg_catalog.regtype,
            'pg_catalog.anynonarray'::pg_catalog.regtype,
            'pg_catalog.anycompatible'::pg_catalog.regtype,
            'pg_catalog.anycompatiblenonarray'::pg_catalog.regtype
        ) AS takes_row,
    (
        SELECT count(*) = 1
        FROM unnest(p.proargmodes) AS mode (value)
        WHERE mode.value IN ('o', 'b', 't')
    ) AS names_output
FROM pg_catalog.pg_proc AS p
WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
ORDER BY 1, 2
