-- Counts the times that sessions came to places of more than an hour ago, as only imported ones do. What a server remembers
-- of windows that ended long ago holds until then; departures tell it of the sessions that leave. The default is for
-- servers of the version before.
ALTER TABLE clocks ADD COLUMN arrivals bigint NOT NULL DEFAULT 0;
