//! A database that is served, on whichever engine its URL names.

use std::sync::Arc;

use frontdesk_domain::appointment::{self, Client, Hold, Patient};
use frontdesk_domain::scheduling::{Agenda, Interval};
use frontdesk_domain::session::{Command, Session, SessionView, Status};
use frontdesk_domain::{Clock, SessionId, Timestamp};

use crate::booking::{
    AppointmentsPage, AppointmentsQuery, BookError, Booked, ClientsQuery, FullAppointment, MailOutcome, OutgoingMail,
    PatientsQuery,
};
use crate::catalog::{Catalog, Location};
use crate::error::{ApplyError, OpenError, StoreError};
use crate::observer::WriteObserver;
use crate::page::{PageAnswer, PageQuery};
use crate::record::{Outcome, TimelineEntry};
use crate::walk::{OwnWalks, WalkAnswer, WalkQuery};
use crate::{postgres, sqlite};

/// A database that this process serves. Dropping it finishes the writes that are waiting.
pub struct Store(Engine);

enum Engine {
    /// In the process, which is the file's one server.
    Sqlite(Box<sqlite::Store>, OwnWalks),
    /// Perhaps beside other servers.
    Postgres(Box<postgres::Store>),
}

impl Store {
    /// Opens the database at `url` (`sqlite:PATH` or `postgres://…`), makes it when it does not exist, and settles
    /// everything that is overdue before anybody can ask. `random_key` becomes the secret key of a new database.
    ///
    /// # Errors
    /// When the URL or the database is not one of ours, cannot be written, or another server owns the file.
    pub async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn WriteObserver>,
        random_key: [u8; 32],
    ) -> Result<Self, OpenError> {
        let engine = if postgres::owns(url) {
            Engine::Postgres(Box::new(postgres::Store::open(url, clock, observer, random_key).await?))
        } else {
            let store = sqlite::Store::open(url, clock, observer, random_key)?;
            let walks = OwnWalks::new(store.clock());
            Engine::Sqlite(Box::new(store), walks)
        };
        Ok(Self(engine))
    }

    /// The time by which the servers of this database go: this process's own, or PostgreSQL's.
    pub fn clock(&self) -> Arc<dyn Clock> {
        match &self.0 {
            Engine::Sqlite(store, _) => store.clock(),
            Engine::Postgres(store) => store.clock(),
        }
    }

    /// Carries out a command and answers once its commit is on the disk.
    ///
    /// # Errors
    /// When the rules say no, or nothing of that id exists, or something broke; nothing is changed then.
    pub async fn apply(&self, command: Command) -> Result<Outcome, ApplyError> {
        match &self.0 {
            Engine::Sqlite(store, _) => store.apply(command).await,
            Engine::Postgres(store) => store.apply(command).await,
        }
    }

    /// Carries out a command on holds and appointments and answers once its commit is on the disk. A booking completes its
    /// session, and writes down the mail that tells of it, in the same transaction.
    ///
    /// # Errors
    /// When the rules say no, or nothing of that id exists, or something broke; nothing is changed then.
    pub async fn book(&self, command: appointment::Command) -> Result<Booked, BookError> {
        match &self.0 {
            Engine::Sqlite(store, _) => store.book(command).await,
            Engine::Postgres(store) => store.book(command).await,
        }
    }

    /// Takes at most `limit` mails that are due at `now`, the oldest first, for `lease_micros`. A mail whose lease ran out
    /// without an outcome may have been sent, so it is not taken again: its session's timeline says that it failed.
    ///
    /// # Errors
    /// When something broke.
    pub async fn take_mail(&self, limit: u32, lease_micros: i64) -> Result<Vec<OutgoingMail>, StoreError> {
        match &self.0 {
            Engine::Sqlite(store, _) => store.take_mail(limit, lease_micros).await,
            Engine::Postgres(store) => store.take_mail(limit, lease_micros).await,
        }
    }

    /// Says how an attempt to send a mail ended.
    ///
    /// # Errors
    /// When something broke.
    pub async fn mail_attempted(&self, mail: &OutgoingMail, outcome: MailOutcome) -> Result<(), StoreError> {
        match &self.0 {
            Engine::Sqlite(store, _) => store.mail_attempted(mail, outcome).await,
            Engine::Postgres(store) => store.mail_attempted(mail, outcome).await,
        }
    }

    /// Settles every session whose time has run out and answers when the next one will.
    ///
    /// # Errors
    /// When something broke.
    pub async fn settle_due(&self) -> Result<Timestamp, StoreError> {
        match &self.0 {
            Engine::Sqlite(store, _) => store.settle_due().await,
            Engine::Postgres(store) => store.settle_due().await,
        }
    }

    /// Forgets answers that were kept for repetitions (`Idempotency-Key`) longer than a day; says how many.
    ///
    /// # Errors
    /// When something broke.
    pub async fn forget_idempotency_keys(&self) -> Result<usize, StoreError> {
        match &self.0 {
            Engine::Sqlite(store, _) => store.forget_idempotency_keys().await,
            Engine::Postgres(store) => store.forget_idempotency_keys().await,
        }
    }

    /// Forgets page walks that are over.
    ///
    /// # Errors
    /// When something broke.
    pub async fn forget_walks(&self) -> Result<(), StoreError> {
        match &self.0 {
            // The book of a process forgets by itself.
            Engine::Sqlite(..) => Ok(()),
            Engine::Postgres(store) => store.forget_walks().await,
        }
    }

    /// A lower bound of the next expiry of any session, as far as this process knows.
    pub fn next_expiry(&self) -> Timestamp {
        match &self.0 {
            Engine::Sqlite(store, _) => store.next_expiry(),
            Engine::Postgres(store) => store.next_expiry(),
        }
    }

    /// A reader of the record as it stands now.
    ///
    /// # Errors
    /// When something broke.
    pub fn reader(&self) -> Result<Reader<'_>, StoreError> {
        Ok(match &self.0 {
            Engine::Sqlite(store, walks) => Reader(ReaderOf::Sqlite(store.reader()?, walks)),
            Engine::Postgres(store) => Reader(ReaderOf::Postgres(store.reader()?)),
        })
    }
}

/// The record as it stands, and the catalogue as of it. On SQLite everything that one reader reads is of one moment; on
/// PostgreSQL everything that one call reads.
pub struct Reader<'s>(ReaderOf<'s>);

enum ReaderOf<'s> {
    Sqlite(sqlite::Reader<'s>, &'s OwnWalks),
    Postgres(postgres::Reader<'s>),
}

impl Reader<'_> {
    /// Locations and tokens.
    pub fn catalog(&self) -> &Arc<Catalog> {
        match &self.0 {
            ReaderOf::Sqlite(reader, _) => reader.catalog(),
            ReaderOf::Postgres(reader) => reader.catalog(),
        }
    }

    /// Reads a page; `sink` gets its rows in the order of `updated_at`, then `id`.
    ///
    /// # Errors
    /// When something broke.
    pub async fn page(
        &mut self,
        query: &PageQuery,
        sink: impl FnMut(SessionView<'_>) + Send,
    ) -> Result<PageAnswer, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.page(query, sink).await,
            ReaderOf::Postgres(reader) => reader.page(query, sink).await,
        }
    }

    /// Reads a page of a plain walk, so that the walk loses nothing; `sink` gets its rows in the order of `updated_at`, then
    /// `id`.
    ///
    /// # Errors
    /// When something broke.
    pub async fn walk(
        &mut self,
        query: &WalkQuery,
        sink: impl FnMut(SessionView<'_>) + Send,
    ) -> Result<WalkAnswer, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, walks) => walks.page(reader, query, sink).await,
            ReaderOf::Postgres(reader) => reader.walk(query, sink).await,
        }
    }

    /// The session of that id in `location`.
    ///
    /// # Errors
    /// When something broke.
    pub async fn session(&mut self, location: &Location, id: &str) -> Result<Option<Session>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.session(location, id).await,
            ReaderOf::Postgres(reader) => reader.session(location, id).await,
        }
    }

    /// Whether `location` has a session of that id.
    ///
    /// # Errors
    /// When something broke.
    pub async fn has_session(&mut self, location: &Location, id: &str) -> Result<bool, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.has_session(location, id).await,
            ReaderOf::Postgres(reader) => reader.has_session(location, id).await,
        }
    }

    /// Every event of a session, the oldest first.
    ///
    /// # Errors
    /// When something broke.
    pub async fn timeline(&mut self, location: &Location, id: &str) -> Result<Vec<TimelineEntry>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.timeline(location, id).await,
            ReaderOf::Postgres(reader) => reader.timeline(location, id).await,
        }
    }

    /// Everything that takes up time at a location and touches `span`: appointments that stand and holds, those that have run
    /// out included (their `until` tells).
    ///
    /// # Errors
    /// When something broke.
    pub async fn agenda(&mut self, location: &Location, span: Interval) -> Result<Arc<Agenda>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.agenda(location, span),
            ReaderOf::Postgres(reader) => reader.agenda(location, span).await,
        }
    }

    /// What is kept for a session; also when it has run out and nobody has said so yet.
    ///
    /// # Errors
    /// When something broke.
    pub async fn hold(&mut self, location: &Location, session: &SessionId) -> Result<Option<Hold>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.hold(location, session),
            ReaderOf::Postgres(reader) => reader.hold(location, session).await,
        }
    }

    /// The appointment of that id in `location`.
    ///
    /// # Errors
    /// When something broke.
    pub async fn appointment(&mut self, location: &Location, id: &str) -> Result<Option<FullAppointment>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.appointment(location, id),
            ReaderOf::Postgres(reader) => reader.appointment(location, id).await,
        }
    }

    /// A page of a location's appointments.
    ///
    /// # Errors
    /// When something broke.
    pub async fn appointments(
        &mut self,
        location: &Location,
        query: &AppointmentsQuery,
    ) -> Result<AppointmentsPage, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.appointments(location, query).await,
            ReaderOf::Postgres(reader) => reader.appointments(location, query).await,
        }
    }

    /// At most a hundred clients with their patients, by last name, first name, id.
    ///
    /// # Errors
    /// When something broke.
    pub async fn clients(
        &mut self,
        location: &Location,
        query: &ClientsQuery,
    ) -> Result<Vec<(Client, Vec<Patient>)>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.clients(location, query),
            ReaderOf::Postgres(reader) => reader.clients(location, query).await,
        }
    }

    /// The client of that id, with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub async fn client(
        &mut self,
        location: &Location,
        id: &str,
    ) -> Result<Option<(Client, Vec<Patient>)>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.client(location, id),
            ReaderOf::Postgres(reader) => reader.client(location, id).await,
        }
    }

    /// At most a hundred patients, by name, id.
    ///
    /// # Errors
    /// When something broke.
    pub async fn patients(&mut self, location: &Location, query: &PatientsQuery) -> Result<Vec<Patient>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.patients(location, query),
            ReaderOf::Postgres(reader) => reader.patients(location, query).await,
        }
    }

    /// The patient of that id.
    ///
    /// # Errors
    /// When something broke.
    pub async fn patient(&mut self, location: &Location, id: &str) -> Result<Option<Patient>, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.patient(location, id),
            ReaderOf::Postgres(reader) => reader.patient(location, id).await,
        }
    }

    /// Sessions by status, over all locations, from the tallies.
    ///
    /// # Errors
    /// When something broke.
    pub async fn sessions_by_status(&mut self) -> Result<[(Status, u64); 3], StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.sessions_by_status(),
            ReaderOf::Postgres(reader) => reader.sessions_by_status().await,
        }
    }

    /// How many mails wait to be sent, over all locations.
    ///
    /// # Errors
    /// When something broke.
    pub async fn mails_waiting(&mut self) -> Result<u64, StoreError> {
        match &mut self.0 {
            ReaderOf::Sqlite(reader, _) => reader.mails_waiting(),
            ReaderOf::Postgres(reader) => reader.mails_waiting().await,
        }
    }
}
