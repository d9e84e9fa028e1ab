-- The record: locations, sessions, their timelines and the tallies that count them. Instants are microseconds since the
-- Unix epoch, enums are the numbers of frontdesk_domain. No default, trigger or function of SQL decides anything.

-- What everything else hangs on; one row.
CREATE TABLE installation (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL, -- goes up with every change of locations or tokens, so that a running server sees it
    secret_key BLOB    NOT NULL  -- session secrets are derived from it
);

CREATE TABLE locations (
    key         INTEGER NOT NULL PRIMARY KEY, -- a small number, because it leads every other key
    id          TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    time_zone   TEXT    NOT NULL,
    session_ttl INTEGER NOT NULL, -- microseconds
    origins     TEXT    NOT NULL, -- a JSON array
    created_at  INTEGER NOT NULL,
    last_tick   INTEGER NOT NULL  -- no updated_at of this location is later
);

CREATE TABLE tokens (
    id         INTEGER NOT NULL PRIMARY KEY,
    digest     BLOB    NOT NULL,
    scope      TEXT    NOT NULL,
    reach      TEXT,              -- a JSON array of location ids; null: every location
    note       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
);

-- Clustered by status and updated_at: a page of one status is one run of neighbouring rows, a page of all is a merge of three.
CREATE TABLE sessions (
    location              INTEGER NOT NULL,
    status                INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    id                    TEXT    NOT NULL,
    stage                 INTEGER NOT NULL,
    client_type           INTEGER,
    appointment_id        TEXT,
    remote_appointment_id TEXT,
    referral_source       TEXT,
    referral_campaign     TEXT,
    referral_medium       TEXT,
    created_at            INTEGER NOT NULL,
    last_activity_at      INTEGER,
    expires_at            INTEGER, -- set while active
    PRIMARY KEY (location, status, updated_at, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX sessions_by_id ON sessions (location, id);
CREATE INDEX sessions_due ON sessions (expires_at) WHERE expires_at IS NOT NULL;

-- The timeline: position orders the events of one change.
CREATE TABLE events (
    location INTEGER NOT NULL,
    session  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    position INTEGER NOT NULL,
    event    TEXT    NOT NULL, -- JSON
    PRIMARY KEY (location, session, at, position)
) WITHOUT ROWID;

-- The tally tree (frontdesk_domain::feed::tally).
CREATE TABLE tallies (
    location INTEGER NOT NULL,
    level    INTEGER NOT NULL,
    node     INTEGER NOT NULL,
    parts    BLOB    NOT NULL,
    PRIMARY KEY (location, level, node)
) WITHOUT ROWID;

-- Answers that are given again when the same request comes again within a day.
CREATE TABLE idempotency_keys (
    location    INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    outcome     TEXT    NOT NULL, -- JSON
    PRIMARY KEY (location, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
