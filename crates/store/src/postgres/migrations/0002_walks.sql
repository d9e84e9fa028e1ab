-- What servers have to know of each other's page walks (frontdesk_domain::feed::walk). All of it is forgotten after minutes,
-- and none of it is part of the record.

-- The walks of a query whose window is not quiet yet.
CREATE TABLE walks (
    location bigint NOT NULL,
    token    bigint NOT NULL,
    query    bytea  NOT NULL, -- the window and the page size
    state    bytea  NOT NULL, -- frontdesk_domain::feed::walk::Walks
    until    bigint NOT NULL, -- from then on it counts no more
    PRIMARY KEY (location, token, query)
) WITH (fillfactor = 70);

-- Sessions that left an old place in the feed: by so many the ranks of a quiet window may have moved.
CREATE TABLE departures (
    location   bigint NOT NULL,
    at         bigint NOT NULL, -- when
    session    text   COLLATE "C" NOT NULL,
    updated_at bigint NOT NULL, -- the place that it left
    PRIMARY KEY (location, at, session, updated_at)
);
