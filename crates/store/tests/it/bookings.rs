//! Holds and appointments on both engines against the model and so against each other: random commands on sessions and
//! appointments in a location that takes bookings, with time moving.

use std::sync::Arc;

use frontdesk_domain::appointment::{
    Actor, Booking, ClientChoice, Command, Decision, Known, NewClient, NewPatient, PatientChoice, Request, Status,
};
use frontdesk_domain::clock::ManualClock;
use frontdesk_domain::scheduling::{Agenda, Interval, Slot};
use frontdesk_domain::session::{Action, ClientType, Idempotency, Stage};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{ClientId, Clock, MailId, PatientId, Timestamp};
use frontdesk_store::{AppointmentsQuery, ClientsQuery, Location, MailOutcome, Reader, SetupVerdict, Store};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::diary::Diary;
use crate::model::{Model, Site};
use crate::practice::{setup, slot};
use crate::support::{BEGINNING, Desk, Engine, MINUTE, appointment, command, location, session, settings, start};

const SITES: [(&str, i64); 2] = [("austin", 30 * MINUTE), ("boston", 30 * MINUTE)];

type Index = prop::sample::Index;

#[derive(Clone, Debug)]
enum Step {
    Begin,
    Act { who: Index, action: Action },
    Book { site: usize, asked: Asked, key: Option<(u8, u8)>, late: i64 },
    Settle,
    Restart,
    Mail { failed: bool },
}

/// What is asked, in terms of what there is.
#[derive(Clone, Debug)]
enum Asked {
    Hold {
        who: Index,
        slot: Slot,
    },
    Release {
        who: Index,
    },
    Book {
        who: Option<Index>,
        again: bool,
        slot: Slot,
        client: Who,
        patient: Who,
        status: Option<Status>,
    },
    /// What is held, as visitors do.
    BookHeld {
        who: Index,
        client: Who,
        patient: Who,
    },
    Decide {
        which: Index,
        decision: Decision,
        actor: Actor,
    },
    Reschedule {
        which: Index,
        slot: Slot,
        actor: Actor,
    },
    Attach {
        which: Index,
        remote: u8,
    },
}

/// A client or a patient.
#[derive(Clone, Debug)]
enum Who {
    /// With one of some names, addresses and numbers.
    Described {
        name: usize,
        email: Option<usize>,
        phone: Option<usize>,
    },
    Known(Index),
    Nobody,
}

fn which_slot() -> impl Strategy<Value = Slot> {
    let provider = prop_oneof![10 => Just("ana"), 10 => Just("ben"), 1 => Just("eve")];
    let appointment_type = prop::sample::select(vec!["visit", "visit", "surgery", "first"]);
    let minute = prop_oneof![20 => (0..4_i64).prop_map(|half| half * 30), 1 => 0..60_i64];
    let day = prop_oneof![8 => Just(1_i64), 2 => Just(2_i64), 1 => 0..20_i64];
    (provider, appointment_type, day, minute)
        .prop_map(|(provider, kind, day, minute)| slot(provider, kind, day, 9 + minute / 60, minute % 60))
}

fn who() -> impl Strategy<Value = Who> {
    let described = (0..3_usize, prop::option::of(0..3_usize), prop::option::of(0..2_usize));
    prop_oneof![
        8 => described.prop_map(|(name, email, phone)| Who::Described { name, email, phone }),
        3 => any::<Index>().prop_map(Who::Known),
        1 => Just(Who::Nobody),
    ]
}

fn actor() -> impl Strategy<Value = Actor> {
    prop::sample::select(vec![Actor::Client, Actor::Practice])
}

fn asked() -> impl Strategy<Value = Asked> {
    use Decision::{Accept, Begin, Cancel, Confirm, Decline, Finish};
    let index = any::<Index>;
    let decision = prop::sample::select(vec![Accept, Accept, Cancel, Cancel, Confirm, Begin, Finish, Decline]);
    let status = prop::sample::select(vec![Status::Requested, Status::Accepted, Status::Confirmed]);
    let book = (
        (prop::option::weighted(0.6, index()), prop::bool::weighted(0.1), which_slot()),
        (who(), who(), prop::option::weighted(0.3, status)),
    );
    prop_oneof![
        7 => (index(), which_slot()).prop_map(|(who, slot)| Asked::Hold { who, slot }),
        2 => index().prop_map(|who| Asked::Release { who }),
        5 => book.prop_map(|((who, again, slot), (client, patient, status))| Asked::Book {
            who, again, slot, client, patient, status
        }),
        4 => (index(), who(), who()).prop_map(|(who, client, patient)| Asked::BookHeld { who, client, patient }),
        4 => (index(), decision, actor())
            .prop_map(|(which, decision, actor)| Asked::Decide { which, decision, actor }),
        3 => (index(), which_slot(), actor()).prop_map(|(which, slot, actor)| Asked::Reschedule { which, slot, actor }),
        2 => (index(), 0..2_u8).prop_map(|(which, remote)| Asked::Attach { which, remote }),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let stage = prop::option::of(prop::sample::select(Stage::ALL));
    let client_type = prop::option::of(prop::sample::select(ClientType::ALL));
    let id = || prop::sample::select(vec!["a1", "a2", "a3", "r0", "r1"]).prop_map(appointment);
    prop_oneof![
        4 => (stage, client_type).prop_map(|(stage, client_type)| Action::Advance { stage, client_type }),
        1 => (id(), prop::option::of(id())).prop_map(|(appointment_id, remote_appointment_id)| {
            Action::Complete { appointment_id, remote_appointment_id }
        }),
        2 => id().prop_map(|remote_appointment_id| Action::AttachRemote { remote_appointment_id }),
        1 => Just(Action::Settle),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let site = prop_oneof![40 => Just(0_usize), 1 => Just(1), 1 => Just(2)];
    let key = prop::option::weighted(0.15, (0..3_u8, 0..2_u8));
    let late = prop_oneof![3 => Just(0), 1 => 0..SECOND];
    prop_oneof![
        5 => Just(Step::Begin),
        5 => (any::<Index>(), action()).prop_map(|(who, action)| Step::Act { who, action }),
        20 => (site, asked(), key, late).prop_map(|(site, asked, key, late)| Step::Book { site, asked, key, late }),
        2 => Just(Step::Settle),
        1 => Just(Step::Restart),
        2 => any::<bool>().prop_map(|failed| Step::Mail { failed }),
    ]
}

/// How far time moves before a step: not at all, a little, past a hold, past a session, into the next day.
fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => Just(0),
        12 => 0..10 * SECOND,
        4 => 0..8 * MINUTE,
        2 => Just(10 * MINUTE),
        1 => 25 * MINUTE..40 * MINUTE,
        1 => 0..10 * 60 * MINUTE,
    ]
}

struct Machine {
    engine: Engine,
    desk: Desk,
    store: Option<Store>,
}

impl Machine {
    fn new(engine: Engine, clock: &Arc<ManualClock>, auto_accept: bool) -> Self {
        let desk = Desk::empty_on(engine).by(clock);
        let mut workbench = desk.workbench();
        for (id, time_to_live) in SITES {
            workbench.add_location(&location(id), &settings(time_to_live)).expect("a new location");
        }
        let mut setup = setup();
        setup.rules.auto_accept = auto_accept;
        let applied = workbench.apply_setup(&location("austin"), &settings(SITES[0].1), &setup, false);
        assert_eq!(applied.expect("it is applied"), SetupVerdict::Applied);
        let store = Some(desk.open());
        Self { engine, desk, store }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect("it is open but while it is opened again")
    }
}

/// The engines and the model side by side.
struct Parade {
    machines: Vec<Machine>,
    clock: Arc<ManualClock>,
    model: Model,
    made: usize,
}

impl Parade {
    fn new(auto_accept: bool) -> Self {
        let clock = Arc::new(ManualClock::new(BEGINNING));
        let machines = [Engine::Sqlite, Engine::Postgres];
        let machines = machines.map(|engine| Machine::new(engine, &clock, auto_accept)).into();
        let mut model = Model::new(&SITES);
        let mut setup = setup();
        setup.rules.auto_accept = auto_accept;
        model.sites[0].diary = Some(Diary::new(setup, "America/Chicago"));
        Self { machines, clock, model, made: 0 }
    }

    fn site(&self) -> &Site {
        &self.model.sites[0]
    }

    fn diary(&self) -> &Diary {
        self.site().diary.as_ref().expect("it is set up")
    }

    /// One of the sessions that changed last, or one that there is not.
    fn visitor(&self, who: Index) -> String {
        let feed = self.site().feed();
        let among = feed.len().min(4);
        // One in 24 is nobody.
        let index = who.index(24);
        if among == 0 || index == 23 {
            "nobody".to_owned()
        } else {
            feed[feed.len() - 1 - index % among].id.to_string()
        }
    }

    fn which(&self, which: Index) -> String {
        let ids: Vec<&String> = self.diary().appointments.keys().collect();
        let index = which.index(240);
        if ids.is_empty() || index > 230 { "none".to_owned() } else { ids[index % ids.len()].clone() }
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}{}", self.made)
    }

    fn client(&mut self, who: &Who) -> ClientChoice {
        match who {
            Who::Described { name, email, phone } => ClientChoice::Described(NewClient {
                id: ClientId::parse(&self.fresh("c")).expect("an id"),
                first_name: ["Ana", "Ben", "\u{c9}va"][*name].into(),
                last_name: "Ruiz".into(),
                email: email.map(|email| ["ana@example.com", "Ana@Example.com", "nobody"][email].into()),
                phone: phone.map(|phone| ["512 555 0100", "+1 512 555 0100"][phone].into()),
            }),
            Who::Known(index) if !self.diary().clients.is_empty() => {
                let clients = &self.diary().clients;
                ClientChoice::Known(Known::Id(clients[index.index(clients.len())].id.clone()))
            }
            Who::Known(_) => ClientChoice::Known(Known::Remote("nobody".into())),
            Who::Nobody => ClientChoice::Known(Known::Id(ClientId::parse("nobody").expect("an id"))),
        }
    }

    fn patient(&mut self, who: &Who) -> PatientChoice {
        match who {
            Who::Described { name, .. } => PatientChoice::Described(NewPatient {
                id: PatientId::parse(&self.fresh("p")).expect("an id"),
                name: ["Mia", "MIA", "Leo"][*name].into(),
                species: None,
                breed: None,
            }),
            Who::Known(index) if !self.diary().patients.is_empty() => {
                let patients = &self.diary().patients;
                PatientChoice::Known(Known::Id(patients[index.index(patients.len())].id.clone()))
            }
            Who::Known(_) => PatientChoice::Known(Known::Remote("nobody".into())),
            Who::Nobody => PatientChoice::Known(Known::Id(PatientId::parse("nobody").expect("an id"))),
        }
    }

    fn book(&mut self, who: Option<String>, again: Option<String>, slot: &Slot, people: [&Who; 2]) -> Booking {
        let id = again.unwrap_or_else(|| self.fresh("a"));
        Booking {
            id: appointment(&id),
            session: who.map(|who| session(&who)),
            slot: slot.clone(),
            client: self.client(people[0]),
            patient: self.patient(people[1]),
            client_type: None,
            note: None,
            status: None,
            language: "en".into(),
        }
    }

    fn request(&mut self, asked: &Asked) -> Request {
        match asked {
            Asked::Hold { who, slot } => Request::Hold { session: session(&self.visitor(*who)), slot: slot.clone() },
            Asked::Release { who } => Request::Release { session: session(&self.visitor(*who)) },
            Asked::Book { who, again, slot, client, patient, status } => {
                let who = who.map(|who| self.visitor(who));
                // The appointment that the session has made already, if it has.
                let made = who.as_ref().filter(|_| *again).and_then(|who| self.site().sessions.get(who));
                let made = made.and_then(|kept| kept.session.view().appointment_id.map(str::to_owned));
                let booking = self.book(who, made, slot, [client, patient]);
                Request::Book(Box::new(Booking { status: *status, ..booking }))
            }
            Asked::BookHeld { who, client, patient } => {
                let held: Vec<(String, Slot)> =
                    self.diary().holds.iter().map(|(session, hold)| (session.clone(), hold.slot.clone())).collect();
                let (who, slot) = match held.is_empty() {
                    true => (self.visitor(*who), slot("ana", "visit", 1, 10, 0)),
                    false => held[who.index(held.len())].clone(),
                };
                Request::Book(Box::new(self.book(Some(who), None, &slot, [client, patient])))
            }
            Asked::Decide { which, decision, actor } => {
                Request::Decide { appointment: appointment(&self.which(*which)), decision: *decision, actor: *actor }
            }
            Asked::Reschedule { which, slot, actor } => {
                let id = appointment(&self.which(*which));
                Request::Reschedule { appointment: id, slot: slot.clone(), actor: *actor }
            }
            Asked::Attach { which, remote } => Request::AttachRemote {
                appointment: appointment(&self.which(*which)),
                remote_id: appointment(&format!("r{remote}")),
            },
        }
    }

    async fn apply(&mut self, command: frontdesk_domain::session::Command) -> Result<(), TestCaseError> {
        let expected = self.model.apply(command.clone(), self.clock.now());
        for machine in &self.machines {
            let answer = machine.store().apply(command.clone()).await;
            let answer = answer.map(|outcome| outcome.session).map_err(|error| error.to_string());
            prop_assert_eq!(&answer, &expected, "{:?}: {:?}", machine.engine, command);
        }
        Ok(())
    }

    async fn ask(&mut self, command: Command) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        let site = self.model.site(command.location.as_str());
        let expected = site.map_or(Err("no such location".to_owned()), |site| site.book(command.clone(), now));
        for machine in &self.machines {
            let answer = machine.store().book(command.clone()).await.map_err(|error| error.to_string());
            prop_assert_eq!(&answer, &expected, "{:?}: {:?}", machine.engine, command);
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        match step {
            Step::Begin => {
                let id = self.fresh("s");
                self.apply(command("austin", &id, now, start())).await?;
            }
            Step::Act { who, action } => {
                let request = frontdesk_domain::session::Request::Act(action.clone());
                self.apply(command("austin", &self.visitor(*who), now, request)).await?;
            }
            Step::Book { site, asked, key, late } => {
                let request = self.request(asked);
                let mail = MailId::parse(&self.fresh("m")).expect("an id");
                let idempotency =
                    key.map(|(key, print)| Idempotency { key: format!("key {key}").into(), fingerprint: [print; 32] });
                let location = location(["austin", "boston", "nowhere"][*site]);
                self.ask(Command { location, now: now.plus_micros(-late), idempotency, mail, request }).await?;
            }
            Step::Settle => {
                self.model.settle(now);
                for machine in &self.machines {
                    machine.store().settle_due().await.expect("it settles");
                }
            }
            Step::Restart => {
                self.model.settle(now);
                for machine in &mut self.machines {
                    machine.store = None;
                    machine.store = Some(machine.desk.open());
                }
            }
            Step::Mail { failed } => self.send(*failed).await?,
        }
        Ok(())
    }

    /// Every mail that was written down since the last time is taken once, and sent, or not.
    async fn send(&mut self, failed: bool) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        let mut expected = std::mem::take(&mut self.model.sites[0].diary.as_mut().expect("it is set up").mails);
        expected.sort_by_key(|mail| mail.0.clone());
        for machine in &self.machines {
            let mails = machine.store().take_mail(1000, MINUTE).await.expect("mail is taken");
            let mut taken = Vec::new();
            for mail in &mails {
                taken.push((
                    mail.id.to_string(),
                    mail.notice,
                    mail.appointment.appointment.id.to_string(),
                    mail.sequence,
                ));
            }
            taken.sort_by_key(|mail| mail.0.clone());
            prop_assert_eq!(&taken, &expected, "{:?}", machine.engine);
            // In one order, because each failure takes a tick.
            for (id, ..) in &expected {
                let mail = mails.iter().find(|mail| mail.id.as_str() == id).expect("it is taken");
                let outcome = if failed { MailOutcome::Failed("no".to_owned()) } else { MailOutcome::Sent };
                machine.store().mail_attempted(mail, outcome).await.expect("it is kept");
            }
        }
        if failed {
            for (_, notice, id, _) in expected {
                self.model.sites[0].mail_failed(&id, notice, now);
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        self.model.settle(now);
        for machine in &self.machines {
            let mut reader = machine.store().reader().expect("a reader");
            compare(&mut reader, self.site(), now, machine.engine).await?;
        }
        self.model.seen = self.model.seen.max(now);
        Ok(())
    }
}

/// Everything that can be read of a site, held against the model.
async fn compare(reader: &mut Reader<'_>, site: &Site, now: Timestamp, engine: Engine) -> Result<(), TestCaseError> {
    let location = Arc::clone(reader.catalog().location(site.id).expect("the location"));
    // Asked for first, so that it is settled what is due.
    let query = AppointmentsQuery { start: Timestamp::MIN, end: None, page: 0, per_page: 1000 };
    let page = reader.appointments(&location, &query).await.expect("a page");
    let diary = site.diary.as_ref().expect("it is set up");
    let mut real: Vec<_> = diary.appointments.values().map(|one| diary.full(one)).collect();
    real.sort_by_key(|full| (full.appointment.updated_at, full.appointment.id.clone()));
    prop_assert_eq!((page.total_count, &page.content), (real.len() as u64, &real), "{:?}", engine);
    for (id, kept) in &site.sessions {
        let found = reader.session(&location, id).await.expect("the session is read");
        prop_assert_eq!(found.as_ref(), Some(&kept.session), "{:?}", engine);
        let timeline = reader.timeline(&location, id).await.expect("the timeline is read");
        prop_assert_eq!(&timeline, &kept.timeline, "{:?}", engine);
        let hold = reader.hold(&location, &session(id)).await.expect("the hold is read");
        prop_assert_eq!(hold.as_ref(), diary.holds.get(id), "{:?}", engine);
    }
    people(reader, &location, diary).await?;
    let everything =
        Interval { start: now.plus_micros(-100 * 24 * 60 * MINUTE), end: now.plus_micros(100 * 24 * 60 * MINUTE) };
    let agenda = reader.agenda(&location, everything).await.expect("the agenda");
    prop_assert_eq!(sorted(&agenda), sorted(&Agenda::new(diary.busy())), "{:?}", engine);
    Ok(())
}

async fn people(reader: &mut Reader<'_>, location: &Location, diary: &Diary) -> Result<(), TestCaseError> {
    let clients = reader.clients(location, &ClientsQuery::default()).await.expect("clients");
    let mut real = diary.clients.clone();
    real.sort_by_key(|client| (client.last_name.clone(), client.first_name.clone(), client.id.clone()));
    prop_assert_eq!(clients.iter().map(|(client, _)| client.clone()).collect::<Vec<_>>(), real);
    for (client, patients) in clients {
        let mut theirs: Vec<_> = diary.patients.iter().filter(|patient| patient.client == client.id).cloned().collect();
        theirs.sort_by_key(|patient| (patient.created_at, patient.id.clone()));
        prop_assert_eq!(patients, theirs);
    }
    Ok(())
}

fn sorted(agenda: &Agenda) -> Vec<String> {
    let mut busy: Vec<String> = agenda.busy().iter().map(|busy| format!("{busy:?}")).collect();
    busy.sort();
    busy
}

async fn run(script: &[(i64, Step, bool)], auto_accept: bool) -> Result<(), TestCaseError> {
    let mut parade = Parade::new(auto_accept);
    for _ in 0..3 {
        parade.step(&Step::Begin).await?;
    }
    for (pause, step, look) in script {
        parade.clock.advance(*pause);
        parade.step(step).await?;
        if *look {
            parade.look().await?;
        }
    }
    parade.look().await?;
    for machine in &parade.machines {
        prop_assert_eq!(machine.desk.findings(), [""; 0], "{:?}", machine.engine);
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 40, failure_persistence: None, max_shrink_iters: 400, ..Config::default() })]

    #[test]
    fn both_book_as_the_model_does(
        script in prop::collection::vec((pause(), step(), prop::bool::weighted(0.7)), 1..60),
        auto_accept in any::<bool>(),
    ) {
        crate::support::wait(run(&script, auto_accept))?;
    }
}
