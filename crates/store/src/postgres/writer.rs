//! Writing: commands of many clients share a transaction, each with its own answer. One transaction at a time gathers the most
//! for each commit. It takes the clocks that are free; those that another server holds are waited for apart, so that they
//! keep no other location waiting.

use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::Clock;
use frontdesk_domain::session::Request;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::connection::{GiveBack, Pools, made};
use super::records::{Asked, Loaded};
use super::reports::{self, Memory};
use super::saving::{self, Attempt};
use super::tallies::LOWEST_LEVEL;
use super::transaction;
use super::watch::CatalogWatch;
use crate::batch::Batch;
use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::observer::WriteObserver;
use crate::stopwatch::Stopwatch;
use crate::work::{Done, Reply, Work};

/// For how many locations at once the writer may wait whose clocks are held by others; those beyond are tried again now and then.
const MOST_APART: usize = 6;
const PAUSE: Duration = Duration::from_millis(2);
/// How long a command may wait so.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most commands that share a transaction.
const MOST_IN_A_BATCH: usize = 256;
/// The most commands that may wait; beyond that a client is asked to come back.
const MOST_WAITING: usize = 8192;

/// A command of the location of that key, and where its answer goes.
pub(super) struct Job {
    key: i64,
    work: Work,
    reply: Reply,
    waiting: Stopwatch,
}

impl Job {
    /// The job, unless it has waited too long; then its client is told.
    fn if_in_time(self) -> Option<Self> {
        if self.waiting.elapsed() < PATIENCE {
            return Some(self);
        }
        self.refuse();
        None
    }

    fn refuse(self) {
        let done = self.work.failed(&is_held());
        self.reply.send(done);
    }
}

/// The way to the writer.
#[derive(Debug)]
pub(super) struct WriterHandle(mpsc::Sender<Job>);

impl WriterHandle {
    /// A way, and what comes in at its other end.
    pub(super) fn new() -> (Self, mpsc::Receiver<Job>) {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        (Self(sender), receiver)
    }

    /// Hands over a command on the location of that key, and waits for its answer.
    pub(super) async fn ask<T>(
        &self,
        key: i64,
        work: Work,
        reply: impl FnOnce(oneshot::Sender<T>) -> Reply,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        let waiting = Stopwatch::start();
        self.0.try_send(Job { key, work, reply: reply(sender), waiting }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closing,
        })?;
        answer.await.map_err(|_| StoreError::Closing)
    }
}

/// What the writer works with.
pub(super) struct Writer {
    pub(super) pools: Arc<Pools>,
    pub(super) catalog: Arc<CatalogWatch>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn WriteObserver>,
    pub(super) memory: Mutex<Memory>,
}

/// Jobs that wait for a clock which another transaction holds: of one location each, in a transaction of its own.
type Apart<'a> = FuturesUnordered<BoxFuture<'a, i64>>;

impl Writer {
    /// Works until nobody can send any more.
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Job>) {
        let mut apart: Apart<'_> = FuturesUnordered::new();
        // By location: those whose clocks are being waited for, and what has come for them since.
        let mut held: HashMap<i64, Vec<Job>> = HashMap::new();
        let mut later = Vec::new();
        let mut answered = Vec::new();
        loop {
            if waiting.is_empty() {
                answer(&mut answered);
            }
            let jobs = tokio::select! {
                Some(location) = apart.next() => {
                    self.go_on(location, &mut held, &mut apart);
                    continue;
                }
                job = waiting.recv() => {
                    let Some(job) = job else { break };
                    let mut jobs = std::mem::take(&mut later);
                    jobs.push(job);
                    while jobs.len() < MOST_IN_A_BATCH
                        && let Ok(job) = waiting.try_recv()
                    {
                        jobs.push(job);
                    }
                    jobs
                }
                () = tokio::time::sleep(PAUSE), if !later.is_empty() => std::mem::take(&mut later),
            };
            let jobs = join_those_before(jobs, &mut held);
            let mut working = pin!(self.work(jobs));
            // The database has its next work before those are woken whose work is done.
            let begun = working.as_mut().now_or_never();
            tokio::task::yield_now().await;
            answer(&mut answered);
            let (done, set_aside) = match begun {
                Some(worked) => worked,
                None => loop {
                    tokio::select! {
                        worked = &mut working => break worked,
                        Some(location) = apart.next() => self.go_on(location, &mut held, &mut apart),
                    }
                },
            };
            answered = done;
            for (location, jobs) in set_aside {
                if held.len() < MOST_APART {
                    held.insert(location, Vec::new());
                    apart.push(self.wait_for(location, jobs).boxed());
                } else {
                    later.extend(jobs.into_iter().filter_map(Job::if_in_time));
                }
            }
        }
        answer(&mut answered);
        // What is waiting is still tried. What is waited for ends by itself, well or badly, and so does what came for it since.
        let mut last: HashMap<i64, Vec<Job>> = HashMap::new();
        later.into_iter().for_each(|job| last.entry(job.key).or_default().push(job));
        apart.extend(last.into_iter().map(|(location, jobs)| self.wait_for(location, jobs).boxed()));
        while let Some(location) = apart.next().await {
            self.go_on(location, &mut held, &mut apart);
        }
    }

    /// What was waited for has ended; what has come for its location since is next.
    fn go_on<'a>(&'a self, location: i64, held: &mut HashMap<i64, Vec<Job>>, apart: &mut Apart<'a>) {
        let jobs: Vec<Job> = held.remove(&location).into_iter().flatten().filter_map(Job::if_in_time).collect();
        if !jobs.is_empty() {
            held.insert(location, Vec::new());
            apart.push(self.wait_for(location, jobs).boxed());
        }
    }

    /// Carries out jobs together; hands back their answers, and those whose clocks are held, by location.
    async fn work(&self, together: Vec<Job>) -> (Vec<(Reply, Done)>, HashMap<i64, Vec<Job>>) {
        let (mut answered, mut set_aside) = (Vec::new(), HashMap::<i64, Vec<Job>>::new());
        if together.is_empty() {
            return (answered, set_aside);
        }
        let commands: Vec<Work> = together.iter().map(|job| job.work.clone()).collect();
        let answers = self.apply_all(&commands, true).await;
        for (job, answer) in together.into_iter().zip(answers) {
            match answer {
                Some(answer) => answered.push((job.reply, answer)),
                None => set_aside.entry(job.key).or_default().push(job),
            }
        }
        (answered, set_aside)
    }

    /// Carries out jobs of a location once its clock is free; answers the location.
    async fn wait_for(&self, location: i64, jobs: Vec<Job>) -> i64 {
        let commands: Vec<Work> = jobs.iter().map(|job| job.work.clone()).collect();
        let answers = self.apply_all(&commands, false).await;
        for (job, answer) in jobs.into_iter().zip(answers) {
            let answer = answer.unwrap_or_else(|| job.work.failed(&is_held()));
            job.reply.send(answer);
        }
        location
    }

    /// Carries out commands in one transaction. When it fails for a reason that may lie in one of them, each is tried alone. No
    /// answer for a command whose clock is held, if only those that are free are wanted.
    async fn apply_all(&self, commands: &[Work], only_free: bool) -> Vec<Option<Done>> {
        match self.commit(commands, only_free).await {
            Ok(answers) => answers,
            Err(fault) if commands.len() > 1 && !fault.is_passing() => {
                tracing::warn!(%fault, commands = commands.len(), "a shared commit failed; each of its writes is tried alone");
                let mut answers = Vec::new();
                for command in commands {
                    match self.commit(std::slice::from_ref(command), only_free).await {
                        Ok(answer) => answers.extend(answer),
                        Err(fault) => answers.push(Some(command.failed(&fault))),
                    }
                }
                answers
            }
            Err(fault) => commands.iter().map(|command| Some(command.failed(&fault))).collect(),
        }
    }

    /// Carries out commands in one transaction: reports from memory, if they can be, and whatever else with what is loaded.
    async fn commit(&self, commands: &[Work], only_free: bool) -> Result<Vec<Option<Done>>, StoreError> {
        let catalog = self.catalog.current()?;
        let asked = Asked { only_free, ..asked(commands, &catalog) };
        let started = self.clock.now();
        let committed = match self.commit_from_memory(commands, &asked, &catalog).await {
            Ok(None) => self.commit_loaded(commands, &asked, &catalog).await,
            Ok(Some(answers)) => Ok(answers),
            Err(fault) => Err(fault),
        };
        let answers = committed.inspect_err(|_| self.memory.lock().forget(&asked))?;
        let done = answers.iter().flatten().count();
        if done > 0 {
            self.observer.committed(done, self.clock.now().as_micros() - started.as_micros());
        }
        Ok(answers)
    }

    /// Decides reports by what is remembered. No answers, and nothing written, when that is not enough or something has come
    /// between.
    async fn commit_from_memory(
        &self,
        commands: &[Work],
        asked: &Asked,
        catalog: &Catalog,
    ) -> Result<Option<Vec<Option<Done>>>, StoreError> {
        if !commands.iter().all(reports::is_report) {
            return Ok(None);
        }
        let connection = self.pools.get().await?;
        let made = made(&connection);
        let Some(loaded) = self.memory.lock().recall(asked, made) else { return Ok(None) };
        let tried = Stopwatch::start();
        let now = self.clock.now();
        let mut batch = Batch::new(loaded, catalog, now, LOWEST_LEVEL);
        let answers = commands.iter().map(|command| batch.carry_out(command)).collect::<Result<Vec<_>, _>>()?;
        let (loaded, changes) = batch.finish();
        // What moves no clock cannot be held against it when it is saved.
        if !asked.locations.iter().all(|location| changes.ticks.contains_key(location)) {
            return Ok(None);
        }
        let attempt = transaction::within_patience(saving::attempt(&connection, &loaded, &changes, now)).await;
        match attempt {
            Ok(Attempt::Saved) => {
                self.memory.lock().learn(loaded, &changes.ticks, now, made);
                Ok(Some(answers.into_iter().map(Some).collect()))
            }
            Ok(Attempt::Vain) => Ok(None),
            // The next connection may lead to a server that takes it.
            Ok(Attempt::Refused(fault)) if tried.elapsed() < transaction::SOON => {
                tracing::debug!(%fault, "reports are tried again, with what is loaded");
                connection.throw_away();
                Ok(None)
            }
            Ok(Attempt::Refused(fault)) | Err(fault) => connection.give_back(Err(fault)),
        }
    }

    async fn commit_loaded(
        &self,
        commands: &[Work],
        asked: &Asked,
        catalog: &Catalog,
    ) -> Result<Vec<Option<Done>>, StoreError> {
        let (answers, loaded, ticks, now, made) = transaction::run(&self.pools, "apply", |transaction| async move {
            let loaded = Loaded::load(&transaction, asked).await?;
            let ways: Vec<Way> =
                commands.iter().map(|command| Way::of(command, catalog, &loaded, asked.only_free)).collect();
            // After the clocks are locked: the order of ticks is the order of commits.
            let now = self.clock.now();
            let mut batch = Batch::new(loaded, catalog, now, LOWEST_LEVEL);
            let answers = commands
                .iter()
                .zip(ways)
                .map(|(command, way)| match way {
                    Way::Free => batch.carry_out(command).map(Some),
                    Way::Held => Ok(None),
                    Way::Stale => Ok(Some(command.failed(&has_changed()))),
                })
                .collect::<Result<Vec<_>, _>>()?;
            let (loaded, changes) = batch.finish();
            saving::write_and_commit(&transaction, &loaded, &changes, now).await?;
            Ok((answers, loaded, changes.ticks, now, made(&transaction)))
        })
        .await?;
        self.memory.lock().learn(loaded, &ticks, now, made);
        Ok(answers)
    }
}

/// Sends answers.
fn answer(answers: &mut Vec<(Reply, Done)>) {
    answers.drain(..).for_each(|(reply, answer)| reply.send(answer));
}

/// Whether a command can be carried out in this transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Free,
    /// Its clock is held by another transaction.
    Held,
    /// It would be decided by a set-up that is not in force any more.
    Stale,
}

impl Way {
    fn of(command: &Work, catalog: &Catalog, loaded: &Loaded, only_free: bool) -> Self {
        let Some(location) = catalog.location(command.location().as_str()) else { return Self::Free };
        if only_free && !loaded.has_clock(location.key) {
            Self::Held
        } else if command.is_booking() && loaded.stale.contains(&location.key) {
            Self::Stale
        } else {
            Self::Free
        }
    }
}

/// Puts jobs behind those that wait for the clock of the same location; answers the others.
fn join_those_before(jobs: Vec<Job>, held: &mut HashMap<i64, Vec<Job>>) -> Vec<Job> {
    let mut others = Vec::new();
    for job in jobs {
        match held.get_mut(&job.key) {
            Some(before) if before.len() < MOST_IN_A_BATCH => before.push(job),
            Some(_) => job.refuse(),
            None => others.push(job),
        }
    }
    others
}

fn is_held() -> StoreError {
    StoreError::Unavailable("another transaction holds the clock of this location".to_owned())
}

fn has_changed() -> StoreError {
    StoreError::Unavailable("the set-up of this location has just changed".to_owned())
}

fn asked(commands: &[Work], catalog: &Catalog) -> Asked {
    let mut asked = Asked { locations: BTreeSet::new(), ..Asked::default() };
    for work in commands {
        let Some(location) = catalog.location(work.location().as_str()) else { continue };
        asked.locations.insert(location.key);
        let idempotency = match work {
            Work::Session(command) => {
                if let Request::Act(_) = command.request {
                    asked.sessions.insert((location.key, command.session.to_string()));
                    asked.add_for_session(location, command);
                }
                &command.idempotency
            }
            Work::Booking(command) => {
                asked.add_for_booking(location, command);
                &command.idempotency
            }
        };
        if let Some(idempotency) = idempotency {
            asked.keys.insert((location.key, idempotency.key.to_string()));
        }
    }
    asked
}
