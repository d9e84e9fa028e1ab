//! How many files the process may open. A connection is one, and some must be left for the database: without them
//! requests would fail that have nothing to do with those who hold the connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open beside the connections and the database's readers: the writer's, the log, the runtime's own.
const OTHERS: u64 = 48;
/// Files that a reader of the database has open; as many readers read at once as there are processors.
const OF_A_READER: u64 = 2;
/// A server for fewer connections would be of no use.
const FEWEST_CONNECTIONS: u64 = 16;

/// Asks the system for the files that so many connections need, and answers for how many connections there is room.
pub fn make_room(connections: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let others = OTHERS + OF_A_READER * processors;
    let most = connections as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(mut limit) = current else { return connections };
    let wanted = maximum.map_or(others + most, |maximum| maximum.min(others + most));
    // What the system refuses is done without.
    if limit < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok() {
        limit = wanted;
    }
    let room = limit.saturating_sub(others).clamp(FEWEST_CONNECTIONS, most.max(FEWEST_CONNECTIONS));
    if room < most {
        tracing::warn!(
            limit,
            connections = room,
            "the limit of open files (`ulimit -n`) leaves room for fewer connections than usual"
        );
    }
    usize::try_from(room).unwrap_or(connections)
}
