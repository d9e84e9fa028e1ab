//! Writing: commands of many clients share a transaction, each with its own answer. Locations are dealt out to a few lanes,
//! so that one whose clock another server holds keeps only its neighbours waiting.

use std::collections::BTreeSet;
use std::sync::Arc;

use frontdesk_domain::Clock;
use frontdesk_domain::session::{Command, Request};
use tokio::sync::{mpsc, oneshot};

use super::connection::Pools;
use super::records::{Asked, Loaded};
use super::tallies::LOWEST_LEVEL;
use super::watch::CatalogWatch;
use super::{saving, transaction};
use crate::batch::Batch;
use crate::catalog::Catalog;
use crate::error::{ApplyError, StoreError};
use crate::observer::WriteObserver;
use crate::record::Outcome;

/// How many transactions of one server may be under way at once.
pub(super) const LANES: usize = 4;
/// The most commands that share a transaction.
const MOST_IN_A_BATCH: usize = 256;
/// The most commands that may wait in a lane; beyond that a client is asked to come back.
const MOST_WAITING: usize = 4096;

type Reply = oneshot::Sender<Result<Outcome, ApplyError>>;

/// A command, and where its answer goes.
pub(super) struct Job(Command, Reply);

/// The ways to the lanes.
#[derive(Debug)]
pub(super) struct Lanes(Vec<mpsc::Sender<Job>>);

impl Lanes {
    /// Lanes, and what comes in at their other ends.
    pub(super) fn new() -> (Self, Vec<mpsc::Receiver<Job>>) {
        let (senders, receivers) = (0..LANES).map(|_| mpsc::channel(MOST_WAITING)).unzip();
        (Self(senders), receivers)
    }

    /// Hands a command over and waits for its answer.
    pub(super) async fn ask(&self, catalog: &Catalog, command: Command) -> Result<Outcome, ApplyError> {
        let location = catalog.location(command.location.as_str()).ok_or(ApplyError::NoSuchLocation)?;
        let lane = &self.0[location.key.rem_euclid(LANES as i64) as usize];
        let (reply, answer) = oneshot::channel();
        lane.try_send(Job(command, reply)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closing,
        })?;
        answer.await.map_err(|_| StoreError::Closing)?
    }
}

/// What a lane works with.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) pools: Arc<Pools>,
    pub(super) catalog: Arc<CatalogWatch>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn WriteObserver>,
}

impl Writer {
    /// Works until nobody can send any more.
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(job) = waiting.recv().await {
            let mut jobs = vec![job];
            while jobs.len() < MOST_IN_A_BATCH
                && let Ok(job) = waiting.try_recv()
            {
                jobs.push(job);
            }
            let (commands, replies): (Vec<Command>, Vec<Reply>) =
                jobs.into_iter().map(|Job(command, reply)| (command, reply)).unzip();
            let answers = self.apply_all(&commands).await;
            for (reply, answer) in replies.into_iter().zip(answers) {
                // Whoever asked may have gone; what is done is done.
                drop(reply.send(answer));
            }
        }
    }

    /// Carries out commands in one transaction. When it fails for a reason that may lie in one of them, each is tried alone.
    async fn apply_all(&self, commands: &[Command]) -> Vec<Result<Outcome, ApplyError>> {
        match self.commit(commands).await {
            Ok(answers) => answers,
            Err(fault) if commands.len() > 1 && !fault.is_passing() => {
                tracing::warn!(%fault, commands = commands.len(), "a shared commit failed; each of its writes is tried alone");
                let mut answers = Vec::new();
                for command in commands {
                    match self.commit(std::slice::from_ref(command)).await {
                        Ok(answer) => answers.extend(answer),
                        Err(fault) => answers.push(Err(failed(&fault))),
                    }
                }
                answers
            }
            Err(fault) => commands.iter().map(|_| Err(failed(&fault))).collect(),
        }
    }

    async fn commit(&self, commands: &[Command]) -> Result<Vec<Result<Outcome, ApplyError>>, StoreError> {
        let catalog = self.catalog.current()?;
        let asked = asked(commands, &catalog);
        let started = self.clock.now();
        let (asked, known) = (&asked, &catalog);
        let answers = transaction::run(&self.pools, "apply", |connection| async move {
            let loaded = Loaded::load(&connection, asked).await?;
            // After the clocks are locked: the order of ticks is the order of commits.
            let now = self.clock.now();
            let mut batch = Batch::new(loaded, known, now, LOWEST_LEVEL);
            let answers = commands
                .iter()
                .map(|command| match batch.apply(command.clone()) {
                    Err(ApplyError::Fault(fault)) => Err(fault),
                    answer => Ok(answer),
                })
                .collect::<Result<Vec<_>, _>>()?;
            let (loaded, changes) = batch.finish();
            saving::write(&connection, &loaded, changes, now).await?;
            Ok(answers)
        })
        .await?;
        self.observer.committed(commands.len(), self.clock.now().as_micros() - started.as_micros());
        Ok(answers)
    }
}

/// A fault of a shared transaction, for each of those who share it.
fn failed(fault: &StoreError) -> ApplyError {
    ApplyError::Fault(if fault.is_passing() {
        StoreError::Unavailable(fault.to_string())
    } else {
        StoreError::Commit(fault.to_string())
    })
}

fn asked(commands: &[Command], catalog: &Catalog) -> Asked {
    let mut asked = Asked { locations: BTreeSet::new(), ..Asked::default() };
    for command in commands {
        let Some(location) = catalog.location(command.location.as_str()) else { continue };
        asked.locations.insert(location.key);
        if let Request::Act(_) = command.request {
            asked.sessions.insert((location.key, command.session.to_string()));
        }
        if let Some(idempotency) = &command.idempotency {
            asked.keys.insert((location.key, idempotency.key.to_string()));
        }
    }
    asked
}
