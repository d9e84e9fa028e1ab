//! The statements that read a page: its rows, the count of its window and the location's clock, as of one moment and in
//! one round trip.
//!
//! There are three, each for every status and for all. Generic plans of them are nothing but index look-ups: what tempts
//! the planner to read a table is asked for in subqueries that depend on one row at a time.

use frontdesk_domain::session::Status;

use super::super::row::session_columns;

/// A condition of a statement for sessions of one status, or nothing; and the column of `tallies` that counts them.
macro_rules! for_status {
    ($statement:ident, $status:expr) => {
        match $status {
            None => $statement!("of all sessions", "", "sessions"),
            Some(Status::Active) => $statement!("of active sessions", " AND status = 0", "active"),
            Some(Status::Completed) => $statement!("of completed sessions", " AND status = 1", "completed"),
            Some(Status::Abandoned) => $statement!("of abandoned sessions", " AND status = 2", "abandoned"),
        }
    };
}

/// Sessions of a run of parts: the running total at its end without the one before it, which is null before part 0.
macro_rules! sessions_of_run {
    ($tally:literal) => {
        concat!(
            "coalesce((SELECT ",
            $tally,
            "[run.through] - coalesce(",
            $tally,
            "[run.before], 0) FROM tallies \
             WHERE location = $1 AND tallies.level = run.level AND tallies.node = run.node), 0)"
        )
    };
}

/// The first rows of a short window, and its sessions one by one, so far as there are [`FEW`] of them: for so few that is
/// cheaper than the tree.
///
/// | parameter | is |
/// | --- | --- |
/// | 1 | the location |
/// | 2, 3 | the window's first and last instant |
/// | 4 | the most rows |
/// | 5 | the most that are counted |
macro_rules! short_window {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* page of a short window ",
            $name,
            " */ \
             SELECT clocks.last_tick, clocks.seen, clocks.next_expiry, \
             (SELECT count(*) FROM (SELECT FROM sessions WHERE location = $1",
            $of_status,
            " AND updated_at >= $2 AND updated_at <= $3 LIMIT $5) AS few) AS total, 0::bigint AS departed, page.* \
             FROM clocks LEFT JOIN LATERAL \
             (SELECT ",
            session_columns!(),
            " FROM sessions \
              WHERE location = $1",
            $of_status,
            " AND updated_at >= $2 AND updated_at <= $3 ORDER BY updated_at, id LIMIT $4) AS page ON true \
             WHERE clocks.location = $1"
        )
    };
}

/// The rows from a place on.
///
/// | parameter | is |
/// | --- | --- |
/// | 1 | the location |
/// | 2, 3 | the place after which the rows come |
/// | 4 | the window's end |
/// | 5 | the most rows |
/// | 6, 7 | the place after which sessions are counted |
/// | 8 | the end of the first edge |
/// | 9 | the start of the last edge, or null |
/// | 10–13 | the runs: levels, nodes, parts before the run, parts through its end |
///
/// The three counts are subqueries that depend on no row, so that they run once.
macro_rules! from_place {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* page from a place ",
            $name,
            " */ \
             SELECT clocks.last_tick, clocks.seen, clocks.next_expiry, \
             (SELECT count(*) FROM sessions \
              WHERE location = $1",
            $of_status,
            " AND (updated_at, id) > ($6, $7) AND updated_at <= $8) \
             + CASE WHEN $9::bigint <= $4 THEN (SELECT count(*) FROM sessions \
               WHERE location = $1",
            $of_status,
            " AND updated_at >= $9 AND updated_at <= $4) ELSE 0 END \
             + (SELECT coalesce(sum(",
            sessions_of_run!($tally),
            "), 0) \
                FROM unnest($10::smallint[], $11::bigint[], $12::integer[], $13::integer[]) \
                     AS run (level, node, before, through)) AS total, \
             0::bigint AS departed, \
             page.* \
             FROM clocks LEFT JOIN LATERAL \
             (SELECT ",
            session_columns!(),
            " FROM sessions \
              WHERE location = $1",
            $of_status,
            " AND (updated_at, id) > ($2, $3) AND updated_at <= $4 \
              ORDER BY updated_at, id LIMIT $5) AS page ON true \
             WHERE clocks.location = $1"
        )
    };
}

/// The rows after so many of the window.
///
/// | parameter | is |
/// | --- | --- |
/// | 1 | the location |
/// | 2, 3 | the place where the window starts |
/// | 4 | its end |
/// | 5 | the most rows |
/// | 6 | how many come before them |
/// | 7 | the end of the first edge |
/// | 8 | the start of the last edge, or null |
/// | 9–12 | the runs: levels, nodes, parts before the run, parts through its end |
/// | 13 | how many bits of an instant lie within a part of the lowest level |
/// | 14 | since when departures from the window are counted |
///
/// The edges are segments of level 0. The segment that holds the rank is found by the sum of those before it; a run is then
/// followed down the tree: `width_bucket` says how many of a node's running totals are at most `skip`, which is the index of
/// the part in which the session after so many lies. In the part, as in an edge, `skip` rows are passed over one by one.
/// `LIMIT 1` keeps the planner from joining the whole table instead of looking up the one node.
macro_rules! from_rank {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* page from a rank ", $name, " */ \
             WITH RECURSIVE segments AS ( \
               SELECT 0::bigint AS position, 0::smallint AS level, 0::bigint AS node, 0 AS before, \
                 (SELECT count(*) FROM sessions WHERE location = $1", $of_status, " \
                  AND (updated_at, id) > ($2, $3) AND updated_at <= $7)::integer AS here \
               UNION ALL \
               SELECT position, level, node, before, ", sessions_of_run!($tally), " \
               FROM unnest($9::smallint[], $10::bigint[], $11::integer[], $12::integer[]) WITH ORDINALITY \
                    AS run (level, node, before, through, position) \
               UNION ALL \
               SELECT 1000, 0, 0, 0, (SELECT count(*) FROM sessions WHERE location = $1", $of_status, " \
                  AND updated_at >= $8 AND updated_at <= $4)::integer WHERE $8::bigint <= $4 \
             ), found AS ( \
               SELECT position, level, node, before, ($6 - (through - here))::integer AS skip \
               FROM (SELECT *, sum(here) OVER (ORDER BY position) AS through FROM segments) AS summed \
               WHERE through > $6 ORDER BY position LIMIT 1 \
             ), descent AS ( \
               SELECT level, node, skip + coalesce((SELECT ", $tally, "[found.before] FROM tallies WHERE location = $1 \
                 AND tallies.level = found.level AND tallies.node = found.node), 0) AS skip \
               FROM found WHERE level > 0 \
               UNION ALL \
               SELECT (level - 1)::smallint, (node << 6) + inside.part, skip - inside.passed \
               FROM descent CROSS JOIN LATERAL ( \
                 SELECT part, coalesce(", $tally, "[part], 0) AS passed \
                 FROM tallies, LATERAL width_bucket(descent.skip, ", $tally, ") AS part \
                 WHERE location = $1 AND tallies.level = descent.level AND tallies.node = descent.node LIMIT 1) AS inside \
               WHERE level > 0 \
             ), start AS ( \
               SELECT node << $13 AS updated_at, '' AS id, skip FROM descent WHERE level = 0 \
               UNION ALL \
               SELECT CASE position WHEN 0 THEN $2 ELSE $8 END, CASE position WHEN 0 THEN $3 ELSE '' END, skip \
               FROM found WHERE level = 0 \
             ) \
             SELECT clocks.last_tick, clocks.seen, clocks.next_expiry, (SELECT sum(here) FROM segments) AS total, \
             (SELECT count(*) FROM departures WHERE location = $1 AND at >= $14 \
              AND updated_at >= $2 AND updated_at <= $4) AS departed, page.* \
             FROM clocks LEFT JOIN LATERAL \
             (SELECT page.* FROM start CROSS JOIN LATERAL \
               (SELECT ", session_columns!(), " FROM sessions \
                WHERE location = $1", $of_status, " AND (sessions.updated_at, sessions.id) > (start.updated_at, start.id) \
                AND updated_at <= $4 ORDER BY updated_at, id OFFSET start.skip LIMIT $5) AS page) AS page ON true \
             WHERE clocks.location = $1"
        )
    };
}

/// The columns before those of a session: the clock's three, the count, and the departures.
pub(super) const HEAD_COLUMNS: usize = 5;

/// More sessions than these are left to the tally tree.
pub(super) const FEW: u64 = 500;

/// The statement that reads the first rows of a short window.
pub(super) const fn short_window(status: Option<Status>) -> &'static str {
    for_status!(short_window, status)
}

/// The statement that reads the rows from a place on.
pub(super) const fn from_place(status: Option<Status>) -> &'static str {
    for_status!(from_place, status)
}

/// The statement that reads the rows after so many of the window.
pub(super) const fn from_rank(status: Option<Status>) -> &'static str {
    for_status!(from_rank, status)
}
