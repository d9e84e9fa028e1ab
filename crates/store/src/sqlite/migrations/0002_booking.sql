-- Booking: how locations are set up for it, what is kept for sessions, appointments with clients and patients, and the mails
-- that tell of them. Every key leads with the location.

-- A location without a row takes no bookings.
CREATE TABLE setups (
    location INTEGER NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL, -- goes up with every change
    document TEXT    NOT NULL  -- frontdesk_domain::practice::Setup, as JSON
);

-- When what takes up the time of a location last changed. A reader that has read it since need not read it again.
CREATE TABLE agendas (
    location   INTEGER NOT NULL PRIMARY KEY,
    changed_at INTEGER NOT NULL -- a tick
);

CREATE TABLE appointments (
    location          INTEGER NOT NULL,
    id                TEXT    NOT NULL,
    remote_id         TEXT,
    status            INTEGER NOT NULL,
    starts_at         INTEGER NOT NULL,
    ends_at           INTEGER NOT NULL,
    provider          TEXT    NOT NULL,
    appointment_type  TEXT    NOT NULL,
    room              TEXT,
    occupied_from     INTEGER NOT NULL, -- with its buffers
    occupied_until    INTEGER NOT NULL,
    session           TEXT,
    referral_source   TEXT,
    referral_campaign TEXT,
    referral_medium   TEXT,
    client_type       INTEGER,
    client            TEXT    NOT NULL,
    patient           TEXT    NOT NULL,
    note              TEXT,
    language          TEXT    NOT NULL,
    sequence          INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL, -- a tick
    PRIMARY KEY (location, id)
) WITHOUT ROWID;
CREATE INDEX appointments_by_update ON appointments (location, updated_at, id);
-- Those that stand: neither deleted (5) nor declined (6). With all that an agenda shows of them.
CREATE INDEX appointments_by_time ON appointments (location, occupied_until, occupied_from, provider, room)
    WHERE status < 5;

-- What appointments that stand take. The key keeps two from taking the same; that they do not overlap otherwise is
-- decided by the one writer.
CREATE TABLE claims (
    location       INTEGER NOT NULL,
    resource       TEXT    NOT NULL, -- p: and the id of a provider, or r: and that of a room
    occupied_from  INTEGER NOT NULL,
    occupied_until INTEGER NOT NULL,
    appointment    TEXT    NOT NULL,
    PRIMARY KEY (location, resource, occupied_from)
) WITHOUT ROWID;

-- At most one for each session that is in progress. One that has run out stays until its session says so.
CREATE TABLE holds (
    location         INTEGER NOT NULL,
    session          TEXT    NOT NULL,
    starts_at        INTEGER NOT NULL,
    provider         TEXT    NOT NULL,
    appointment_type TEXT    NOT NULL,
    room             TEXT,
    occupied_from    INTEGER NOT NULL,
    occupied_until   INTEGER NOT NULL,
    held_until       INTEGER NOT NULL,
    PRIMARY KEY (location, session)
) WITHOUT ROWID;
CREATE INDEX holds_by_time ON holds (location, occupied_until);

CREATE TABLE clients (
    location     INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    remote_id    TEXT,
    first_name   TEXT    NOT NULL,
    last_name    TEXT    NOT NULL,
    email        TEXT,
    phone        TEXT,
    created_at   INTEGER NOT NULL,
    search_name  TEXT    NOT NULL, -- both names in lower case
    normal_email TEXT,             -- by which they are known again
    normal_phone TEXT,
    PRIMARY KEY (location, id)
) WITHOUT ROWID;
CREATE INDEX clients_by_name ON clients (location, last_name, first_name, id);
CREATE INDEX clients_by_email ON clients (location, normal_email) WHERE normal_email IS NOT NULL;
CREATE INDEX clients_by_phone ON clients (location, normal_phone) WHERE normal_phone IS NOT NULL;
CREATE INDEX clients_by_remote_id ON clients (location, remote_id) WHERE remote_id IS NOT NULL;

CREATE TABLE patients (
    location    INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    remote_id   TEXT,
    client      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    species     TEXT,
    breed       TEXT,
    created_at  INTEGER NOT NULL,
    search_name TEXT    NOT NULL, -- the name in lower case
    PRIMARY KEY (location, id)
) WITHOUT ROWID;
CREATE INDEX patients_by_name ON patients (location, name, id);
CREATE INDEX patients_by_client ON patients (location, client, name, id);
CREATE INDEX patients_by_remote_id ON patients (location, remote_id) WHERE remote_id IS NOT NULL;

-- The outbox: written with the change that a mail tells of.
CREATE TABLE mails (
    location     INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    notice       TEXT    NOT NULL,
    appointment  TEXT    NOT NULL,
    sequence     INTEGER NOT NULL, -- the appointment's when it was written
    created_at   INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    state        INTEGER NOT NULL, -- 0 waits, 1 is being sent, 2 is sent, 3 has failed, 4 is moot
    leased_until INTEGER,          -- while it is being sent
    reason       TEXT,             -- of the last attempt that did not succeed
    PRIMARY KEY (location, id)
) WITHOUT ROWID;
CREATE INDEX mails_due ON mails (due_at, id) WHERE state = 0;
CREATE INDEX mails_leased ON mails (leased_until) WHERE state = 1;
