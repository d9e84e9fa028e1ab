//! Snapshots of the record, kept from one reader to the next while nothing changes.
//!
//! To begin and to end one costs some system calls for the log's locks and four statements, a twelfth of a list request.
//! Most requests come while nothing has changed since the one before, and a snapshot that was begun then shows what one
//! that is begun now would show. So it is used again, by whoever comes next.
//!
//! # Why nobody can tell
//!
//! A kept snapshot is used only when no commit has become visible since it was begun. There are two kinds of commits:
//! - The server's own. The writer counts ([`Gate::version`]): up to an odd number before it begins a transaction, up to
//!   an even one after the transaction has ended and before anybody is told of it.
//! - Those of an operator's tools, in other processes. They count in the same way in the ticks file
//!   ([`super::connection::TickLock`]), whose lock they hold meanwhile.
//!
//! Both numbers are read before a snapshot's transaction begins. If they are even then and the same when a later reader
//! is opened, no transaction of either kind was under way at any time in between, because it would have raised them.
//! So no commit has become visible in between, and the kept snapshot is the record as it stands. If they are odd, a commit
//! may become visible at any moment, and the snapshot is not kept at all.
//!
//! Whoever changes the file by other means (a shell of SQLite) raises nothing. He is seen after [`LONGEST_LIFE`].
//!
//! The gate ([`super::gate`]) relies on none of this. A snapshot, kept or not, answers for windows that end at or before
//! its own last tick; whoever asks for the present is given one that was begun after he passed the gate
//! ([`ReadPool::begin`]).
//!
//! # Why none is kept for long
//!
//! While a snapshot is open, the log cannot begin anew at its start. So the writer ends those that lie idle after every
//! commit of its own, and those that have come of age whenever it looks for sessions to settle, twice a second
//! ([`ReadPool::sweep`]).

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use frontdesk_domain::{Clock, Timestamp};
use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;

use super::gate::{Gate, Version};
use super::writer::execute;
use super::{catalog, connection, records, row};
use crate::catalog::Catalog;
use crate::error::StoreError;

/// Microseconds after which a snapshot is not used again, whatever anybody says.
const LONGEST_LIFE: i64 = 100_000;

/// A read connection whose transaction is open, and what has been read through it that every request needs.
pub(super) struct Snapshot {
    connection: Connection,
    /// Locations and tokens as of this snapshot.
    catalog: Arc<Catalog>,
    /// The version of the record before the transaction began.
    version: Version,
    begun: Timestamp,
    bounds: HashMap<i64, Bounds>,
}

/// Between which instants sessions of a location lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// No session's `updated_at` is later.
    pub(super) last_tick: Timestamp,
    /// No session in progress was updated earlier. They end after a while by themselves, so that most windows of the past
    /// need not be searched for them.
    pub(super) first_active: Timestamp,
}

impl Bounds {
    /// Reads those of a location.
    pub(super) fn read(connection: &Connection, location: i64) -> Result<Self, StoreError> {
        Ok(Self {
            last_tick: records::last_tick(connection, location)?,
            first_active: row::first_active(connection, location)?,
        })
    }
}

impl Snapshot {
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The bounds of a location, read once.
    pub(super) fn bounds(&mut self, location: i64) -> Result<Bounds, StoreError> {
        if let Some(bounds) = self.bounds.get(&location) {
            return Ok(*bounds);
        }
        let bounds = Bounds::read(&self.connection, location)?;
        self.bounds.insert(location, bounds);
        Ok(bounds)
    }

    /// Whether it shows the record at `now`, when that has `version`.
    fn is_current(&self, version: Version, now: Timestamp) -> bool {
        let age = now.as_micros().saturating_sub(self.begun.as_micros());
        // An error of SQLite may have ended the transaction.
        let open = !self.connection.is_autocommit();
        open && version.is_settled() && self.version == version && (0..LONGEST_LIFE).contains(&age)
    }

    /// Ends the transaction. A connection whose transaction does not end is thrown away.
    fn end(self) -> Option<Connection> {
        let ended = self.connection.is_autocommit() || execute(&self.connection, "COMMIT").is_ok();
        ended.then_some(self.connection)
    }
}

/// Read connections and snapshots that nobody uses at the moment, and the catalogue that they share.
pub(super) struct ReadPool {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    gate: Arc<Gate>,
    idle: Mutex<Idle>,
    catalog: RwLock<Arc<Catalog>>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    snapshots: Vec<Snapshot>,
}

impl ReadPool {
    pub(super) fn new(path: PathBuf, clock: Arc<dyn Clock>, gate: Arc<Gate>, catalog: Arc<Catalog>) -> Self {
        Self { path, clock, gate, idle: Mutex::default(), catalog: RwLock::new(catalog) }
    }

    /// The record as it stands now: a kept snapshot if there is one, else a new one.
    pub(super) fn take(&self) -> Result<Snapshot, StoreError> {
        let Some(kept) = self.idle.lock().snapshots.pop() else { return self.begin() };
        if kept.is_current(self.gate.version()?, self.clock.now()) {
            return Ok(kept);
        }
        match kept.end() {
            Some(connection) => self.begin_on(connection),
            None => self.begin(),
        }
    }

    /// A snapshot that is begun now.
    pub(super) fn begin(&self) -> Result<Snapshot, StoreError> {
        let idle = {
            let mut idle = self.idle.lock();
            // No more connections than readers at a time: one that holds a kept snapshot is better than another one.
            idle.connections.pop().or_else(|| idle.snapshots.pop().and_then(Snapshot::end))
        };
        let connection = idle.map_or_else(|| connection::open_reader(&self.path), Ok)?;
        self.begin_on(connection)
    }

    fn begin_on(&self, connection: Connection) -> Result<Snapshot, StoreError> {
        let (version, begun) = (self.gate.version()?, self.clock.now());
        // The first statement that reads takes the snapshot, here the catalogue's.
        execute(&connection, "BEGIN")?;
        let catalog = self.catalog(&connection)?;
        Ok(Snapshot { connection, catalog, version, begun, bounds: HashMap::new() })
    }

    /// Takes back a snapshot that is not needed any more.
    pub(super) fn put_back(&self, snapshot: Snapshot) {
        // Under the lock, so that a commit that is counted after this look finds the snapshot among the idle ones.
        let mut idle = self.idle.lock();
        if snapshot.version.is_settled() && snapshot.version.commits == self.gate.commits() {
            idle.snapshots.push(snapshot);
            return;
        }
        drop(idle);
        let connection = snapshot.end();
        self.idle.lock().connections.extend(connection);
    }

    /// Ends the idle snapshots that will not be used again.
    pub(super) fn sweep(&self) {
        // The lock is kept meanwhile, or a reader that finds none would open one connection more.
        let mut idle = self.idle.lock();
        if idle.snapshots.is_empty() {
            return;
        }
        let (version, now) = (self.gate.version(), self.clock.now());
        let (current, outdated): (Vec<_>, Vec<_>) = std::mem::take(&mut idle.snapshots)
            .into_iter()
            // Without a version it cannot be told whether it is of use.
            .partition(|snapshot| version.as_ref().is_ok_and(|version| snapshot.is_current(*version, now)));
        idle.snapshots = current;
        idle.connections.extend(outdated.into_iter().filter_map(Snapshot::end));
    }

    /// The catalogue of the generation that `connection`'s snapshot sees. A new generation may have brought sessions
    /// that expire sooner than any known one (an import), so the gate is told to look again.
    fn catalog(&self, connection: &Connection) -> Result<Arc<Catalog>, StoreError> {
        let generation = catalog::generation(connection)?;
        let known = Arc::clone(&self.catalog.read());
        if known.generation == generation {
            return Ok(known);
        }
        let fresh = Arc::new(catalog::load(connection)?);
        self.gate.expect_expiry(Timestamp::MIN);
        let mut shared = self.catalog.write();
        if shared.generation < fresh.generation {
            *shared = Arc::clone(&fresh);
        }
        Ok(fresh)
    }
}
