//! What an operator's commands do to a PostgreSQL database, beside its servers or without one.

use std::sync::Arc;

use frontdesk_domain::access::{TokenId, TokenRecord};
use frontdesk_domain::feed::Window;
use frontdesk_domain::practice::Setup;
use frontdesk_domain::scheduling::{Agenda, Interval};
use frontdesk_domain::session::SessionView;
use frontdesk_domain::{Clock, LocationId};
use tokio::runtime::{Builder, Runtime};

use super::clock::DatabaseClock;
use super::connection::{Connection, Pools, Purpose};
use super::fault::Doing;
use super::records::{Asked, Loaded};
use super::setup::{self, Application};
use super::tallies::LOWEST_LEVEL;
use super::transaction::Transaction;
use super::watch::{self, CatalogWatch};
use super::{bookings, catalog, check, page, saving, schema, shown, transaction};
use crate::batch::Batch;
use crate::booking::SetupVerdict;
use crate::catalog::{Catalog, Location, LocationSettings};
use crate::error::{AdminError, OpenError, StoreError};
use crate::record::{CheckReport, ImportRow, ImportVerdict};

const SERVED: &str = "/* servers */ SELECT EXISTS (SELECT FROM pg_stat_activity \
     WHERE datname = current_database() AND application_name LIKE $1 || '%')";

/// An operator's access to a database.
pub(crate) struct Workbench {
    pub(super) runtime: Runtime,
    pub(super) pools: Arc<Pools>,
    pub(super) clock: Arc<DatabaseClock>,
    /// While this is the target of a copy: the connection that holds its lock.
    pub(super) claim: Option<Connection>,
}

impl Workbench {
    /// Opens the database at `url`; makes its schema, with `random_key` as its secret key, when `create` is set.
    pub(crate) fn open(
        url: &str,
        create: bool,
        clock: Arc<dyn Clock>,
        random_key: [u8; 32],
    ) -> Result<Self, OpenError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|cause| StoreError::File { doing: "start the runtime".to_owned(), cause })?;
        let pools = Pools::new(url, Purpose::Operate)?;
        let clock = Arc::new(DatabaseClock::new(clock));
        runtime.block_on(async {
            schema::prepare(&pools, &shown(url), create, random_key).await?;
            // Ticks are taken by the database's clock, as servers take them.
            CatalogWatch::begin(&pools, Arc::clone(&clock)).await?;
            Ok::<_, OpenError>(())
        })?;
        Ok(Self { runtime, pools, clock, claim: None })
    }

    pub(crate) fn is_served(&self) -> bool {
        let asked = self.runtime.block_on(async {
            let connection = self.pools.get().await?;
            let row = connection.query_one(SERVED, &[&Purpose::Serve.application_name()]).await;
            row.and_then(|row| row.try_get(0)).doing("look for servers")
        });
        // Only for a word of advice; whoever cannot ask is not told.
        asked.unwrap_or(false)
    }

    pub(crate) fn catalog(&self) -> Result<Catalog, StoreError> {
        self.runtime.block_on(async { catalog::load(&mut self.pools.get().await?).await })
    }

    pub(crate) fn add_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        let now = self.clock.now();
        self.change(|connection| async move { catalog::add_location(&connection, id, settings, now).await })
    }

    pub(crate) fn set_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        self.change(|connection| async move { catalog::set_location(&connection, id, settings).await })
    }

    /// Of two that are applied at once, the later one may be compared with what was in force before both.
    pub(crate) fn apply_setup(
        &mut self,
        id: &LocationId,
        settings: &LocationSettings,
        setup: &Setup,
        dry_run: bool,
    ) -> Result<SetupVerdict, AdminError> {
        let catalog = self.catalog()?;
        let location = catalog.location(id.as_str()).ok_or_else(|| AdminError::NoSuchLocation(id.to_string()))?;
        let application = &Application { location, settings, setup, now: self.clock.now(), dry_run };
        self.change(|connection| async move { setup::apply(&connection, application).await })
    }

    pub(crate) fn add_token(&mut self, token: &TokenRecord) -> Result<(), AdminError> {
        self.change(|connection| async move { catalog::add_token(&connection, token).await })
    }

    pub(crate) fn revoke_token(&mut self, id: TokenId) -> Result<(), AdminError> {
        let now = self.clock.now();
        self.change(|connection| async move { catalog::revoke_token(&connection, id, now).await })
    }

    /// Changes the catalogue, and waits until every server has looked at it: what a command has done is in effect when it
    /// ends.
    fn change<T, F>(&mut self, mut work: impl FnMut(Arc<Transaction>) -> F) -> Result<T, AdminError>
    where
        F: Future<Output = Result<T, AdminError>>,
    {
        self.runtime.block_on(async {
            let value = transaction::run(&self.pools, "change the catalogue", |connection| {
                let changed = work(connection);
                async {
                    match changed.await {
                        Err(AdminError::Fault(fault)) => Err(fault),
                        // Whoever makes a mistake has changed nothing.
                        answer => Ok(answer),
                    }
                }
            })
            .await??;
            watch::seen_by_all(&self.pools.get().await?).await?;
            Ok(value)
        })
    }

    pub(crate) fn import(
        &mut self,
        catalog: &Catalog,
        rows: &[ImportRow],
        touch: bool,
    ) -> Result<Vec<ImportVerdict>, StoreError> {
        let mut asked = Asked { last_changes: true, ..Asked::default() };
        for row in rows {
            let Some(location) = catalog.location(row.location.as_str()) else { continue };
            asked.locations.insert(location.key);
            let session = (location.key, row.session.id.to_string());
            if location.booking.is_some() {
                asked.bookings.ends.insert(location.key);
                asked.bookings.appointments_of.insert(session.clone());
            }
            asked.sessions.insert(session);
        }
        let (asked, clock) = (&asked, &self.clock);
        self.runtime.block_on(transaction::run(&self.pools, "import", |transaction| async move {
            let loaded = Loaded::load(&transaction, asked).await?;
            let now = clock.now();
            let mut batch = Batch::new(loaded, catalog, now, LOWEST_LEVEL);
            let verdicts = rows.iter().map(|row| batch.import(row.clone(), touch)).collect::<Result<_, _>>()?;
            let (loaded, changes) = batch.finish();
            saving::write_and_commit(&transaction, &loaded, &changes, now).await?;
            Ok(verdicts)
        }))
    }

    pub(crate) fn agenda(&self, location: &Location, span: Interval) -> Result<Agenda, StoreError> {
        let (_, busy) =
            self.snapshot(async |connection| bookings::busy_within(connection, location.key, span).await)?;
        Ok(Agenda::new(busy))
    }

    pub(crate) fn sessions(
        &mut self,
        location: &Location,
        window: &Window,
        skip: u64,
        sink: impl FnMut(SessionView<'_>) -> bool + Send,
    ) -> Result<(), StoreError> {
        self.snapshot(async |connection| page::all(connection, location, window, skip, sink).await)
    }

    pub(crate) fn count(&self, location: &Location, window: &Window) -> Result<u64, StoreError> {
        self.snapshot(async |connection| page::count(connection, location, window).await)
    }

    pub(crate) fn check(&mut self, progress: impl FnMut(u64)) -> Result<CheckReport, StoreError> {
        self.snapshot(async |connection| check::run(connection, progress).await)
    }

    /// Reads as of one moment.
    pub(super) fn snapshot<T>(
        &self,
        read: impl AsyncFnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        const READING: &str = "read as of one moment";
        self.runtime.block_on(async {
            let connection = self.pools.get().await?;
            connection.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.doing(READING)?;
            let value = read(&connection).await;
            // The transaction changes nothing, and a connection that cannot end it is closed by the pool.
            let ended = connection.batch_execute("ROLLBACK").await.doing(READING);
            value.and_then(|value| ended.map(|()| value))
        })
    }
}
