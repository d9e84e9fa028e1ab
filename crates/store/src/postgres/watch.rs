//! What a server keeps looking at: the generation of the catalogue, so that a revoked token is refused everywhere within a
//! second, and the clock of the database, which is the clock of all its servers.

use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::Timestamp;
use parking_lot::RwLock;

use super::catalog;
use super::clock::DatabaseClock;
use super::connection::{Connection, Pools, Purpose, prepared};
use super::fault::Doing;
use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::stopwatch::Stopwatch;

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// A catalogue that was last looked at longer ago is not acted on: a token may have been revoked since.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// Says in `pg_stat_activity` what this server has seen, so that whoever changed the catalogue can wait for it.
const SAY: &str = "/* say what has been seen */ SELECT set_config('application_name', $1, false)";

const BEHIND: &str = "/* servers that are behind */ SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() \
     AND application_name LIKE $1 || ', generation %' \
     AND split_part(application_name, ', generation ', 2)::bigint < (SELECT generation FROM installation WHERE one = 1))";

const LOOK: &str = "/* generation and clock */ SELECT generation, \
     (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM installation WHERE one = 1";

/// The catalogue as it was when it was last looked at.
pub(super) struct CatalogWatch {
    clock: Arc<DatabaseClock>,
    seen: RwLock<Seen>,
}

struct Seen {
    catalog: Arc<Catalog>,
    /// Started before it was looked at: what is seen is not older than this.
    since: Stopwatch,
}

impl CatalogWatch {
    /// Loads the catalogue for the first time.
    pub(super) async fn begin(pools: &Pools, clock: Arc<DatabaseClock>) -> Result<Arc<Self>, StoreError> {
        let since = Stopwatch::start();
        let mut connection = pools.get().await?;
        let catalog = Arc::new(catalog::load(&mut connection).await?);
        let watch = Self { clock, seen: RwLock::new(Seen { catalog, since }) };
        watch.look(&mut connection).await?;
        Ok(Arc::new(watch))
    }

    /// The catalogue, when it is fresh.
    ///
    /// # Errors
    /// When the database could not be asked for a second.
    pub(super) fn current(&self) -> Result<Arc<Catalog>, StoreError> {
        let seen = self.seen.read();
        if seen.since.elapsed() > GOOD_FOR {
            return Err(StoreError::Unavailable("the database has not answered for a second".to_owned()));
        }
        Ok(Arc::clone(&seen.catalog))
    }

    /// Keeps looking, on a connection of its own.
    pub(super) async fn run(self: Arc<Self>, pools: Arc<Pools>) {
        let mut connection = None;
        let mut failing = false;
        loop {
            match self.look_again(&pools, &mut connection).await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("the database answers again");
                }
                Ok(()) => {}
                Err(fault) => {
                    // A connection that failed once may be one that never hears of its server's end.
                    drop(connection.take().map(Connection::take));
                    if failing {
                        tracing::debug!(%fault, "the database still cannot be used");
                    } else {
                        failing = true;
                        tracing::error!(%fault, "the database cannot be used; requests are answered 503 until it can");
                    }
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look_again(&self, pools: &Pools, connection: &mut Option<Connection>) -> Result<(), StoreError> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(pools.get().await?),
        };
        let look_and_say = async {
            let generation = self.look(connection).await?;
            let name = format!("{}, generation {generation}", Purpose::Serve.application_name());
            let say = prepared(connection, SAY).await?;
            connection.query_one(&say, &[&name]).await.doing("say what has been seen").map(drop)
        };
        // Through a connection that has stalled no answer ever comes.
        tokio::time::timeout(GOOD_FOR, look_and_say)
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the database does not answer within a second".to_owned())))
    }

    /// Looks once; answers the generation that is known now.
    async fn look(&self, connection: &mut Connection) -> Result<i64, StoreError> {
        let since = Stopwatch::start();
        let generation = self.ask(connection).await?;
        let mut catalog = Arc::clone(&self.seen.read().catalog);
        if catalog.generation != generation {
            catalog = Arc::new(catalog::load(connection).await?);
        }
        let generation = catalog.generation;
        *self.seen.write() = Seen { catalog, since };
        Ok(generation)
    }

    /// The generation; the clock is put right on the way.
    async fn ask(&self, connection: &Connection) -> Result<i64, StoreError> {
        const LOOKING: &str = "look at the generation and the clock of the database";
        let statement = prepared(connection, LOOK).await?;
        let asked = self.clock.own();
        let row = connection.query_one(&statement, &[]).await.doing(LOOKING)?;
        let theirs = Timestamp::from_micros(row.try_get(1).doing(LOOKING)?);
        self.clock.compare(asked, theirs, self.clock.own());
        row.try_get(0).doing(LOOKING)
    }
}

/// Waits until every server has seen the catalogue as it is now. One that cannot be asked refuses to act on what it knows
/// after a second, so nobody has to be waited for longer.
pub(super) async fn seen_by_all(connection: &Connection) -> Result<(), StoreError> {
    const WAITING: &str = "wait for the servers";
    let begun = Stopwatch::start();
    let behind = prepared(connection, BEHIND).await?;
    while connection
        .query_one(&behind, &[&Purpose::Serve.application_name()])
        .await
        .and_then(|row| row.try_get(0))
        .doing(WAITING)?
        && begun.elapsed() < GOOD_FOR
    {
        tokio::time::sleep(LOOK_EVERY / 10).await;
    }
    Ok(())
}
