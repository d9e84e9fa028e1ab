-- Servers decide reports by what they remember of a location, as long as its last_tick and arrivals stand where they stood. So
-- whoever changes a session and cannot move last_tick moves arrivals. Tools of the version before do not; this version of the
-- schema keeps them out.
COMMENT ON COLUMN clocks.arrivals IS 'goes up with every change of a session that last_tick does not tell of';
