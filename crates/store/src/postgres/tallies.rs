//! Moving the tally tree: what the changes of a transaction add to running totals.

use frontdesk_domain::feed::tally::PARTS;
use futures_util::future::try_join_all;

use super::connection::{Connection, prepared};
use super::fault::Doing;
use crate::error::StoreError;
use crate::moves::{NodeKey, PartMoves, TallyMoves};

/// The lowest level of the tally tree that this engine keeps.
pub(super) const LOWEST_LEVEL: u8 = 1;

const NODES: &str = "/* tallies to move */ SELECT location, level, node, active, completed, abandoned \
     FROM tallies JOIN unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS moved (location, level, node) \
     USING (location, level, node)";

const KEEP: &str = "/* move a tally */ \
     INSERT INTO tallies (location, level, node, active, completed, abandoned, sessions) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (location, level, node) DO UPDATE \
     SET active = excluded.active, completed = excluded.completed, abandoned = excluded.abandoned, \
         sessions = excluded.sessions";

/// The running totals of a node, for each status: how many sessions lie in its first part, its first two, and so on.
struct Totals([Vec<i32>; 3]);

impl Totals {
    fn none() -> Self {
        Self(std::array::from_fn(|_| vec![0; PARTS as usize]))
    }

    /// Adds to a part, counted through all nodes of the level; false when that leaves fewer sessions than none.
    fn add(&mut self, part: i64, change: [i64; 3]) -> bool {
        let index = part.rem_euclid(PARTS) as usize;
        self.0.iter_mut().zip(change).all(|(totals, change)| {
            totals[index..].iter_mut().all(|total| {
                let moved = i32::try_from(i64::from(*total) + change).ok().filter(|moved| *moved >= 0);
                *total = moved.unwrap_or_default();
                moved.is_some()
            })
        })
    }

    fn of_all(&self) -> Vec<i32> {
        let [active, completed, abandoned] = &self.0;
        active.iter().zip(completed).zip(abandoned).map(|((one, two), three)| one + two + three).collect()
    }
}

/// Moves the tallies of locations whose clocks are locked.
pub(super) async fn write(connection: &Connection, moves: &TallyMoves) -> Result<(), StoreError> {
    let nodes = moves.nodes();
    if nodes.is_empty() {
        return Ok(());
    }
    let moved = moved(connection, nodes).await?;
    let keep = prepared(connection, KEEP).await?;
    try_join_all(moved.iter().map(async |((location, level, node), totals)| {
        let [active, completed, abandoned] = &totals.0;
        connection
            .execute(&keep, &[location, &i16::from(*level), node, active, completed, abandoned, &totals.of_all()])
            .await
            .doing("write a tally")
    }))
    .await
    .map(drop)
}

/// The nodes as they are after these moves.
async fn moved(
    connection: &Connection,
    nodes: Vec<(NodeKey, PartMoves)>,
) -> Result<Vec<(NodeKey, Totals)>, StoreError> {
    const READING: &str = "read tallies";
    let locations: Vec<i64> = nodes.iter().map(|((location, ..), _)| *location).collect();
    let levels: Vec<i16> = nodes.iter().map(|((_, level, _), _)| i16::from(*level)).collect();
    let numbers: Vec<i64> = nodes.iter().map(|((.., node), _)| *node).collect();
    let statement = prepared(connection, NODES).await?;
    let rows = connection.query(&statement, &[&locations, &levels, &numbers]).await.doing(READING)?;
    let mut known = std::collections::HashMap::new();
    for row in &rows {
        let key: (i64, i16, i64) =
            (row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?, row.try_get(2).doing(READING)?);
        let totals = [row.try_get(3).doing(READING)?, row.try_get(4).doing(READING)?, row.try_get(5).doing(READING)?];
        known.insert(key, Totals(totals));
    }
    nodes
        .into_iter()
        .map(|(key, parts)| {
            let (location, level, node) = key;
            let mut totals = known.remove(&(location, i16::from(level), node)).unwrap_or_else(Totals::none);
            let whole = totals.0.iter().all(|totals| totals.len() == PARTS as usize);
            if whole && parts.into_iter().all(|(part, change)| totals.add(part, change)) {
                Ok((key, totals))
            } else {
                let id = format!("location {location}, level {level}, node {node}");
                Err(StoreError::Corrupt { table: "tallies", column: "sessions", id })
            }
        })
        .collect()
}
