//! The single writer: a thread that carries out commands in batches, one commit and one fsync for all that were waiting,
//! and answers each only after the commit is on the disk.

use std::sync::Arc;
use std::thread::JoinHandle;

use frontdesk_domain::{Clock, LocationId, MailId, Timestamp};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::catalog;
use super::gate::Gate;
use super::records::{self, LOWEST_LEVEL, Transaction};
use super::snapshot::ReadPool;
use crate::batch::{Batch, IDEMPOTENCY_MICROS};
use crate::booking::{MailOutcome, OutgoingMail};
use crate::catalog::Catalog;
use crate::error::{Doing, StoreError};
use crate::observer::WriteObserver;
use crate::work::{Done, Reply, Work};

/// The most commands that share a commit.
const MOST_IN_A_BATCH: usize = 256;
/// How often commands are tried whose catalogue was out of date.
const MOST_TRIES: u32 = 3;
/// The most commands that may wait; beyond that a client is asked to come back.
const MOST_WAITING: usize = 8192;
/// The most sessions that one commit settles.
const MOST_SETTLED: i64 = 500;

pub(super) enum Job {
    Work(Work, Reply),
    Settle(oneshot::Sender<Result<Timestamp, StoreError>>),
    Forget(oneshot::Sender<Result<usize, StoreError>>),
    TakeMail(u32, i64, oneshot::Sender<Result<Vec<OutgoingMail>, StoreError>>),
    MailAttempted(Box<(LocationId, MailId, MailOutcome)>, oneshot::Sender<Result<(), StoreError>>),
}

/// The way to the writer's thread.
#[derive(Debug)]
pub(super) struct WriterHandle {
    jobs: mpsc::Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

impl WriterHandle {
    pub(super) fn start(writer: Writer) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(MOST_WAITING);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|cause| StoreError::File { doing: "start the writer's thread".to_owned(), cause })?;
        Ok(Self { jobs, thread: Some(thread) })
    }

    /// Hands a job over and waits for its answer.
    pub(super) async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(job(reply)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closing,
        })?;
        answer.await.map_err(|_| StoreError::Closing)
    }
}

impl Drop for WriterHandle {
    /// Lets the writer finish what is waiting.
    fn drop(&mut self) {
        let (closed, _) = mpsc::channel(1);
        self.jobs = closed;
        if let Some(thread) = self.thread.take() {
            // A panic of the writer has been printed already; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// The state of the writer's thread.
pub(super) struct Writer {
    /// Before the connection, which has to be closed last (see [`super::Store`]).
    pub(super) readers: Arc<ReadPool>,
    pub(super) connection: Connection,
    pub(super) catalog: Arc<Catalog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) gate: Arc<Gate>,
    pub(super) observer: Arc<dyn WriteObserver>,
    pub(super) batches: u64,
}

impl Writer {
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(job) = waiting.blocking_recv() {
            let mut commands = Vec::new();
            let mut others = Vec::new();
            let mut next = Some(job);
            while let Some(job) = next {
                match job {
                    Job::Work(work, reply) => commands.push((work, reply)),
                    other => others.push(other),
                }
                next = if commands.len() < MOST_IN_A_BATCH { waiting.try_recv().ok() } else { None };
            }
            if !commands.is_empty() {
                self.apply_all(commands);
            }
            for job in others {
                // Whoever asked may have gone; the work is done all the same.
                match job {
                    Job::Settle(reply) => drop(reply.send(self.settle_due())),
                    Job::Forget(reply) => drop(reply.send(self.forget_idempotency_keys())),
                    Job::TakeMail(limit, lease, reply) => drop(reply.send(self.take_mail(limit, lease))),
                    Job::MailAttempted(attempt, reply) => {
                        let (location, mail, outcome) = *attempt;
                        drop(reply.send(self.mail_attempted(&location, &mail, &outcome)));
                    }
                    Job::Work(work, reply) => self.apply_all(vec![(work, reply)]),
                }
            }
        }
    }

    /// Carries out commands in one commit. When the commit fails, each is tried alone, so that one that cannot be
    /// written does not take the others with it.
    fn apply_all(&mut self, commands: Vec<(Work, Reply)>) {
        let (commands, replies): (Vec<Work>, Vec<Reply>) = commands.into_iter().unzip();
        match self.commit(&commands) {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    reply.send(answer);
                }
            }
            Err(fault) if commands.len() == 1 => {
                for (work, reply) in commands.iter().zip(replies) {
                    tracing::error!(%fault, location = %work.location(), "a write failed");
                    reply.send(work.failed(&fault));
                }
            }
            Err(fault) => {
                tracing::warn!(%fault, commands = commands.len(), "a shared commit failed; each of its writes is tried alone");
                for single in commands.into_iter().zip(replies) {
                    self.apply_all(vec![single]);
                }
            }
        }
    }

    fn commit(&mut self, commands: &[Work]) -> Result<Vec<Done>, StoreError> {
        let locations: Vec<&str> = commands.iter().map(|work| work.location().as_str()).collect();
        let book = commands.iter().any(Work::is_booking);
        let mut tries = 0;
        loop {
            tries += 1;
            let done = self.transaction(&locations, |batch| {
                // A tool may have applied a set-up between the look at the catalogue and the lock.
                if book && catalog::generation(batch.records.connection)? != batch.generation() {
                    return Err(StoreError::Conflict("the catalogue has just changed".to_owned()));
                }
                commands.iter().map(|work| batch.carry_out(work)).collect()
            });
            match done {
                Err(StoreError::Conflict(_)) if tries < MOST_TRIES => {}
                done => {
                    return done
                        .inspect(|(_, micros)| self.observer.committed(commands.len(), *micros))
                        .map(|(answers, _)| answers);
                }
            }
        }
    }

    /// One transaction that takes ticks in `locations`: announced at the gate, then begun, worked on, committed.
    pub(super) fn transaction<T>(
        &mut self,
        locations: &[&str],
        work: impl FnOnce(&mut Batch<'_, Transaction<'_>>) -> Result<T, StoreError>,
    ) -> Result<(T, i64), StoreError> {
        self.refresh_catalog()?;
        self.batches += 1;
        self.gate.begin();
        for location in locations {
            if let Some(location) = self.catalog.location(location) {
                self.gate.announce(location.key, self.batches);
            }
        }
        let started = self.clock.now();
        let done = self.begin_work_commit(work);
        self.gate.finish();
        self.readers.sweep();
        done.map(|value| (value, self.clock.now().as_micros() - started.as_micros()))
    }

    fn begin_work_commit<T>(
        &self,
        work: impl FnOnce(&mut Batch<'_, Transaction<'_>>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        execute(&self.connection, "BEGIN IMMEDIATE")?;
        let transaction = Transaction { connection: &self.connection, seen: self.gate.seen() };
        let mut batch = Batch::new(transaction, &self.catalog, self.clock.now(), LOWEST_LEVEL);
        let worked =
            work(&mut batch).and_then(|value| Ok((value, records::finish(&self.connection, batch.finish().1)?)));
        let (value, earliest_expiry) = match worked.and_then(|done| execute(&self.connection, "COMMIT").map(|()| done))
        {
            Ok(done) => done,
            Err(fault) => {
                if !self.connection.is_autocommit() {
                    execute(&self.connection, "ROLLBACK")?;
                }
                return Err(fault);
            }
        };
        self.gate.expect_expiry(earliest_expiry);
        Ok(value)
    }

    pub(super) fn refresh_catalog(&mut self) -> Result<(), StoreError> {
        if catalog::generation(&self.connection)? != self.catalog.generation {
            self.catalog = Arc::new(catalog::load(&self.connection)?);
        }
        Ok(())
    }

    /// Settles every session whose time has run out, in the order of expiry, and answers when the next one will.
    pub(super) fn settle_due(&mut self) -> Result<Timestamp, StoreError> {
        loop {
            let now = self.clock.now();
            let due = self.due(now)?;
            if due.is_empty() {
                let next = self.next_expiry()?;
                self.gate.set_next_expiry(next);
                self.readers.sweep();
                return Ok(next);
            }
            self.refresh_catalog()?;
            let catalog = Arc::clone(&self.catalog);
            let by_key: std::collections::HashMap<i64, _> =
                catalog.locations.values().map(|location| (location.key, location)).collect();
            let locations: Vec<&str> =
                due.iter().filter_map(|(key, _)| by_key.get(key)).map(|location| location.id.as_str()).collect();
            let observer = Arc::clone(&self.observer);
            self.transaction(&locations, |batch| {
                for (key, id) in &due {
                    let Some(location) = by_key.get(key) else { continue };
                    if let Some(expired_at) = batch.settle(location, id)? {
                        observer.settled(now.as_micros() - expired_at.as_micros());
                    }
                }
                Ok(())
            })?;
        }
    }

    fn due(&self, now: Timestamp) -> Result<Vec<(i64, String)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "/* due sessions */ SELECT location, id FROM sessions INDEXED BY sessions_due \
                 WHERE expires_at IS NOT NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
            )
            .doing("prepare the due sessions")?;
        let rows = statement
            .query_map((now.as_micros(), MOST_SETTLED), |row| row.try_into())
            .doing("look for due sessions")?;
        rows.collect::<Result<_, _>>().doing("look for due sessions")
    }

    fn next_expiry(&self) -> Result<Timestamp, StoreError> {
        let next: Option<i64> = self
            .connection
            .prepare_cached(
                "/* next expiry */ SELECT min(expires_at) FROM sessions INDEXED BY sessions_due WHERE expires_at IS NOT NULL",
            )
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .doing("look for the next expiry")?;
        Ok(next.map_or(Timestamp::MAX, Timestamp::from_micros))
    }

    fn forget_idempotency_keys(&mut self) -> Result<usize, StoreError> {
        let until = self.clock.now().plus_micros(-IDEMPOTENCY_MICROS).as_micros();
        self.connection
            .prepare_cached("/* forget answered requests */ DELETE FROM idempotency_keys WHERE created_at <= ?1")
            .and_then(|mut statement| statement.execute([until]))
            .doing("forget old idempotency keys")
    }
}

/// Runs a statement that gives no rows.
pub(super) fn execute(connection: &Connection, statement: &'static str) -> Result<(), StoreError> {
    connection.prepare_cached(statement).and_then(|mut prepared| prepared.execute([])).doing(statement).map(drop)
}
