//! The embedded engine: SQLite in the process, one writer, many readers.

mod bookings;
mod catalog;
mod check;
mod connection;
mod copy;
mod directory;
mod gate;
mod import;
mod mails;
mod page;
mod reader;
mod records;
mod row;
mod setup;
mod slice;
mod snapshot;
mod tally;
mod workbench;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use frontdesk_domain::appointment;
use frontdesk_domain::session::Command;
use frontdesk_domain::{Clock, Timestamp};

pub(crate) use reader::Reader;
pub(crate) use workbench::Workbench;

use crate::agendas::Agendas;
use crate::booking::{BookError, Booked, MailOutcome, OutgoingMail};
use crate::error::{ApplyError, OpenError, StoreError};
use crate::observer::WriteObserver;
use crate::record::Outcome;
use crate::work::{Reply, Work};
use connection::{Ownership, TickLock};
use gate::Gate;
use snapshot::ReadPool;
use writer::{Job, Writer, WriterHandle};

/// The statements that do not stand in the source as they are.
#[cfg(test)]
pub(crate) fn assembled_statements() -> Vec<&'static str> {
    use frontdesk_domain::feed::Place;
    use frontdesk_domain::session::Status;
    let start = Place::before(Timestamp::MIN);
    let within = Place { updated_at: Timestamp::MIN, id: "a".into() };
    let pages =
        Status::ALL.iter().flat_map(|status| [&start, &within].map(|place| slice::statement_of(*status, place)));
    [row::FIND, copy::SESSIONS]
        .into_iter()
        .chain(bookings::assembled_statements())
        .chain(pages)
        .chain(directory::STATEMENTS.iter().chain(mails::STATEMENTS).copied())
        .collect()
}

/// A database that this process serves. Dropping it finishes the writes that are waiting.
pub(crate) struct Store {
    /// Before the writer, so that they are closed before it: the last connection to close takes the log into the file and
    /// has to be one that may write.
    readers: Arc<ReadPool>,
    writer: WriterHandle,
    gate: Arc<Gate>,
    clock: Arc<dyn Clock>,
    agendas: Agendas,
    _owner: Ownership,
}

impl Store {
    /// Opens the database at `url` (`sqlite:PATH`) as its one server, makes it when it does not exist, and settles
    /// everything that is overdue before anybody can ask. `random_key` becomes the secret key of a new database.
    ///
    /// # Errors
    /// When the URL or the file is not one of ours, cannot be written, or another server owns it.
    pub(crate) fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn WriteObserver>,
        random_key: [u8; 32],
    ) -> Result<Self, OpenError> {
        let path: PathBuf = connection::path_of(url)?;
        let connection = connection::open_writer(&path, true, random_key)?;
        connection::refuse_read_only(&connection, &path)?;
        let owner = Ownership::take(&path)?;
        let catalog = Arc::new(catalog::load(&connection)?);
        let ticks = TickLock::open(&path)?;
        ticks.mend()?;
        let gate = Arc::new(Gate::new(ticks));
        let readers = Arc::new(ReadPool::new(path, Arc::clone(&clock), Arc::clone(&gate), Arc::clone(&catalog)));
        let mut writer = Writer {
            readers: Arc::clone(&readers),
            connection,
            catalog,
            clock: Arc::clone(&clock),
            gate: Arc::clone(&gate),
            observer,
            batches: 0,
        };
        writer.settle_due()?;
        Ok(Self {
            writer: WriterHandle::start(writer)?,
            readers,
            gate,
            clock,
            agendas: Agendas::default(),
            _owner: owner,
        })
    }

    /// This process's own time.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Carries out a command and answers once its commit is on the disk.
    ///
    /// # Errors
    /// When the rules say no, or nothing of that id exists, or something broke; nothing is changed then.
    pub(crate) async fn apply(&self, command: Command) -> Result<Outcome, ApplyError> {
        self.writer.ask(|reply| Job::Work(Work::Session(Box::new(command)), Reply::Session(reply))).await?
    }

    /// Carries out a command on holds and appointments and answers once its commit is on the disk.
    ///
    /// # Errors
    /// When the rules say no, or nothing of that id exists, or something broke.
    pub(crate) async fn book(&self, command: appointment::Command) -> Result<Booked, BookError> {
        self.writer.ask(|reply| Job::Work(Work::Booking(Box::new(command)), Reply::Booking(reply))).await?
    }

    /// Settles every session whose time has run out and answers when the next one will.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn settle_due(&self) -> Result<Timestamp, StoreError> {
        self.writer.ask(Job::Settle).await?
    }

    /// Forgets answers that were kept for repetitions (`Idempotency-Key`) longer than a day; says how many.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn forget_idempotency_keys(&self) -> Result<usize, StoreError> {
        self.writer.ask(Job::Forget).await?
    }

    /// Takes mails that are due; those whose lease ran out fail.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn take_mail(&self, limit: u32, lease_micros: i64) -> Result<Vec<OutgoingMail>, StoreError> {
        self.writer.ask(|reply| Job::TakeMail(limit, lease_micros, reply)).await?
    }

    /// Says how an attempt to send a mail ended.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn mail_attempted(&self, mail: &OutgoingMail, outcome: MailOutcome) -> Result<(), StoreError> {
        self.writer.ask(|reply| Job::MailAttempted(Box::new(mail.clone()), outcome, reply)).await?
    }

    /// A lower bound of the next expiry of any session.
    pub(crate) fn next_expiry(&self) -> Timestamp {
        self.gate.next_expiry()
    }

    /// A reader of the record as it stands now.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn reader(&self) -> Result<Reader<'_>, StoreError> {
        Reader::open(self)
    }
}
