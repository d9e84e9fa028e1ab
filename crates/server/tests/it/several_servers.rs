//! Two servers on one PostgreSQL are one: what one of them answers holds at the other, whichever request goes where.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Connection, now, since};
use crate::poller::{Partner, Rule, Window};
use crate::polling::polls_miss_nothing;
use crate::support::{Desk, LIST, SESSIONS, Server, until};
use crate::traffic::open_for_visitors;

const LOCATION: &str = "paws-austin";

/// A database with the location and two servers.
fn two(time_to_live: &str) -> (Desk, [Server; 2], String, Partner) {
    let desk = Desk::in_postgres();
    let booking = open_for_visitors(&desk, &[(LOCATION, time_to_live)]);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let servers = [(); 2].map(|()| desk.serve_with(&["--rate-limit", "off"]));
    (desk, servers, booking, Partner { token, location: LOCATION })
}

fn round_robin(servers: &[Server; 2]) -> Connection {
    Connection::to_each(servers.iter().map(|server| &*server.address)).expect("the servers accept")
}

/// Starts a session; its id.
fn begin(connection: &mut Connection, key: &str) -> String {
    let body = json!({ "location_id": LOCATION, "utm_source": key }).to_string();
    let answer = connection.ask("POST", SESSIONS, &[("Idempotency-Key", key)], Some(&body)).expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// Confirms an appointment, so that the session leaves its place in the feed.
fn complete(connection: &mut Connection, booking: &str, id: &str) {
    let authorization = format!("Bearer {booking}");
    let body = json!({ "appointment_id": format!("of {id}") }).to_string();
    let target = format!("{SESSIONS}/{id}/complete");
    let answer = connection.ask("POST", &target, &[("Authorization", &authorization)], Some(&body)).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn polls_miss_nothing_though_every_request_asks_another_server() {
    polls_miss_nothing(Desk::in_postgres(), 2);
}

/// The smallest case: without a memory that both share, the second page begins three sessions late.
#[test]
fn a_plain_walk_goes_on_at_the_other_server() {
    let (_desk, servers, booking, partner) = two("30m");
    let mut connection = round_robin(&servers);
    let ids: Vec<_> = (0..10).map(|number| begin(&mut connection, &format!("visit-{number}"))).collect();
    for end in [Some(now().plus_micros(1)), None] {
        let window = Window { start: ids_start(), end };
        let target = |page: u64| format!("{}&page={page}", window.target(4));
        let mut asker = round_robin(&servers);
        let first = partner.page(&mut asker, &target(0)).expect("page 0");
        let read: Vec<_> = first.rows.iter().map(|row| row.id.clone()).collect();
        let there = first.total;
        read.iter().take(3).for_each(|id| complete(&mut connection, &booking, id));
        let second = partner.page(&mut asker, &target(1)).expect("page 1");
        let third = partner.page(&mut asker, &target(2)).expect("page 2");
        assert!(second.total >= there && third.total >= there, "no later page says less");
        let again = partner.page(&mut asker, &target(2)).expect("page 2 again");
        assert_eq!(third.rows, again.rows, "a page that is asked for again is the same");
        let seen: Vec<_> = read.iter().chain(second.rows.iter().chain(&third.rows).map(|row| &row.id)).collect();
        assert!(second.rows.len() <= 4, "a walk alone keeps to its page size");
        assert!(ids.iter().all(|id| seen.contains(&id)), "{ids:?} of which {seen:?}");
    }
}

fn ids_start() -> frontdesk_domain::Timestamp {
    now().plus_micros(-60_000_000)
}

/// In a window that ended long ago no walk is remembered; what leaves it is.
#[test]
fn a_plain_walk_over_an_old_window_misses_nothing_either() {
    let (desk, servers, booking, partner) = two("30m");
    let head = "id,status,stage,client_type,appointment_id,remote_appointment_id,referral_source,referral_campaign,\
                referral_medium,created_at,updated_at,last_activity_at,location_id\n";
    let line = |number: u32| {
        format!(
            "old-{number:02},abandoned,scheduling,,,,,,,2023-11-07T05:00:00Z,2023-11-07T06:00:{number:02}Z,,{LOCATION}\n"
        )
    };
    let sessions: String = (0..40).map(line).collect();
    desk.import("sessions.csv", &format!("{head}{sessions}"));
    let at = |text| frontdesk_domain::Timestamp::parse(text).expect("an instant");
    let window = Window { start: at("2023-11-07T00:00:00Z"), end: Some(at("2023-11-08T00:00:00Z")) };
    let target = |page: u64| format!("{}&page={page}", window.target(10));
    let (mut asker, mut writer) = (round_robin(&servers), round_robin(&servers));
    let mut seen = Vec::new();
    let mut touched = Vec::new();
    for page in 0..4 {
        let answer = partner.page(&mut asker, &target(page)).expect("a page");
        assert!(answer.total >= 40, "page {page} says {}", answer.total);
        assert!(answer.rows.len() <= 10 + touched.len(), "no longer than what has left explains");
        seen.extend(answer.rows.iter().map(|row| row.id.clone()));
        // A late confirmation: the session leaves the window.
        let id = answer.rows[3].id.clone();
        complete(&mut writer, &booking, &id);
        touched.push(id);
    }
    let rest = partner.page(&mut asker, &target(4)).expect("a page");
    seen.extend(rest.rows.iter().map(|row| row.id.clone()));
    let missed: Vec<_> = (0..40).map(|number| format!("old-{number:02}")).filter(|id| !seen.contains(id)).collect();
    assert_eq!(missed, Vec::<String>::new());
    let calm = partner.walk(&mut asker, window, 10, Rule::ShortPage, u64::MAX).expect("a walk");
    assert_eq!(calm.rows.iter().map(|row| &row.id).collect::<std::collections::BTreeSet<_>>().len(), 36);
}

/// The value of a counter of `/metrics`.
fn counted(server: &Server, name: &str) -> u64 {
    let metrics = server.ask("GET", "/metrics", &[], None).body;
    let line = metrics.lines().find(|line| line.starts_with(name) && !line.starts_with('#'));
    let value = line.unwrap_or_else(|| panic!("{name} in {metrics}")).rsplit(' ').next().expect("a value");
    value.parse().expect("a number")
}

#[test]
fn of_two_servers_one_settles_a_session() {
    const SESSIONS_AT_ONCE: usize = 300;
    let (desk, servers, booking, partner) = two("1s");
    let ids: Vec<String> = thread::scope(|scope| {
        let streams: Vec<_> = (0..6)
            .map(|stream| {
                let servers = &servers;
                scope.spawn(move || {
                    let mut connection = round_robin(servers);
                    let keys = (0..SESSIONS_AT_ONCE / 6).map(|number| format!("visit-{stream}-{number}"));
                    keys.map(|key| begin(&mut connection, &key)).collect::<Vec<_>>()
                })
            })
            .collect();
        streams.into_iter().flat_map(|stream| stream.join().expect("a stream")).collect()
    });
    let mut connection = round_robin(&servers);
    until("all have expired", || {
        let active =
            partner.page(&mut connection, &format!("{LIST}?updated_at_start=2023-01-01T00:00:00Z&status=active"));
        (active.expect("a page").total == 0).then_some(())
    });
    let authorization = format!("Bearer {booking}");
    for id in &ids {
        let target = format!("{SESSIONS}/{id}/timeline");
        let timeline = connection.ask("GET", &target, &[("Authorization", &authorization)], None).expect("an answer");
        let timeline = timeline.json();
        let events = timeline["events"].as_array().expect("events");
        let kinds: Vec<&Value> = events.iter().map(|event| &event["kind"]).collect();
        assert_eq!(kinds, ["started", "abandoned"], "{timeline}");
    }
    until("both have counted", || {
        let settled: u64 = servers.iter().map(|server| counted(server, "frontdesk_settle_lag_seconds_count")).sum();
        assert!(settled <= SESSIONS_AT_ONCE as u64, "{settled} settled of {SESSIONS_AT_ONCE}");
        (settled == SESSIONS_AT_ONCE as u64).then_some(())
    });
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn a_revoked_token_is_refused_by_both_within_a_second() {
    let (desk, servers, _, partner) = two("30m");
    let target = format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z");
    for server in &servers {
        assert_eq!(server.get(&target, &partner.token, LOCATION).status, 200);
    }
    desk.done(&["token", "revoke", &partner.token]);
    let ended = now();
    let refused = |server: &Server| server.get(&target, &partner.token, LOCATION).status == 401;
    while !servers.iter().all(refused) {
        assert!(since(ended) < Duration::from_secs(1), "still let in");
    }
}
