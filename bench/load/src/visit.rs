//! The writing load: visitors who start sessions, and then report on them without pause.

use std::io::Write as _;

use bench_support::random::Random;
use bench_support::{Fallible, LOCATIONS, location_id};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::drive::{Plan, Source};

/// The stages that a page reports; the first comes with the start, the last with the appointment.
const STAGES: [&str; 4] = ["client_identification", "appointment_type_selection", "scheduling", "checkout"];

/// A live session, and the secret that lets its page report on it.
#[derive(Debug)]
struct LiveSession {
    id: String,
    secret: String,
}

/// The live sessions of one connection.
#[derive(Debug)]
pub struct Visitors {
    sessions: Vec<LiveSession>,
    random: Random,
}

/// Starts `sessions_each` sessions for each connection of the plan, at random locations.
///
/// # Errors
/// The server cannot be reached or refuses.
pub async fn arrive(plan: &Plan, sessions_each: usize, seed: u64) -> Fallible<Vec<Visitors>> {
    let mut tasks = JoinSet::new();
    for number in 1..=plan.connections {
        let address = plan.address;
        tasks.spawn(async move {
            let mut client = Client::connect(address).await?;
            let mut random = Random::new(seed + number);
            let mut sessions = Vec::with_capacity(sessions_each);
            for _ in 0..sessions_each {
                sessions.push(start(&mut client, &mut random).await?);
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Visitors { sessions, random })
        });
    }
    tasks.join_all().await.into_iter().collect()
}

async fn start(client: &mut Client, random: &mut Random) -> Fallible<LiveSession> {
    let location = location_id(1 + random.below(LOCATIONS));
    let body =
        json!({ "location_id": location, "referral_source": "google", "referral_medium": "organic" }).to_string();
    let request = format!(
        "POST /booking/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = client.ask(request.as_bytes()).await?;
    if answer.status != 201 {
        let body = String::from_utf8_lossy(answer.body);
        return Err(format!("a session could not be started: {} {body}", answer.status).into());
    }
    let started: Value = serde_json::from_slice(answer.body)?;
    let text = |name: &str| started[name].as_str().map(str::to_owned).ok_or_else(|| format!("{name} is missing"));
    Ok(LiveSession { id: text("id")?, secret: text("secret")? })
}

impl Source for Visitors {
    /// Half of the reports name a stage, half are heartbeats; each is a change that has to be on the disk.
    fn next(&mut self, request: &mut Vec<u8>) {
        let session = &self.sessions[self.random.below(self.sessions.len() as u64) as usize];
        request.clear();
        let stage = self.random.percent(50).then(|| STAGES[self.random.below(STAGES.len() as u64) as usize]);
        let body = stage.map_or_else(|| "{}".to_owned(), |stage| format!(r#"{{"stage":"{stage}"}}"#));
        write!(
            request,
            "PATCH /booking/v1/sessions/{} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            session.id,
            session.secret,
            body.len(),
        )
        .expect("cannot fail: writing to memory");
    }
}
