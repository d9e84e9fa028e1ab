-- What a server remembers of windows that ended long ago holds until this goes up, or a departure from them is there. It counts
-- the times that sessions came to places of more than an hour ago, as only imported ones do, and that departures were
-- forgotten. The default is for servers of the version before.
ALTER TABLE clocks ADD COLUMN arrivals bigint NOT NULL DEFAULT 0;
