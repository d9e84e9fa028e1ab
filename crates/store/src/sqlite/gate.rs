//! Between taking a tick and its commit becoming visible lie some milliseconds. A reader that looks at the present in
//! that gap would see nothing of the change, go on from "now", and never ask for that tick again. The gate closes the
//! gap: who reads up to the present waits for the commits that are under way in that location; who reads the past
//! (up to a tick that is already committed) passes at once, because no later change can get a smaller tick.
//!
//! The order that makes it right: a reader takes its "now", raises `seen`, then looks for a commit under way, then opens
//! its snapshot. A writer announces its commit, then reads `seen` and the clock. Whichever comes first in the one order
//! of these (sequentially consistent) operations: either the reader waits, or the writer's ticks are not before the
//! reader's now.

use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use frontdesk_domain::Timestamp;
use tokio::sync::Notify;

use super::connection::TickLock;
use crate::error::StoreError;

/// Locations share shards; a shared shard only means a wait for a commit of a neighbour.
const SHARDS: usize = 64;

/// What counts the commits of the record (see [`super::snapshot`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Version {
    /// The writer's beginnings and ends.
    pub(super) commits: u64,
    /// Those of an operator's tools.
    tools: u64,
}

impl Version {
    /// Whether no transaction is under way that may become visible.
    pub(super) fn is_settled(self) -> bool {
        self.commits.is_multiple_of(2) && self.tools.is_multiple_of(2)
    }
}

#[derive(Debug)]
pub(super) struct Gate {
    /// The number of the batch under way in each shard; 0 when none is.
    under_way: [AtomicU64; SHARDS],
    /// How many transactions of the writer have begun and how many have ended: odd while one is under way.
    commits: AtomicU64,
    /// The latest instant up to which a reader has seen the present.
    seen: AtomicI64,
    /// Not later than the expiry of any active session.
    next_expiry: AtomicI64,
    committed: Notify,
    foreign: TickLock,
}

impl Gate {
    pub(super) fn new(foreign: TickLock) -> Self {
        Self {
            under_way: [const { AtomicU64::new(0) }; SHARDS],
            commits: AtomicU64::new(0),
            seen: AtomicI64::new(i64::MIN),
            next_expiry: AtomicI64::new(i64::MIN),
            committed: Notify::new(),
            foreign,
        }
    }

    /// Counts that a transaction is about to begin (see [`super::snapshot`]).
    pub(super) fn begin(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
    }

    /// Announces that batch number `batch` (never 0) will take ticks in this location.
    pub(super) fn announce(&self, location: i64, batch: u64) {
        self.shard(location).store(batch, Ordering::SeqCst);
    }

    /// Ends what was begun and announced, after the commit or its failure.
    pub(super) fn finish(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
        for shard in &self.under_way {
            shard.store(0, Ordering::SeqCst);
        }
        self.committed.notify_waiters();
    }

    /// The latest instant that a reader has seen; to be read after the announcement.
    pub(super) fn seen(&self) -> Timestamp {
        Timestamp::from_micros(self.seen.load(Ordering::SeqCst))
    }

    /// Waits until no commit that may still take a tick before `now` is under way in the location. The snapshot must be
    /// opened afterwards.
    pub(super) async fn pass(&self, location: i64, now: Timestamp) {
        self.seen.fetch_max(now.as_micros(), Ordering::SeqCst);
        let shard = self.shard(location);
        let batch = shard.load(Ordering::SeqCst);
        while batch != 0 && shard.load(Ordering::SeqCst) == batch {
            let mut committed = pin!(self.committed.notified());
            committed.as_mut().enable();
            if shard.load(Ordering::SeqCst) == batch {
                committed.await;
            }
        }
        while self.foreign.is_held() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// How often the writer has begun and ended a transaction.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// The version of the record: it changes before and after every commit.
    pub(super) fn version(&self) -> Result<Version, StoreError> {
        Ok(Version { commits: self.commits(), tools: self.foreign.version()? })
    }

    /// Not later than the next expiry of any session.
    pub(super) fn next_expiry(&self) -> Timestamp {
        Timestamp::from_micros(self.next_expiry.load(Ordering::SeqCst))
    }

    pub(super) fn expect_expiry(&self, at: Timestamp) {
        self.next_expiry.fetch_min(at.as_micros(), Ordering::SeqCst);
    }

    pub(super) fn set_next_expiry(&self, at: Timestamp) {
        self.next_expiry.store(at.as_micros(), Ordering::SeqCst);
    }

    fn shard(&self, location: i64) -> &AtomicU64 {
        &self.under_way[location.rem_euclid(SHARDS as i64) as usize]
    }
}
