-- The log's tables; run once as the audit owner, which owns all of it and cannot log in.
-- Nobody else gets INSERT, UPDATE, DELETE or TRUNCATE: what writes are the functions beside this file.
-- Parameters: schema.
CREATE TABLE {audit}.stream (
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    key_version integer NOT NULL DEFAULT 1,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT stream_pkey PRIMARY KEY (id),
    CONSTRAINT stream_name_key UNIQUE (name),
    CONSTRAINT stream_name_plain CHECK (name ~ '^[a-z0-9_-]{{1,63}}$')
);

-- Which logins append to which stream: a tenant's to its own, the owner's to the platform's.
CREATE TABLE {audit}.writer (
    login name NOT NULL,
    stream_id bigint NOT NULL,
    closed_at timestamptz,
    CONSTRAINT writer_pkey PRIMARY KEY (login),
    CONSTRAINT writer_stream_fkey FOREIGN KEY (stream_id) REFERENCES {audit}.stream (id)
);

-- A stream's data keys, wrapped under a master key that is not in this database. Destroying one is
-- the only erasure there is: the row stays, its `wrapped` goes.
CREATE TABLE {audit}.stream_key (
    stream_id bigint NOT NULL,
    version integer NOT NULL,
    master_version integer NOT NULL,
    wrapped bytea,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    destroyed_at timestamptz,
    destroyed_by text,
    CONSTRAINT stream_key_pkey PRIMARY KEY (stream_id, version),
    CONSTRAINT stream_key_stream_fkey FOREIGN KEY (stream_id) REFERENCES {audit}.stream (id),
    CONSTRAINT stream_key_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

-- `entry` is what the log's tree covers, byte for byte; the other columns are taken from it by the
-- append function, for searching. `xid` is for the sequencer and is shown to nobody else.
CREATE TABLE {audit}.event (
    id bigint GENERATED ALWAYS AS IDENTITY,
    stream_id bigint NOT NULL,
    at timestamptz NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
    entry bytea NOT NULL,
    event_id uuid NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    allowed boolean NOT NULL,
    reason text NOT NULL,
    surface text NOT NULL,
    actor_hash text NOT NULL,
    role text NOT NULL,
    request_id text NOT NULL,
    fingerprint text NOT NULL,
    models text[] NOT NULL,
    tables text[] NOT NULL,
    calls bigint NOT NULL,
    rows bigint,
    subjects text[] NOT NULL,
    key_version integer NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (stream_id, at, id)
) PARTITION BY RANGE (at);
CREATE INDEX event_xid ON {audit}.event (xid);
CREATE INDEX event_event_id ON {audit}.event (event_id);
CREATE INDEX event_subjects ON {audit}.event USING gin (subjects) WHERE subjects <> '{{}}';

-- The sequencer's word on an event's place in its stream's tree. Events are never changed to say it.
-- `at` is the event's, so that a month's leaves and events are pruned together.
CREATE TABLE {audit}.leaf (
    stream_id bigint NOT NULL,
    incarnation integer NOT NULL,
    index bigint NOT NULL,
    at timestamptz NOT NULL,
    event_row bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT leaf_pkey PRIMARY KEY (stream_id, incarnation, index, at),
    CONSTRAINT leaf_event_row_key UNIQUE (event_row, at)
) PARTITION BY RANGE (at);

-- Leaf hashes of a tile that was not full when the leaves before it were pruned: later proofs need
-- them until the tile is full.
CREATE TABLE {audit}.edge_leaf (
    stream_id bigint NOT NULL,
    incarnation integer NOT NULL,
    index bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT edge_leaf_pkey PRIMARY KEY (stream_id, incarnation, index)
);

-- The partitions of `event` and `leaf` that were made; a default one has no bounds.
CREATE TABLE {audit}.partition (
    name name NOT NULL,
    parent name NOT NULL,
    begins_at timestamptz,
    ends_at timestamptz,
    CONSTRAINT partition_pkey PRIMARY KEY (name)
);

-- Full tiles of C2SP tlog-tiles, 256 hashes each, of every level; they stay when events are pruned.
CREATE TABLE {audit}.tile (
    stream_id bigint NOT NULL,
    incarnation integer NOT NULL,
    level integer NOT NULL,
    index bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT tile_pkey PRIMARY KEY (stream_id, incarnation, level, index),
    CONSTRAINT tile_is_full CHECK (pg_catalog.octet_length(hashes) = 8192)
);

-- A tree of a stream. A second one is begun after a restore that went back behind a checkpoint.
CREATE TABLE {audit}.incarnation (
    stream_id bigint NOT NULL,
    number integer NOT NULL,
    origin text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    quotes text NOT NULL DEFAULT '',
    CONSTRAINT incarnation_pkey PRIMARY KEY (stream_id, number),
    CONSTRAINT incarnation_origin_key UNIQUE (origin)
);

CREATE TABLE {audit}.checkpoint (
    stream_id bigint NOT NULL,
    incarnation integer NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    frontier bytea NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT checkpoint_pkey PRIMARY KEY (stream_id, incarnation, size)
);

-- Notes of `checkpoint` as witnesses cosigned them.
CREATE TABLE {audit}.cosignature (
    stream_id bigint NOT NULL,
    incarnation integer NOT NULL,
    size bigint NOT NULL,
    witness text NOT NULL,
    line text NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT cosignature_pkey PRIMARY KEY (stream_id, incarnation, size, witness)
);

-- The log's public keys, as verifier keys of C2SP signed-note; the private ones are never here.
CREATE TABLE {audit}.log_key (
    verifier_key text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT log_key_pkey PRIMARY KEY (verifier_key)
);

-- What was pruned: everything of a tree below `minimum_index`; `statement` is a signed note.
CREATE TABLE {audit}.prune (
    stream_id bigint NOT NULL,
    incarnation integer NOT NULL,
    minimum_index bigint NOT NULL,
    statement text NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    CONSTRAINT prune_pkey PRIMARY KEY (stream_id, incarnation, minimum_index)
);

-- What pg_stat_statements said at some time, to compare later counts with (audit_reconcile).
CREATE TABLE {audit}.counter_baseline (
    id bigint GENERATED ALWAYS AS IDENTITY,
    taken_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    counters jsonb NOT NULL,
    CONSTRAINT counter_baseline_pkey PRIMARY KEY (id)
);
