//! A database of its own on either engine, clocks, and short ways to make what tests need.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use frontdesk_domain::clock::ManualClock;
use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::{Action, Arrival, Command, Referral, Request, Session, Stage, Start, State, Status};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{AppointmentId, Clock, LocationId, SessionId, Timestamp};
use frontdesk_store::{
    ImportRow, LocationSettings, OpenError, PageAnswer, PageQuery, PageStart, Reader, Store, TimelineEntry,
    WriteObserver,
};

use crate::bench::Bench;
use crate::postgres::Database;

/// 2023-11-14T22:13:20Z, where test clocks start.
pub const BEGINNING: Timestamp = Timestamp::from_micros(1_700_000_000 * SECOND);
pub const MINUTE: i64 = 60 * SECOND;
pub const TIME_TO_LIVE: i64 = 30 * MINUTE;
pub const KEY: [u8; 32] = [7; 32];

/// Watches nothing.
pub struct Unwatched;

impl WriteObserver for Unwatched {
    fn committed(&self, _: usize, _: i64) {}
    fn settled(&self, _: i64) {}
}

/// A clock that moves a microsecond with every look at it.
pub struct TickingClock(pub AtomicI64);

impl Clock for TickingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1, Ordering::SeqCst))
    }

    fn tells_the_time_of_day(&self) -> bool {
        false
    }
}

/// A clock that a test sets, backwards too, against the promise of [`Clock`].
pub struct LooseClock(pub AtomicI64);

impl Clock for LooseClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn tells_the_time_of_day(&self) -> bool {
        false
    }
}

/// What keeps the record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Makes a test of every function, for each engine.
macro_rules! on_both_engines {
    ($($(#[$about:meta])* fn $name:ident($engine:ident: Engine) $body:block)+) => {
        $($(#[$about])* fn $name($engine: crate::support::Engine) $body)+

        mod on_sqlite {
            $(#[test] fn $name() { super::$name(crate::support::Engine::Sqlite); })+
        }

        mod on_postgres {
            $(#[test] fn $name() { super::$name(crate::support::Engine::Postgres); })+
        }
    };
}
pub(crate) use on_both_engines;

/// A database that goes when this does, in a folder for files.
pub struct Desk {
    folder: tempfile::TempDir,
    database: Option<Database>,
    pub clock: Arc<ManualClock>,
}

impl Desk {
    /// On SQLite, with the location `austin`.
    pub fn new() -> Self {
        Self::on(Engine::Sqlite)
    }

    /// On that engine, with the location `austin`.
    pub fn on(engine: Engine) -> Self {
        let desk = Self::empty_on(engine);
        desk.workbench().add_location(&location("austin"), &settings(TIME_TO_LIVE)).expect("a new location");
        desk
    }

    pub fn empty() -> Self {
        Self::empty_on(Engine::Sqlite)
    }

    pub fn empty_on(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let database = (engine == Engine::Postgres).then(Database::new);
        Self { folder, database, clock: Arc::new(ManualClock::new(BEGINNING)) }
    }

    /// The same, by a clock that others share.
    pub fn by(self, clock: &Arc<ManualClock>) -> Self {
        Self { clock: Arc::clone(clock), ..self }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("record.db")
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn url(&self) -> String {
        match &self.database {
            Some(database) => database.url.clone(),
            None => format!("sqlite:{}", self.path().display()),
        }
    }

    pub fn try_open(&self) -> Result<Store, OpenError> {
        open(&self.url(), self.clock.clone())
    }

    pub fn open(&self) -> Store {
        self.try_open().expect("the database opens")
    }

    pub fn workbench(&self) -> Bench {
        Bench::open(&self.url(), self.clock.clone())
    }

    /// The findings of a check.
    pub fn findings(&self) -> Vec<String> {
        let report = self.workbench().check().expect("the check runs");
        report.findings.into_iter().map(|finding| finding.0).collect()
    }

    /// Spoils what lies in the database, by a statement that both engines know.
    pub fn spoil(&self, sql: &str) {
        match &self.database {
            Some(database) => database.spoil(sql),
            None => self.connection().execute_batch(sql).expect("the file is spoiled"),
        }
    }

    /// A connection of the test's own to the file.
    pub fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("the file opens")
    }
}

pub fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Store, OpenError> {
    open_observed(url, clock, Arc::new(Unwatched))
}

pub fn open_observed(url: &str, clock: Arc<dyn Clock>, observer: Arc<dyn WriteObserver>) -> Result<Store, OpenError> {
    apart(|| wait(Store::open(url, clock, observer, KEY)))
}

/// Does something that waits in a thread of its own, because the test may be within a runtime.
pub fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Waits for a future on this thread.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

pub fn location(id: &str) -> LocationId {
    LocationId::parse(id).expect("a location id")
}

pub fn session(id: &str) -> SessionId {
    SessionId::parse(id).expect("a session id")
}

pub fn appointment(id: &str) -> AppointmentId {
    AppointmentId::parse(id).expect("an appointment id")
}

pub fn settings(session_ttl: i64) -> LocationSettings {
    LocationSettings {
        name: "Austin".to_owned(),
        time_zone: "America/Chicago".to_owned(),
        session_ttl,
        origins: vec!["https://practice.example".to_owned()],
    }
}

pub fn start() -> Request {
    let referral = Referral { source: Some("newsletter".into()), campaign: None, medium: Some("mail".into()) };
    let arrival = Arrival { term: Some("\u{732b} \"vet\"".into()), ..Arrival::default() };
    Request::Start(Start { referral, arrival })
}

pub fn advance(stage: Stage) -> Request {
    Request::Act(Action::Advance { stage: Some(stage), client_type: None })
}

pub fn complete(id: &str) -> Request {
    Request::Act(Action::Complete { appointment_id: appointment(id), remote_appointment_id: None })
}

pub fn command(location_id: &str, id: &str, now: Timestamp, request: Request) -> Command {
    Command { location: location(location_id), session: session(id), now, idempotency: None, request }
}

/// Carries out a command that must succeed.
pub async fn done(store: &Store, location: &str, id: &str, now: Timestamp, request: Request) -> Session {
    store.apply(command(location, id, now, request)).await.expect("the command is carried out").session
}

/// A session as a file brings it.
pub fn row(location_id: &str, id: &str, state: State, updated_at: Timestamp) -> ImportRow {
    let stage = if state.status() == Status::Completed { Stage::Completed } else { Stage::Scheduling };
    let session = Session {
        id: session(id),
        state,
        stage,
        client_type: None,
        referral: Referral::default(),
        created_at: updated_at.plus_micros(-MINUTE),
        updated_at,
        last_activity_at: None,
    };
    ImportRow { location: location(location_id), session }
}

/// A page of a location's feed, its rows as text.
pub async fn page(
    reader: &mut Reader<'_>,
    location: &str,
    window: Window,
    start: PageStart,
    limit: u32,
) -> (Vec<String>, PageAnswer) {
    let location = Arc::clone(reader.catalog().location(location).expect("the location is in the catalogue"));
    let query = PageQuery { location, window, start, limit };
    let mut rows = Vec::new();
    let answer = reader.page(&query, |view| rows.push(format!("{view:?}"))).await.expect("the page is read");
    (rows, answer)
}

/// The ids and instants of a window, in the order of the feed.
pub async fn feed(store: &Store, location: &str, start: Timestamp, end: Option<Timestamp>) -> Vec<(String, Timestamp)> {
    let mut reader = store.reader().expect("a reader");
    let location = Arc::clone(reader.catalog().location(location).expect("the location is in the catalogue"));
    let window = Window { start, end, status: None };
    let (mut rows, mut place) = (Vec::new(), Place::before(start));
    loop {
        let query =
            PageQuery { location: Arc::clone(&location), window, start: PageStart::Cursor(place.clone()), limit: 500 };
        let answer = reader
            .page(&query, |view| rows.push((view.id.to_owned(), view.updated_at)))
            .await
            .expect("the page is read");
        let end = answer.ends.into_iter().next().expect("one start, one end");
        if !end.more {
            return rows;
        }
        place = end.next.expect("a place after the last row").from;
    }
}

pub async fn find(store: &Store, location: &str, id: &str) -> Option<Session> {
    let mut reader = store.reader().expect("a reader");
    let location = Arc::clone(reader.catalog().location(location)?);
    reader.session(&location, id).await.expect("the session is read")
}

pub async fn timeline(store: &Store, location: &str, id: &str) -> Vec<TimelineEntry> {
    let mut reader = store.reader().expect("a reader");
    let location = Arc::clone(reader.catalog().location(location).expect("the location is in the catalogue"));
    reader.timeline(&location, id).await.expect("the timeline is read")
}
