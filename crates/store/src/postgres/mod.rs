//! PostgreSQL: any number of equal servers over one database. Between them a location's clock row keeps the order: every
//! change locks it, takes its tick and commits; who reads the present raises what has been seen of it.

mod bookings;
mod catalog;
mod check;
mod clock;
mod connection;
mod copy;
mod fault;
mod mails;
mod page;
mod queues;
mod reader;
mod records;
mod reports;
mod row;
mod saving;
mod schema;
mod segments;
mod settle;
mod setup;
mod tallies;
mod transaction;
mod walk;
mod watch;
mod workbench;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;

use frontdesk_domain::appointment;
use frontdesk_domain::feed::walk::earliest_begin;
use frontdesk_domain::session::Command;
use frontdesk_domain::{Clock, Timestamp};
use parking_lot::Mutex;
use tokio::sync::mpsc;

pub(crate) use reader::Reader;
pub(crate) use workbench::Workbench;

use crate::agendas::Agendas;
use crate::batch::IDEMPOTENCY_MICROS;
use crate::booking::{BookError, Booked};
use crate::catalog::Catalog;
use crate::error::{ApplyError, OpenError, StoreError};
use crate::observer::WriteObserver;
use crate::record::Outcome;
use crate::work::{Reply, Work};
use clock::DatabaseClock;
use connection::{Pools, Purpose, prepared};
use fault::Doing;
use page::Outlines;
use queues::Queues;
use watch::CatalogWatch;
use writer::{Job, Writer, WriterHandle};

const FORGET_ANSWERS: &str = "/* forget answered requests */ DELETE FROM idempotency_keys WHERE created_at <= $1";

/// These tables hold minutes and are read as they lie.
const FORGET_WALKS: &str = "/* forget walks */ DELETE FROM walks WHERE until <= $1";
/// Outlines ([`page::Outlines`]) of before do not hold, and there would be nothing to tell it. Locks in the order of all.
const FORGET_DEPARTURES: &str = "/* forget departures */ \
     WITH gone AS (DELETE FROM departures WHERE at < $1 RETURNING location), \
     locked AS (SELECT location FROM clocks WHERE location IN (SELECT location FROM gone) ORDER BY location FOR UPDATE) \
     UPDATE clocks SET arrivals = arrivals + 1 FROM locked WHERE clocks.location = locked.location";

/// Whether a URL names a database of this engine.
pub(crate) fn owns(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// The URL without its password, for messages.
pub(crate) fn shown(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(host)) if scheme < host => {
            let user = url[scheme + 3..host].split(':').next().unwrap_or_default();
            format!("{}://{user}@{}", &url[..scheme], &url[host + 1..])
        }
        _ => url.to_owned(),
    }
}

/// The statements that do not stand in the source as they are.
#[cfg(test)]
pub(crate) fn assembled_statements() -> Vec<&'static str> {
    use frontdesk_domain::session::Status;
    use page::statement::{
        from_place, from_rank, from_rank_of_years, outline, outlined, outlined_back, outlined_far, short_window,
    };
    let statuses = [None, Some(Status::Active), Some(Status::Completed), Some(Status::Abandoned)];
    let pages = statuses.into_iter().flat_map(|status| {
        [
            from_place(status),
            from_rank(status),
            from_rank_of_years(status),
            outline(status),
            outlined(status),
            outlined_far(status),
            outlined_back(status),
            short_window(status),
        ]
    });
    let others = [
        row::FIND,
        records::SESSIONS,
        check::SESSIONS,
        copy::SESSIONS,
        saving::SAVE,
        saving::SAVE_IF_NOTHING_CAME_BETWEEN,
    ];
    others
        .into_iter()
        .chain(bookings::assembled_statements())
        .chain(mails::STATEMENTS.iter().copied())
        .chain(pages)
        .collect()
}

/// A database that this process serves, perhaps beside others.
pub(crate) struct Store {
    pools: Arc<Pools>,
    catalog: Arc<CatalogWatch>,
    clock: Arc<DatabaseClock>,
    observer: Arc<dyn WriteObserver>,
    next_expiry: AtomicI64,
    queues: Queues,
    outlines: Outlines,
    agendas: Agendas,
    writer: WriterHandle,
    /// In which the writer and the watch run.
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the database at `url`, makes its schema when there is none, and settles everything that is overdue.
    pub(crate) async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn WriteObserver>,
        random_key: [u8; 32],
    ) -> Result<Self, OpenError> {
        let pools = Pools::new(url, Purpose::Serve)?;
        schema::prepare(&pools, &shown(url), true, random_key).await?;
        let clock = Arc::new(DatabaseClock::new(clock));
        let catalog = CatalogWatch::begin(&pools, Arc::clone(&clock)).await?;
        let (handle, waiting) = WriterHandle::new();
        let writer = Writer {
            pools: Arc::clone(&pools),
            catalog: Arc::clone(&catalog),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            observer: Arc::clone(&observer),
            memory: Mutex::default(),
        };
        let thread = start_thread(writer, waiting)?;
        let store = Self {
            pools,
            catalog,
            clock,
            observer,
            next_expiry: AtomicI64::new(i64::MIN),
            queues: Queues::default(),
            outlines: Outlines::default(),
            agendas: Agendas::default(),
            writer: handle,
            thread: Some(thread),
        };
        store.settle_due().await?;
        Ok(store)
    }

    /// Locations and tokens, as they were a moment ago.
    fn catalog(&self) -> Result<Arc<Catalog>, StoreError> {
        self.catalog.current()
    }

    /// The time by which this database's servers go.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    pub(crate) async fn apply(&self, command: Command) -> Result<Outcome, ApplyError> {
        let catalog = self.catalog()?;
        let location = catalog.location(command.location.as_str()).ok_or(ApplyError::NoSuchLocation)?;
        self.writer.ask(location.key, Work::Session(Box::new(command)), Reply::Session).await?
    }

    pub(crate) async fn book(&self, command: appointment::Command) -> Result<Booked, BookError> {
        let catalog = self.catalog()?;
        let location = catalog.location(command.location.as_str()).ok_or(BookError::NoSuchLocation)?;
        self.writer.ask(location.key, Work::Booking(Box::new(command)), Reply::Booking).await?
    }

    pub(crate) async fn settle_due(&self) -> Result<Timestamp, StoreError> {
        let next = settle::settle_due(self).await?;
        self.next_expiry.store(next.as_micros(), Ordering::Relaxed);
        Ok(next)
    }

    pub(crate) async fn forget_idempotency_keys(&self) -> Result<usize, StoreError> {
        const FORGETTING: &str = "forget old idempotency keys";
        let until = self.clock.now().plus_micros(-IDEMPOTENCY_MICROS).as_micros();
        let connection = self.pools.get().await?;
        let statement = prepared(&connection, FORGET_ANSWERS).await?;
        let forgotten = connection.execute(&statement, &[&until]).await.doing(FORGETTING)?;
        Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
    }

    /// Forgets page walks that are over, and departures that no walk of today has seen.
    pub(crate) async fn forget_walks(&self) -> Result<(), StoreError> {
        const FORGETTING: &str = "forget page walks";
        let now = self.clock.now();
        let connection = self.pools.get().await?;
        let (walks, departures) =
            (prepared(&connection, FORGET_WALKS).await?, prepared(&connection, FORGET_DEPARTURES).await?);
        connection.execute(&walks, &[&now.as_micros()]).await.doing(FORGETTING)?;
        connection.execute(&departures, &[&earliest_begin(now).as_micros()]).await.map(drop).doing(FORGETTING)
    }

    /// The next expiry as of the last time that this server settled; others may have brought an earlier one since.
    pub(crate) fn next_expiry(&self) -> Timestamp {
        Timestamp::from_micros(self.next_expiry.load(Ordering::Relaxed))
    }

    pub(crate) fn reader(&self) -> Result<Reader<'_>, StoreError> {
        Reader::open(self)
    }
}

impl Drop for Store {
    /// Lets the writer finish what is waiting.
    fn drop(&mut self) {
        self.writer = WriterHandle::new().0;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed already; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// The thread of the writer and the watch: apart from those that answer requests, so that neither waits for the other.
fn start_thread(writer: Writer, waiting: mpsc::Receiver<Job>) -> Result<JoinHandle<()>, StoreError> {
    let failed = |cause| StoreError::File { doing: "start the writer's thread".to_owned(), cause };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let watch = tokio::spawn(Arc::clone(&writer.catalog).run(Arc::clone(&writer.pools)));
                // It ends when nobody can send to it any more.
                writer.run(waiting).await;
                watch.abort();
            });
        })
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            shown("postgres://desk:s3cr@t@db.example:5432/frontdesk"),
            "postgres://desk@db.example:5432/frontdesk"
        );
        assert_eq!(shown("postgres://db.example/frontdesk"), "postgres://db.example/frontdesk");
    }
}
