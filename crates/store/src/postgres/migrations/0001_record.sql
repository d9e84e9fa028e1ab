-- The record, as the embedded engine keeps it too. Instants are microseconds since the Unix epoch, enums are the numbers of
-- frontdesk_domain, texts compare by their bytes. No default, trigger or function of SQL decides anything. Every key of
-- what a location owns leads with the location.

-- What everything else hangs on; one row.
CREATE TABLE installation (
    one        smallint NOT NULL PRIMARY KEY CHECK (one = 1),
    generation bigint   NOT NULL, -- goes up with every change of locations or tokens, so that running servers see it
    secret_key bytea    NOT NULL  -- session secrets are derived from it
);

CREATE TABLE locations (
    key         bigint NOT NULL PRIMARY KEY, -- a small number, because it leads every other key
    id          text   COLLATE "C" NOT NULL UNIQUE,
    name        text   NOT NULL,
    time_zone   text   NOT NULL,
    session_ttl bigint NOT NULL, -- microseconds
    origins     text   NOT NULL, -- a JSON array
    created_at  bigint NOT NULL
);

-- The clock of a location: the row that every change of the location locks, so that its ticks are in the order of its
-- commits, whichever server takes them.
CREATE TABLE clocks (
    location    bigint NOT NULL PRIMARY KEY,
    last_tick   bigint NOT NULL, -- no updated_at of this location is later
    seen        bigint NOT NULL, -- up to here somebody has read the present; no tick is taken before it any more
    next_expiry bigint NOT NULL  -- no active session of this location expires earlier
) WITH (fillfactor = 50); -- room for the next version of a row on its own page

CREATE TABLE tokens (
    id         bigint NOT NULL PRIMARY KEY,
    digest     bytea  NOT NULL,
    scope      text   NOT NULL,
    reach      text,            -- a JSON array of location ids; null: every location
    note       text   NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint
);

CREATE TABLE sessions (
    location              bigint   NOT NULL,
    id                    text     COLLATE "C" NOT NULL,
    status                smallint NOT NULL,
    updated_at            bigint   NOT NULL,
    stage                 smallint NOT NULL,
    client_type           smallint,
    appointment_id        text,
    remote_appointment_id text,
    referral_source       text,
    referral_campaign     text,
    referral_medium       text,
    created_at            bigint   NOT NULL,
    last_activity_at      bigint,
    expires_at            bigint,  -- set while active
    PRIMARY KEY (location, id)
);
CREATE INDEX sessions_by_update ON sessions (location, updated_at, id);
CREATE INDEX sessions_by_status ON sessions (location, status, updated_at, id);
CREATE INDEX sessions_due ON sessions (location, expires_at) WHERE expires_at IS NOT NULL;

-- The timeline: position orders the events of one change.
CREATE TABLE events (
    location bigint  NOT NULL,
    session  text    COLLATE "C" NOT NULL,
    at       bigint  NOT NULL,
    position integer NOT NULL,
    event    text    NOT NULL, -- JSON
    PRIMARY KEY (location, session, at, position)
);

-- The tally tree (frontdesk_domain::feed::tally) without its lowest level: a change hardly ever leaves a part of five
-- hours, and an edge of five hours is quickly counted. For each status, and for all, how many sessions lie in the first
-- part, in the first two, and so on up to all 64: a count is a difference of two, and width_bucket finds a rank.
CREATE TABLE tallies (
    location  bigint    NOT NULL,
    level     smallint  NOT NULL,
    node      bigint    NOT NULL,
    active    integer[] NOT NULL,
    completed integer[] NOT NULL,
    abandoned integer[] NOT NULL,
    sessions  integer[] NOT NULL,
    PRIMARY KEY (location, level, node)
);

-- Answers that are given again when the same request comes again within a day.
CREATE TABLE idempotency_keys (
    location    bigint NOT NULL,
    key         text   COLLATE "C" NOT NULL,
    fingerprint bytea  NOT NULL,
    created_at  bigint NOT NULL,
    outcome     text   NOT NULL, -- JSON
    PRIMARY KEY (location, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
