-- Tables and views of one system schema that PUBLIC may use, wholly or by column, and those that
-- PUBLIC could read when the cluster was made (pg_init_privs) and the owner may not now.
-- Parameters: owner (name), schema (name).
WITH o AS (
    SELECT oid, rolsuper FROM pg_catalog.pg_roles WHERE rolname = %(owner)s
),
item AS (
    SELECT c.oid, c.relname, 0 AS part, NULL::name AS attname, c.relacl AS acl
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
    UNION ALL
    SELECT c.oid, c.relname, t.attnum, t.attname, t.attacl
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS t ON t.attrelid = c.oid AND NOT t.attisdropped
    LEFT JOIN pg_catalog.pg_init_privs AS i
        ON i.classoid = 'pg_catalog.pg_class'::regclass
        AND i.objoid = c.oid
        AND i.objsubid = t.attnum
    WHERE n.nspname = %(schema)s AND (t.attacl IS NOT NULL OR i.objoid IS NOT NULL)
),
was AS (
    SELECT item.oid, item.part, a.privilege_type
    FROM item
    JOIN pg_catalog.pg_init_privs AS i
        ON i.classoid = 'pg_catalog.pg_class'::regclass
        AND i.objoid = item.oid
        AND i.objsubid = item.part
    CROSS JOIN LATERAL aclexplode(i.initprivs) AS a
    WHERE a.grantee = 0
),
now AS (
    SELECT item.oid, item.part, a.privilege_type, a.grantee
    FROM item
    CROSS JOIN LATERAL aclexplode(item.acl) AS a
),
wanted AS (
    SELECT item.oid, item.part, item.relname, item.attname, k.privilege_type,
           EXISTS (
               SELECT FROM now AS h
               WHERE h.oid = item.oid AND h.part = item.part AND h.grantee = 0
                 AND h.privilege_type = k.privilege_type
           ) AS public_has,
           k.privilege_type = 'SELECT'
           AND NOT o.rolsuper
           AND NOT EXISTS (
               SELECT FROM now AS h
               WHERE h.oid = item.oid AND h.part = item.part AND h.grantee = o.oid
                 AND h.privilege_type = k.privilege_type
           ) AS owner_lacks
    FROM item
    CROSS JOIN o
    JOIN (
        SELECT oid, part, privilege_type FROM was
        UNION
        SELECT oid, part, privilege_type FROM now WHERE grantee = 0
    ) AS k ON k.oid = item.oid AND k.part = item.part
)
SELECT 'TABLE', privilege_type, %(schema)s::text, relname::text,
       array_agg(attname::text ORDER BY part) FILTER (WHERE part > 0),
       NULL, NULL, public_has, owner_lacks
FROM wanted
WHERE public_has OR owner_lacks
GROUP BY relname, privilege_type, part > 0, public_has, owner_lacks
ORDER BY relname
