//! The engines against the model and so against each other: random commands, imports and restarts in three locations, with
//! time moving. On PostgreSQL two servers take the steps, now one, now the other.

use std::sync::Arc;

use frontdesk_domain::clock::ManualClock;
use frontdesk_domain::session::{
    Action, Arrival, ClientType, Command, Idempotency, Referral, Request, Session, Stage, Start, State, Status,
};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{ImportRow, Store};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::compare::{Question, compare, question};
use crate::model::Model;
use crate::support::{BEGINNING, Desk, Engine, MINUTE, appointment, location, session, settings};

const SITES: [(&str, i64); 3] = [("austin", 30 * MINUTE), ("boston", 10 * SECOND), ("Z\u{fc}rich", 400 * MINUTE)];

#[derive(Clone, Debug)]
enum Step {
    Apply { site: usize, who: Who, request: Request, key: Option<(u8, u8)>, late: i64, server: usize },
    Import { rows: Vec<Row>, touch: bool },
    Settle,
    Forget,
    Restart,
}

/// A session: one of those changed last, one of those that there are, or none of them.
#[derive(Clone, Debug)]
enum Who {
    Recent(prop::sample::Index),
    Known(prop::sample::Index),
    Nobody,
}

/// A row of an import file, in terms of the present.
#[derive(Clone, Debug)]
struct Row {
    site: usize,
    who: Who,
    /// The instant of the known session's last change, or so long ago.
    same_instant: bool,
    ago: i64,
    status: Status,
    stage: Stage,
    active: bool,
}

fn action() -> impl Strategy<Value = Action> {
    let id = || prop::sample::select(vec!["a1", "a2"]).prop_map(appointment);
    let stage = prop::option::of(prop::sample::select(Stage::ALL));
    let client_type = prop::option::of(prop::sample::select(ClientType::ALL));
    prop_oneof![
        9 => (stage, client_type).prop_map(|(stage, client_type)| Action::Advance { stage, client_type }),
        1 => (id(), prop::option::of(id())).prop_map(|(appointment_id, remote_appointment_id)| {
            Action::Complete { appointment_id, remote_appointment_id }
        }),
        1 => id().prop_map(|remote_appointment_id| Action::AttachRemote { remote_appointment_id }),
        1 => Just(Action::Settle),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let text = || prop::option::of("[a-z\u{e9}\u{732b}\"' ]{1,8}".prop_map(String::into_boxed_str));
    let start = (text(), text(), text()).prop_map(|(source, campaign, term)| {
        let arrival = Arrival { term, ..Arrival::default() };
        Request::Start(Start { referral: Referral { source, campaign, medium: None }, arrival })
    });
    prop_oneof![1 => start, 3 => action().prop_map(Request::Act)]
}

fn site() -> impl Strategy<Value = usize> {
    prop_oneof![19 => 0..SITES.len(), 1 => Just(SITES.len())]
}

fn who() -> impl Strategy<Value = Who> {
    let index = any::<prop::sample::Index>;
    prop_oneof![6 => index().prop_map(Who::Recent), 3 => index().prop_map(Who::Known), 1 => Just(Who::Nobody)]
}

fn row() -> impl Strategy<Value = Row> {
    let ago = prop_oneof![1 => -5..5_i64, 3 => 0..400 * MINUTE, 2 => 0..60 * 24 * 60 * MINUTE];
    (
        (site(), who()),
        (prop::bool::weighted(0.3), ago),
        (prop::sample::select(Status::ALL), prop::sample::select(Stage::ALL), any::<bool>()),
    )
        .prop_map(|((site, who), (same_instant, ago), (status, stage, active))| Row {
            site,
            who,
            same_instant,
            ago,
            status,
            stage,
            active,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let key = prop::option::weighted(0.2, (0..3_u8, 0..2_u8));
    let late = prop_oneof![3 => Just(0), 1 => 0..SECOND];
    let server = prop_oneof![4 => Just(0_usize), 1 => Just(1)];
    let apply = (site(), who(), request(), key, late, server)
        .prop_map(|(site, who, request, key, late, server)| Step::Apply { site, who, request, key, late, server });
    prop_oneof![
        24 => apply,
        3 => (prop::collection::vec(row(), 1..4), any::<bool>()).prop_map(|(rows, touch)| Step::Import { rows, touch }),
        2 => Just(Step::Settle),
        1 => Just(Step::Forget),
        1 => Just(Step::Restart),
    ]
}

/// How far time moves before a step: not at all, a little, past an expiry, past a day.
fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => Just(0),
        3 => 0..3_i64,
        6 => 0..10 * SECOND,
        2 => 0..20 * MINUTE,
        1 => 0..30 * 60 * MINUTE,
        1 => Just(10 * SECOND),
    ]
}

/// An engine with its database, and the servers on it.
struct Machine {
    engine: Engine,
    desk: Desk,
    stores: Vec<Store>,
}

impl Machine {
    fn new(engine: Engine, clock: &Arc<ManualClock>) -> Self {
        let desk = Desk::empty_on(engine).by(clock);
        let mut workbench = desk.workbench();
        for (id, time_to_live) in SITES {
            workbench.add_location(&location(id), &settings(time_to_live)).expect("a new location");
        }
        let mut machine = Self { engine, desk, stores: Vec::new() };
        machine.open_again();
        machine
    }

    /// One of its servers.
    fn store(&self, number: usize) -> &Store {
        &self.stores[number % self.stores.len()]
    }

    fn open_again(&mut self) {
        self.stores.clear();
        let servers = match self.engine {
            Engine::Sqlite => 1,
            Engine::Postgres => 2,
        };
        self.stores.extend((0..servers).map(|_| self.desk.open()));
    }
}

/// The engines and the model side by side.
struct Parade {
    machines: Vec<Machine>,
    clock: Arc<ManualClock>,
    model: Model,
    begun: usize,
}

impl Parade {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(BEGINNING));
        let machines = [Engine::Sqlite, Engine::Postgres].map(|engine| Machine::new(engine, &clock)).into();
        Self { machines, clock, model: Model::new(&SITES), begun: 0 }
    }

    fn site(site: usize) -> &'static str {
        SITES.get(site).map_or("nowhere", |(id, _)| id)
    }

    fn known(&self, site: usize, who: &Who) -> Option<&Session> {
        let feed = self.model.sites.get(site)?.feed();
        let (index, among) = match who {
            Who::Recent(index) => (index, feed.len().min(3)),
            Who::Known(index) => (index, feed.len()),
            Who::Nobody => return None,
        };
        (among > 0).then(|| feed[feed.len() - 1 - index.index(among)])
    }

    fn command(&mut self, site: usize, who: &Who, request: &Request, key: Option<(u8, u8)>, now: Timestamp) -> Command {
        let id = match (request, who) {
            (Request::Start(_), _) => {
                self.begun += 1;
                format!("{}{}", ["s", "\u{e9}", "S "][self.begun % 3], self.begun)
            }
            (_, who) => self.known(site, who).map_or("nobody".to_owned(), |known| known.id.to_string()),
        };
        let idempotency =
            key.map(|(key, print)| Idempotency { key: format!("key {key}").into(), fingerprint: [print; 32] });
        Command {
            location: location(Self::site(site)),
            session: session(&id),
            now,
            idempotency,
            request: request.clone(),
        }
    }

    fn row(&self, row: &Row, now: Timestamp, number: usize) -> ImportRow {
        let known = self.known(row.site, &row.who);
        let updated_at = match known {
            Some(known) if row.same_instant => known.updated_at,
            _ => now.plus_micros(-row.ago),
        };
        let state = match row.status {
            Status::Active => State::Active { expires_at: Timestamp::MIN },
            Status::Completed => State::Completed { appointment_id: appointment("i1"), remote_appointment_id: None },
            Status::Abandoned => State::Abandoned,
        };
        let stage = if row.status == Status::Completed { Stage::Completed } else { row.stage };
        let session = Session {
            id: known.map_or_else(|| session(&format!("file {number} {}", row.ago)), |known| known.id.clone()),
            state,
            stage,
            client_type: None,
            referral: Referral::default(),
            created_at: updated_at.plus_micros(-MINUTE),
            updated_at,
            last_activity_at: row.active.then(|| updated_at.plus_micros(-SECOND)),
        };
        ImportRow { location: location(Self::site(row.site)), session }
    }

    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        match step {
            Step::Apply { site, who, request, key, late, server } => {
                // A command is asked a little before its commit.
                let command = self.command(*site, who, request, *key, now.plus_micros(-late));
                let expected = self.model.apply(command.clone(), now);
                for machine in &self.machines {
                    let answer = machine.store(*server).apply(command.clone()).await;
                    let answer = answer.map(|outcome| outcome.session).map_err(|error| error.to_string());
                    prop_assert_eq!(&answer, &expected, "{:?}: {:?}", machine.engine, command);
                }
            }
            Step::Import { rows, touch } => {
                let rows: Vec<ImportRow> =
                    rows.iter().enumerate().map(|(number, row)| self.row(row, now, number)).collect();
                let expected = self.model.import(rows.clone(), *touch, now);
                for machine in &self.machines {
                    let mut workbench = machine.desk.workbench();
                    let catalog = workbench.catalog().expect("the catalogue");
                    let verdicts = workbench.import(&catalog, rows.clone(), *touch).expect("the import");
                    prop_assert_eq!(&verdicts, &expected, "{:?}", machine.engine);
                }
                self.settle().await;
            }
            Step::Settle => self.settle().await,
            Step::Forget => {
                let expected = self.model.forget(now);
                for machine in &self.machines {
                    let forgotten =
                        machine.store(self.begun).forget_idempotency_keys().await.expect("they are forgotten");
                    prop_assert_eq!(forgotten, expected, "{:?}", machine.engine);
                }
            }
            Step::Restart => {
                self.model.settle(now);
                self.machines.iter_mut().for_each(Machine::open_again);
            }
        }
        Ok(())
    }

    async fn settle(&mut self) {
        let now = self.clock.now();
        self.model.settle(now);
        let real = self.model.next_expiry();
        for machine in &self.machines {
            let next = machine.store(self.begun).settle_due().await.expect("it settles");
            assert!(next > now && next <= real, "{:?}: {next:?} for {real:?}", machine.engine);
        }
    }

    /// Whoever compares reads the present, and that settles what is due.
    async fn look(&mut self, questions: &[Question]) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        self.model.settle(now);
        for machine in &self.machines {
            compare(machine.store(self.begun), &self.model, now, questions).await?;
        }
        self.model.seen = self.model.seen.max(now);
        Ok(())
    }
}

async fn run(script: &[(i64, Step, bool)], questions: &[Question]) -> Result<(), TestCaseError> {
    let mut parade = Parade::new();
    for (pause, step, look) in script {
        parade.clock.advance(*pause);
        parade.step(step).await?;
        if *look {
            parade.look(questions).await?;
        }
    }
    parade.look(questions).await?;
    for machine in &parade.machines {
        prop_assert_eq!(machine.desk.findings(), [""; 0], "{:?}", machine.engine);
    }
    parade.step(&Step::Restart).await?;
    parade.look(questions).await
}

proptest! {
    #![proptest_config(Config { cases: 40, failure_persistence: None, max_shrink_iters: 400, ..Config::default() })]

    #[test]
    fn both_do_what_the_model_does(
        script in prop::collection::vec((pause(), step(), prop::bool::weighted(0.8)), 1..60),
        questions in prop::collection::vec(question(), 1..4),
    ) {
        crate::support::wait(run(&script, &questions))?;
    }
}
