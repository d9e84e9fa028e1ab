//! The demo's present: visitors who keep coming while it runs, by the same commands as a booking page's.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use frontdesk_domain::session::{Action, Command, Request, Stage};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, LocationId, SessionId, Timestamp};
use frontdesk_store::Store;

use super::practice::{PRACTICES, Practice};
use super::visit::{Step, Visit};

/// Seconds that a step takes; quicker than in life, so that a watcher sees something happen.
const PACE: std::ops::Range<i64> = 3..25;
/// Seconds between two visitors of a location.
const BETWEEN: std::ops::Range<i64> = 5..35;

/// What happens at some moment.
enum Event {
    /// A new visitor comes to a practice.
    Arrival(&'static Practice),
    /// A visitor takes their next step.
    Next { practice: &'static Practice, session: SessionId, steps: VecDeque<(i64, Step)> },
}

/// Lets visitors come for as long as the future is polled.
pub async fn keep_coming(store: Arc<Store>, clock: Arc<dyn Clock>, random: Rng) {
    let mut crowd = Crowd { store, clock, random, events: BTreeMap::new(), planned: 0 };
    for practice in &PRACTICES {
        crowd.plan(0, Event::Arrival(practice));
    }
    while let Some(((at, _), event)) = crowd.events.pop_first() {
        let wait = at.as_micros().saturating_sub(crowd.clock.now().as_micros());
        tokio::time::sleep(Duration::from_micros(wait.max(0).unsigned_abs())).await;
        crowd.happen(event).await;
    }
}

struct Crowd {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    random: Rng,
    /// What is going to happen, by time and by the order in which it was planned.
    events: BTreeMap<(Timestamp, u64), Event>,
    planned: u64,
}

impl Crowd {
    fn plan(&mut self, in_micros: i64, event: Event) {
        self.planned += 1;
        self.events.insert((self.clock.now().plus_micros(in_micros), self.planned), event);
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Arrival(practice) => {
                let visit = Visit::make_up(practice, self.clock.now(), PACE, &mut self.random);
                self.ask(practice, &visit.session, Request::Start(visit.start)).await;
                self.plan_next(practice, visit.session, visit.steps.into());
                let pause = self.random.i64(BETWEEN.start * SECOND..BETWEEN.end * SECOND);
                self.plan(pause, Event::Arrival(practice));
            }
            Event::Next { practice, session, mut steps } => {
                if let Some((_, step)) = steps.pop_front() {
                    self.ask(practice, &session, Request::Act(action(step))).await;
                    self.plan_next(practice, session, steps);
                }
            }
        }
    }

    fn plan_next(&mut self, practice: &'static Practice, session: SessionId, steps: VecDeque<(i64, Step)>) {
        if let Some((pause, _)) = steps.front() {
            self.plan(*pause, Event::Next { practice, session, steps });
        }
    }

    async fn ask(&self, practice: &Practice, session: &SessionId, request: Request) {
        let command = Command {
            location: LocationId::parse(practice.id).expect("cannot fail: the ids of the demo are plain"),
            session: session.clone(),
            now: self.clock.now(),
            idempotency: None,
            request,
        };
        if let Err(error) = self.store.apply(command).await {
            tracing::warn!(%error, location = practice.id, "a visitor of the demo was sent away");
        }
    }
}

fn action(step: Step) -> Action {
    match step {
        Step::Reach(stage) => Action::Advance { stage: Some(stage), client_type: None },
        Step::Identify(client_type) => {
            Action::Advance { stage: Some(Stage::AppointmentTypeSelection), client_type: Some(client_type) }
        }
        Step::Book(appointment_id) => Action::Complete { appointment_id, remote_appointment_id: None },
        Step::TakeOver(remote_appointment_id) => Action::AttachRemote { remote_appointment_id },
    }
}
