//! Transactions with a name, tried again when another one stood in their way.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::future::try_join;

use super::connection::{Connection, Pools};
use super::fault::Doing;
use crate::error::StoreError;
use crate::stopwatch::Stopwatch;

/// How often a transaction is tried that others stand in the way of.
const TRIES: u32 = 5;
/// How often one is tried whose connection is lost; the next connection may be a good one.
const CONNECTIONS_TRIED: u32 = 2;
/// What took longer than this to fail did not find a connection that was lost before: a lock is held, or the database is slow.
/// Whoever waits is told, instead of waiting once more.
pub(super) const SOON: Duration = Duration::from_secs(1);
/// How long a transaction may take until its commit, with it if that is sent with the last writes, and how long a commit.
/// The database ends a statement sooner, but says nothing when it, or what lies between, has stopped without closing the
/// connection.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long the first pause between two tries is; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(10);

/// The isolation of a transaction that changes something. Every statement takes a snapshot of its own, so what follows the
/// lock on a location's clock sees all that was committed before the lock was given.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Runs `work` in a transaction and commits it. When the transaction lost a race, or its connection before the commit was
/// asked for, nothing is changed, and it is tried again, a few times. A commit whose answer is lost may have happened: that is
/// a fault, and not tried again.
///
/// The first statements of `work` are sent together with `BEGIN`.
///
/// # Errors
/// Those of `work`, and when the database cannot be used.
pub(super) async fn run<T, F>(
    pools: &Pools,
    name: &'static str,
    mut work: impl FnMut(Arc<Transaction>) -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        let tried = Stopwatch::start();
        let mut open = OpenTransaction::new(pools.get().await?);
        let transaction = open.transaction();
        let begun = async { transaction.batch_execute(BEGIN).await.doing("begin a transaction") };
        let worked = within_patience(try_join(begun, work(Arc::clone(&transaction)))).await;
        let refused = match worked {
            Ok(((), value)) => {
                if !transaction.is_commit_asked() {
                    within_patience(transaction.commit_with(async { Ok(()) })).await?;
                }
                open.end();
                return Ok(value);
            }
            Err(refused) => refused,
        };
        let most = match refused {
            StoreError::Conflict(_) => TRIES,
            StoreError::Unavailable(_) if transaction.is_commit_asked() => 1,
            StoreError::Unavailable(_) if tried.elapsed() < SOON => CONNECTIONS_TRIED,
            _ => 1,
        };
        drop(transaction);
        open.roll_back(&refused).await;
        if tries >= most {
            return Err(refused);
        }
        tracing::debug!(name, tries, %refused, "a transaction is tried again");
        tokio::time::sleep(PAUSE * 2_u32.pow(tries - 1)).await;
    }
}

/// Waits for what the database is to do, as long as for a transaction.
///
/// # Errors
/// Those of `work`, and when it takes longer.
pub(super) async fn within_patience<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    within(PATIENCE, work).await
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = |_| Err(StoreError::Unavailable("the database takes too long to answer".to_owned()));
    tokio::time::timeout(time, work).await.unwrap_or_else(late)
}

/// A transaction, for the statements in it.
pub(super) struct Transaction {
    connection: Connection,
    commit_asked: AtomicBool,
}

impl Transaction {
    /// Carries out the last writes and commits, without waiting for the writes in between: after one that fails, the database
    /// answers a commit by rolling back. `writes` sends all it has to send when it is polled first.
    ///
    /// # Errors
    /// Those of `writes`, and when the database cannot be used.
    pub(super) async fn commit_with(
        &self,
        writes: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        // Not polled, so not sent, when `writes` fails before it has sent everything.
        let committed = async {
            self.commit_asked.store(true, Ordering::Relaxed);
            self.connection.batch_execute("COMMIT").await.doing("commit a transaction")
        };
        try_join(writes, committed).await.map(|((), ())| ())
    }

    fn is_commit_asked(&self) -> bool {
        self.commit_asked.load(Ordering::Relaxed)
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

/// A transaction that has not ended. When it is dropped so, because whoever waited for it has gone, the connection is
/// closed: it must not go back to the pool in the middle of a transaction.
struct OpenTransaction(Option<Arc<Transaction>>);

impl OpenTransaction {
    fn new(connection: Connection) -> Self {
        Self(Some(Arc::new(Transaction { connection, commit_asked: AtomicBool::new(false) })))
    }

    fn transaction(&self) -> Arc<Transaction> {
        Arc::clone(self.0.as_ref().expect("cannot fail: it is there until the transaction has ended"))
    }

    /// The transaction has ended; the connection goes back to the pool.
    fn end(&mut self) {
        drop(self.0.take());
    }

    async fn roll_back(&mut self, because: &StoreError) {
        let transaction = self.transaction();
        let rolled_back = async move { transaction.batch_execute("ROLLBACK").await.doing("roll a transaction back") };
        let good = !matches!(because, StoreError::Unavailable(_)) && within(SOON, rolled_back).await.is_ok();
        if good {
            self.end();
        }
        // Otherwise it is closed: it may lead to a server that is not the primary any more.
    }
}

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        if let Some(transaction) = self.0.take().and_then(Arc::into_inner) {
            drop(Object::take(transaction.connection));
        }
    }
}
