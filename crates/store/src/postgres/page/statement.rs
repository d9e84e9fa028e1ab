//! The statements that read a page: its rows, the count of its window and the location's clock, as of one moment and in
//! one round trip.
//!
//! Each is there for every status and for all: the first page of a short window, a page from a place, from a rank, and by the
//! outline of the feed. Generic plans of them are nothing but index look-ups: what tempts
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

/// The rows after so many of a window whose runs are of the two lowest levels, which is one of up to some years.
///
/// | parameter | is |
/// | --- | --- |
/// | 1 | the location |
/// | 2, 3 | the window's first and last instant |
/// | 4 | the most rows |
/// | 5 | how many come before them |
/// | 6–11 | the segments in the order of time: level (0 for an edge), node, parts before the run, parts through its end, the first and the last instant of an edge |
/// | 12 | how many bits of an instant lie within a part of the lowest level |
/// | 13 | since when departures from the window are counted |
///
/// The segment that holds the rank is found by the sum of those before it. A run is then followed down the tree: `width_bucket`
/// says how many of a node's running totals are at most `skip`, which is the index of the part in which the session after so
/// many lies. In the part, as in an edge, `skip` rows are passed over one by one. The total is null when the window has no
/// such rank. `OFFSET 0` keeps the planner from putting an expression, with all that it reads, into each place where its
/// value is used.
macro_rules! from_rank {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* page from a rank ", $name, " */ \
             SELECT clocks.last_tick, clocks.seen, clocks.next_expiry, found.total::bigint AS total, \
             (SELECT count(*) FROM departures WHERE location = $1 AND at >= $13 \
              AND updated_at >= $2 AND updated_at <= $3) AS departed, page.* \
             FROM clocks LEFT JOIN LATERAL ( \
               SELECT * FROM ( \
                 SELECT level, node, before, since, here, sum(here) OVER () AS total, \
                   $5::bigint - (sum(here) OVER (ROWS UNBOUNDED PRECEDING) - here) AS skip \
                 FROM (SELECT level, node, before, since, CASE level \
                     WHEN 0 THEN (SELECT count(*) FROM sessions WHERE location = $1", $of_status, " \
                       AND updated_at >= run.since AND updated_at <= run.until)::integer \
                     ELSE ", sessions_of_run!($tally), " END AS here \
                   FROM unnest($6::smallint[], $7::bigint[], $8::integer[], $9::integer[], $10::bigint[], $11::bigint[]) \
                     AS run (level, node, before, through, since, until) OFFSET 0) AS segments) AS summed \
               WHERE skip >= 0 AND skip < here) AS found ON true \
             LEFT JOIN LATERAL (SELECT page.* FROM (SELECT) AS start \
               LEFT JOIN LATERAL (SELECT node, found.skip + coalesce(", $tally, "[found.before], 0) AS skip, ", $tally, " AS totals \
                 FROM tallies WHERE location = $1 AND tallies.level = found.level AND tallies.node = found.node \
                 AND found.level > 0 OFFSET 0) AS upper ON true \
               LEFT JOIN LATERAL (SELECT width_bucket(upper.skip::integer, upper.totals) AS part OFFSET 0) AS in_upper ON true \
               LEFT JOIN LATERAL (SELECT node, upper.skip - coalesce(upper.totals[in_upper.part], 0) AS skip, ", $tally, " AS totals \
                 FROM tallies WHERE location = $1 AND tallies.level = 1 AND found.level = 2 \
                 AND tallies.node = (upper.node << 6) + in_upper.part OFFSET 0) AS lower ON true \
               LEFT JOIN LATERAL (SELECT width_bucket(lower.skip::integer, lower.totals) AS part OFFSET 0) AS in_lower ON true \
               CROSS JOIN LATERAL (SELECT ", session_columns!(), " FROM sessions WHERE location = $1", $of_status, " \
                 AND updated_at >= CASE found.level WHEN 0 THEN found.since \
                   WHEN 1 THEN ((upper.node << 6) + in_upper.part) << $12 ELSE ((lower.node << 6) + in_lower.part) << $12 END \
                 AND updated_at <= $3 ORDER BY updated_at, id OFFSET CASE found.level WHEN 0 THEN found.skip \
                   WHEN 1 THEN upper.skip - coalesce(upper.totals[in_upper.part], 0) \
                   ELSE lower.skip - coalesce(lower.totals[in_lower.part], 0) END LIMIT $4) AS page) AS page ON true \
             WHERE clocks.location = $1"
        )
    };
}

/// The highest level of the runs that [`from_rank()`] takes.
pub(super) const HIGHEST_NEAR_LEVEL: u8 = 2;

/// The rows after so many of any window; the tree is descended by as many levels as it takes.
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
/// The edges are segments of level 0.
/// `LIMIT 1` keeps the planner from joining the whole table instead of looking up the one node.
macro_rules! from_rank_of_years {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* page from a rank of years ", $name, " */ \
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

/// The outline of a location's feed: the nodes of the lowest level, and the arrivals as of which they are.
///
/// | parameter | is |
/// | --- | --- |
/// | 1 | the location |
macro_rules! outline {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* outline of the feed ",
            $name,
            " */ \
             SELECT clocks.arrivals, nodes.node, nodes.totals \
             FROM clocks LEFT JOIN LATERAL (SELECT node, ",
            $tally,
            " AS totals FROM tallies \
               WHERE location = $1 AND level = 1 ORDER BY node) AS nodes ON true \
             WHERE clocks.location = $1"
        )
    };
}

/// The beginning of a statement for a window whose outline is known: the clock, the count, and what is counted of both cut
/// parts. The count is null when the outline does not hold.
///
/// | parameter | is |
/// | --- | --- |
/// | 1 | the location |
/// | 2, 3 | a known place before the first row, or after it |
/// | 4 | how many sessions come between, beside what is counted of the first cut part times 5 |
/// | 5 | 1 or 0 |
/// | 6 | the most rows |
/// | 7 | the window's last instant |
/// | 8–10 | of the first cut part: the first instant of what is to be counted, or null, the one after the last, and the sign |
/// | 11–13 | of the last cut part, the same |
/// | 14 | the sessions of the window, beside what is counted |
/// | 15 | the location's arrivals as of the outline |
/// | 16, 17 | from which instant and through which there must not be departures |
///
/// An offset is not negative while the outline holds; when it does not, nothing is to fail, for then the rows are not used. In
/// the place of the departures are the location's arrivals.
macro_rules! outlined_head {
    ($of_status:literal) => {
        concat!(
            " */ SELECT clocks.last_tick, clocks.seen, clocks.next_expiry, \
             CASE WHEN clocks.arrivals = $15 AND NOT EXISTS (SELECT FROM departures WHERE location = $1 \
               AND updated_at >= $16 AND updated_at <= $17) THEN $14::bigint + cut.last - cut.first END AS total, \
             clocks.arrivals AS departed, page.* \
             FROM clocks CROSS JOIN LATERAL (SELECT \
               CASE WHEN $8::bigint < $9 THEN $10::bigint * (SELECT count(*) FROM sessions WHERE location = $1",
            $of_status,
            " AND updated_at >= $8 AND updated_at < $9) ELSE 0 END AS first, \
               CASE WHEN $11::bigint < $12 THEN $13::bigint * (SELECT count(*) FROM sessions WHERE location = $1",
            $of_status,
            " AND updated_at >= $11 AND updated_at < $12) ELSE 0 END AS last OFFSET 0) AS cut LEFT JOIN LATERAL "
        )
    };
}

/// Rows of a window whose outline is known; see [`outlined_head`].
macro_rules! outlined {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* page of an outlined window ",
            $name,
            outlined_head!($of_status),
            "(SELECT ",
            session_columns!(),
            " FROM sessions \
              WHERE location = $1",
            $of_status,
            " AND (updated_at, id) > ($2, $3) AND updated_at <= $7 \
              ORDER BY updated_at, id OFFSET greatest($4 + $5 * cut.first, 0) LIMIT $6) AS page ON true \
             WHERE clocks.location = $1"
        )
    };
}

/// The same; the first row is looked for in the index alone, which is worth it if more than a few come between.
macro_rules! outlined_by {
    ($of_status:literal, $side:literal, $order:literal) => {
        concat!(
            outlined_head!($of_status),
            "(SELECT page.* FROM (SELECT updated_at, id FROM sessions \
              WHERE location = $1",
            $of_status,
            " AND (updated_at, id) ",
            $side,
            " ($2, $3) ORDER BY ",
            $order,
            " OFFSET greatest($4 + $5 * cut.first, 0) LIMIT 1) AS head CROSS JOIN LATERAL \
              (SELECT ",
            session_columns!(),
            " FROM sessions WHERE location = $1",
            $of_status,
            " AND (sessions.updated_at, sessions.id) >= (head.updated_at, head.id) AND updated_at <= $7 \
              ORDER BY updated_at, id LIMIT $6) AS page) AS page ON true \
             WHERE clocks.location = $1"
        )
    };
}

macro_rules! outlined_far {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!("/* far page of an outlined window ", $name, outlined_by!($of_status, ">", "updated_at, id"))
    };
}

/// The same, backward from a place after the first row.
macro_rules! outlined_back {
    ($name:literal, $of_status:literal, $tally:literal) => {
        concat!(
            "/* page of an outlined window from its end ",
            $name,
            outlined_by!($of_status, "<", "updated_at DESC, id DESC")
        )
    };
}

/// The columns before those of a session: the clock's three, the count, and the departures.
pub(super) const HEAD_COLUMNS: usize = 5;

/// More sessions than these are left to the tally tree.
pub(super) const FEW: u64 = 500;

/// The statement that reads the outline of a feed.
pub(in super::super) const fn outline(status: Option<Status>) -> &'static str {
    for_status!(outline, status)
}

/// The statement that reads rows of a window whose outline is known.
pub(in super::super) const fn outlined(status: Option<Status>) -> &'static str {
    for_status!(outlined, status)
}

/// The same, for rows that lie far from a known place.
pub(in super::super) const fn outlined_far(status: Option<Status>) -> &'static str {
    for_status!(outlined_far, status)
}

/// The same, from a place that comes after them.
pub(in super::super) const fn outlined_back(status: Option<Status>) -> &'static str {
    for_status!(outlined_back, status)
}

/// The statement that reads the first rows of a short window.
pub(in super::super) const fn short_window(status: Option<Status>) -> &'static str {
    for_status!(short_window, status)
}

/// The statement that reads the rows from a place on.
pub(in super::super) const fn from_place(status: Option<Status>) -> &'static str {
    for_status!(from_place, status)
}

/// The statement that reads the rows after so many of a window of years.
pub(in super::super) const fn from_rank_of_years(status: Option<Status>) -> &'static str {
    for_status!(from_rank_of_years, status)
}

/// The statement that reads the rows after so many of the window.
pub(in super::super) const fn from_rank(status: Option<Status>) -> &'static str {
    for_status!(from_rank, status)
}
