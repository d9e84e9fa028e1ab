//! A visit made up: what brought the visitor, how far they come and when, and whether they book.

use std::ops::Range;

use fastrand::Rng;
use frontdesk_domain::session::{Arrival, ClientType, Referral, Stage, Start};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{AppointmentId, SessionId, Timestamp};

use super::practice::{Channel, Practice};

/// What a visitor does next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reaches a stage.
    Reach(Stage),
    /// Says whether they have been here before, and reaches the stage after that.
    Identify(ClientType),
    /// Books.
    Book(AppointmentId),
    /// The practice's own system takes the appointment over.
    TakeOver(AppointmentId),
}

/// A visit from its first moment to its last.
#[derive(Debug)]
pub struct Visit {
    /// The session's id.
    pub session: SessionId,
    /// When the page was opened.
    pub began: Timestamp,
    /// What brought the visitor.
    pub start: Start,
    /// What follows, each step so many microseconds after the one before.
    pub steps: Vec<(i64, Step)>,
}

impl Visit {
    /// Makes up a visit to `practice` that begins at `began`; a step takes `pace` seconds.
    pub fn make_up(practice: &Practice, began: Timestamp, pace: Range<i64>, random: &mut Rng) -> Self {
        let channel = practice.channel(random);
        let pause = |random: &mut Rng| random.i64(pace.start * SECOND..pace.end * SECOND);
        let mut steps = Vec::new();
        let client_type =
            if random.u32(0..100) < channel.new_clients { ClientType::New } else { ClientType::Returning };
        let stages = [
            Step::Reach(Stage::ClientIdentification),
            Step::Identify(client_type),
            Step::Reach(Stage::Scheduling),
            Step::Reach(Stage::Checkout),
        ];
        let mut left = false;
        for step in stages {
            left = random.u32(0..100) >= going_on(channel, &step);
            if left {
                break;
            }
            steps.push((pause(random), step));
        }
        if !left && random.u32(0..100) < 93 {
            let booked_at = began.plus_micros(steps.iter().map(|(pause, _)| pause).sum());
            steps.push((pause(random), Step::Book(id(booked_at, random))));
            if random.u32(0..100) < 85 {
                let remote = format!("A-{}", random.u32(100_000..1_000_000));
                let remote = AppointmentId::parse(&remote).expect("cannot fail: eight plain characters");
                steps.push((2 * pause(random), Step::TakeOver(remote)));
            }
        }
        Self { session: SessionId::generate(began, random_bytes(random)), began, start: start(channel), steps }
    }
}

/// Choosing a time is where most who leave do.
fn going_on(channel: &Channel, step: &Step) -> u32 {
    match step {
        Step::Reach(Stage::Checkout) => channel.goes_on.saturating_sub(12),
        _ => channel.goes_on,
    }
}

fn start(channel: &Channel) -> Start {
    let own = |text: Option<&'static str>| text.map(Box::from);
    let referral =
        Referral { source: own(channel.source), campaign: own(channel.campaign), medium: own(channel.medium) };
    Start { referral, arrival: Arrival::default() }
}

/// An appointment's id, of the same form as ours.
fn id(at: Timestamp, random: &mut Rng) -> AppointmentId {
    let uuid = SessionId::generate(at, random_bytes(random));
    AppointmentId::parse(uuid.as_str()).expect("cannot fail: a UUID is an id")
}

fn random_bytes(random: &mut Rng) -> [u8; 10] {
    std::array::from_fn(|_| random.u8(..))
}
