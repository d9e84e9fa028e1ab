-- Booking: how locations are set up for it, what is kept for sessions, appointments with clients and patients, and the mails
-- that tell of them; as the embedded engine keeps it too. Every key leads with the location.

-- For the exclusion of claims. It comes with PostgreSQL (in the package of its additional modules, where there is one) and is
-- trusted: the owner of a database may create it.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- A location without a row takes no bookings.
CREATE TABLE setups (
    location bigint NOT NULL PRIMARY KEY,
    revision bigint NOT NULL, -- goes up with every change
    document text   NOT NULL  -- frontdesk_domain::practice::Setup, as JSON
);

-- When what takes up the time of a location last changed. A reader that has read it since need not read it again.
CREATE TABLE agendas (
    location   bigint NOT NULL PRIMARY KEY,
    changed_at bigint NOT NULL -- a tick
) WITH (fillfactor = 50);

CREATE TABLE appointments (
    location          bigint   NOT NULL,
    id                text     COLLATE "C" NOT NULL,
    remote_id         text     COLLATE "C",
    status            smallint NOT NULL,
    starts_at         bigint   NOT NULL,
    ends_at           bigint   NOT NULL,
    provider          text     COLLATE "C" NOT NULL,
    appointment_type  text     COLLATE "C" NOT NULL,
    room              text     COLLATE "C",
    occupied_from     bigint   NOT NULL, -- with its buffers
    occupied_until    bigint   NOT NULL,
    session           text     COLLATE "C",
    referral_source   text,
    referral_campaign text,
    referral_medium   text,
    client_type       smallint,
    client            text     COLLATE "C" NOT NULL,
    patient           text     COLLATE "C" NOT NULL,
    note              text,
    language          text     NOT NULL,
    sequence          bigint   NOT NULL,
    created_at        bigint   NOT NULL,
    updated_at        bigint   NOT NULL, -- a tick
    PRIMARY KEY (location, id)
);
CREATE INDEX appointments_by_update ON appointments (location, updated_at, id);
-- Those that stand: neither deleted (5) nor declined (6). With all that an agenda shows of them.
CREATE INDEX appointments_by_time ON appointments (location, occupied_until)
    INCLUDE (occupied_from, provider, room, id, status) WHERE status < 5;

-- What appointments that stand take. That no two take the same is decided under the lock of the location's clock; the
-- exclusion is there in case that somebody else writes.
CREATE TABLE claims (
    location       bigint NOT NULL,
    resource       text   COLLATE "C" NOT NULL, -- p: and the id of a provider, or r: and that of a room
    occupied_from  bigint NOT NULL,
    occupied_until bigint NOT NULL,
    appointment    text   COLLATE "C" NOT NULL,
    PRIMARY KEY (location, resource, occupied_from),
    CONSTRAINT claims_apart EXCLUDE USING gist
        (location WITH =, resource WITH =, int8range(occupied_from, occupied_until) WITH &&)
);

-- At most one for each session that is in progress. One that has run out stays until its session says so.
CREATE TABLE holds (
    location         bigint NOT NULL,
    session          text   COLLATE "C" NOT NULL,
    starts_at        bigint NOT NULL,
    provider         text   COLLATE "C" NOT NULL,
    appointment_type text   COLLATE "C" NOT NULL,
    room             text   COLLATE "C",
    occupied_from    bigint NOT NULL,
    occupied_until   bigint NOT NULL,
    held_until       bigint NOT NULL,
    PRIMARY KEY (location, session)
);
CREATE INDEX holds_by_time ON holds (location, occupied_until);

CREATE TABLE clients (
    location     bigint NOT NULL,
    id           text   COLLATE "C" NOT NULL,
    remote_id    text   COLLATE "C",
    first_name   text   COLLATE "C" NOT NULL,
    last_name    text   COLLATE "C" NOT NULL,
    email        text,
    phone        text,
    created_at   bigint NOT NULL,
    search_name  text   COLLATE "C" NOT NULL, -- both names in lower case
    normal_email text   COLLATE "C",          -- by which they are known again
    normal_phone text   COLLATE "C",
    PRIMARY KEY (location, id)
);
CREATE INDEX clients_by_name ON clients (location, last_name, first_name, id);
CREATE INDEX clients_by_email ON clients (location, normal_email) WHERE normal_email IS NOT NULL;
CREATE INDEX clients_by_phone ON clients (location, normal_phone) WHERE normal_phone IS NOT NULL;
CREATE INDEX clients_by_remote_id ON clients (location, remote_id) WHERE remote_id IS NOT NULL;

CREATE TABLE patients (
    location    bigint NOT NULL,
    id          text   COLLATE "C" NOT NULL,
    remote_id   text   COLLATE "C",
    client      text   COLLATE "C" NOT NULL,
    name        text   COLLATE "C" NOT NULL,
    species     text,
    breed       text,
    created_at  bigint NOT NULL,
    search_name text   COLLATE "C" NOT NULL, -- the name in lower case
    PRIMARY KEY (location, id)
);
CREATE INDEX patients_by_name ON patients (location, name, id);
CREATE INDEX patients_by_client ON patients (location, client, name, id);
CREATE INDEX patients_by_remote_id ON patients (location, remote_id) WHERE remote_id IS NOT NULL;

-- The outbox: written with the change that a mail tells of.
CREATE TABLE mails (
    location     bigint   NOT NULL,
    id           text     COLLATE "C" NOT NULL,
    notice       text     NOT NULL,
    appointment  text     COLLATE "C" NOT NULL,
    sequence     bigint   NOT NULL, -- the appointment's when it was written
    created_at   bigint   NOT NULL,
    due_at       bigint   NOT NULL,
    attempts     bigint   NOT NULL,
    state        smallint NOT NULL, -- 0 waits, 1 is being sent, 2 is sent, 3 has failed, 4 is moot
    leased_until bigint,            -- while it is being sent
    reason       text,              -- of the last attempt that did not succeed
    PRIMARY KEY (location, id)
);
CREATE INDEX mails_due ON mails (due_at, id) WHERE state = 0;
CREATE INDEX mails_leased ON mails (leased_until) WHERE state = 1;
