//! The loads of a practice that takes bookings: open times asked for by partners (O1), the step of the booking page that shows
//! times (P1), and bookings (B1).

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;

use bench_support::Fallible;
use bench_support::options::Options;
use bench_support::random::Random;
use serde_json::{Value, json};

use crate::client::Client;
use crate::drive::{self, Measured, Plan, Source};

const API: &str = "/services/core/open_api/v1";
/// Where O1 and P1 look for times.
const CLINIC: &str = "clinic";
/// Where B1 books.
const AROUND_THE_CLOCK: &str = "around-the-clock";
/// Of each day of each provider at the clinic, so many times are booked.
const APPOINTMENTS_A_DAY: usize = 20;
/// A moment that has passed: times are searched from now on.
const SINCE: &str = "1970-01-01T00:00:00Z";

/// The connections that such a load has, unless another number is asked for.
pub fn connections(load: &str) -> Option<u64> {
    match load {
        "O1" => Some(64),
        "P1" => Some(16),
        "B1" => Some(32),
        _ => None,
    }
}

/// Puts one of these loads on the server.
///
/// # Errors
/// The server cannot be reached or refuses.
pub async fn run(load: &str, plan: &Plan, options: &Options, seed: u64) -> Fallible<Measured> {
    match load {
        "O1" => {
            let token: String = options.required("token")?;
            let body = search("wellness");
            let source = |_| Same(post("/open_times", CLINIC, &token, &body));
            drive::run(plan, (0..plan.connections).map(source).collect()).await
        }
        "P1" => {
            let mut sources = Vec::new();
            for _ in 0..plan.connections {
                sources.push(Same(time_step(plan.address).await?));
            }
            drive::run(plan, sources).await
        }
        _ => {
            let token: String = options.required("token")?;
            let slots = open_slots(plan.address, &token, AROUND_THE_CLOCK, "technician").await?;
            let sources = (0..plan.connections).map(|number| {
                let own = slots.iter().skip(number as usize).step_by(plan.connections as usize);
                Bookings { token: token.clone(), slots: own.cloned().collect(), clients: Random::new(seed + number) }
            });
            drive::run(plan, sources.collect()).await
        }
    }
}

/// Fills the clinic's next thirty days, over the API.
///
/// # Errors
/// The server cannot be reached or refuses.
pub async fn prepare(options: &Options) -> Fallible<()> {
    let (address, token): (SocketAddr, String) = (options.required("address")?, options.required("token")?);
    let mut client = Client::connect(address).await?;
    let mut booked: HashMap<(String, String), usize> = HashMap::new();
    let mut random = Random::new(1);
    for (date, time) in times(&mut client, &token, CLINIC, "wellness").await? {
        let provider = time["provider_id"].as_str().unwrap_or_default().to_owned();
        let day = booked.entry((date, provider)).or_default();
        // Leaves some times open in the middle of the day too: of twenty-four, twenty are booked.
        if *day >= APPOINTMENTS_A_DAY || random.percent(8) {
            continue;
        }
        *day += 1;
        let body = booking(time["uuid"].as_str().unwrap_or_default(), random.below(5_000));
        let answer = client.ask(&post("/appointments", CLINIC, &token, &body)).await?;
        if answer.status != 200 {
            return Err(format!("not booked: {}", String::from_utf8_lossy(answer.body)).into());
        }
    }
    println!("{} appointments at the clinic", booked.values().sum::<usize>());
    Ok(())
}

/// The same request again and again.
struct Same(Vec<u8>);

impl Source for Same {
    fn next(&mut self, request: &mut Vec<u8>) {
        request.clear();
        request.extend_from_slice(&self.0);
    }
}

/// Each request books another time.
struct Bookings {
    token: String,
    slots: Vec<String>,
    clients: Random,
}

impl Source for Bookings {
    fn next(&mut self, request: &mut Vec<u8>) {
        let slot = self.slots.pop().unwrap_or_default();
        *request = post("/appointments", AROUND_THE_CLOCK, &self.token, &booking(&slot, self.clients.below(5_000)));
    }
}

/// What books a time for one of many clients.
fn booking(slot: &str, client: u64) -> String {
    json!({
        "slot_id": slot, "first_name": "Ana", "last_name": format!("Ruiz {client}"),
        "email": format!("ana.{client}@example.com"), "patient_name": "Luna",
    })
    .to_string()
}

fn search(category: &str) -> String {
    json!({ "search_from_date": SINCE, "appointment_type": category }).to_string()
}

fn post(path: &str, location: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {API}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nX-Client-Id: {location}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Every open time of thirty days, with its date.
async fn times(client: &mut Client, token: &str, location: &str, category: &str) -> Fallible<Vec<(String, Value)>> {
    let answer = client.ask(&post("/open_times", location, token, &search(category))).await?;
    let found: Value = serde_json::from_slice(answer.body)?;
    let dates = found["data"].as_array().ok_or_else(|| format!("no dates: {}", answer.status))?;
    let times = dates.iter().flat_map(|date| {
        let day = date["date"].as_str().unwrap_or_default().to_owned();
        date["times"].as_array().into_iter().flatten().map(move |time| (day.clone(), time.clone()))
    });
    Ok(times.collect())
}

async fn open_slots(address: SocketAddr, token: &str, location: &str, category: &str) -> Fallible<Vec<String>> {
    let mut client = Client::connect(address).await?;
    let times = times(&mut client, token, location, category).await?;
    Ok(times.iter().filter_map(|(_, time)| Some(time["uuid"].as_str()?.to_owned())).collect())
}

/// A visitor goes as far as the times; what asks for that page again.
async fn time_step(address: SocketAddr) -> Fallible<Vec<u8>> {
    let mut client = Client::connect(address).await?;
    let mut get = Vec::new();
    write!(get, "GET /book/{CLINIC} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let answer = client.ask(&get).await?;
    let visit = answer.header("location").ok_or("the booking page does not begin")?.to_owned();
    let body = "client_type=new";
    let told = format!(
        "POST {visit}/client HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = client.ask(told.as_bytes()).await?;
    if answer.status != 303 {
        return Err(format!("the first question was answered {}", answer.status).into());
    }
    Ok(format!("GET {visit}/time?type=checkup HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes())
}
