//! `kill -9` of a server under load, again and again: what was acknowledged is there, and partners who poll all the while
//! have everything. `SOAK_ROUNDS` says how often, `SOAK_REQUESTS` after how many requests at most; `./script/soak crash` asks
//! for many.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use frontdesk_domain::Timestamp;
use frontdesk_domain::time::SECOND;
use serde_json::Value;

use crate::client::{Connection, now};
use crate::poller::{Mirror, Partner, Rule, Window, exported};
use crate::support::{Desk, Server, until};
use crate::traffic::{Diary, open_for_visitors, soak};

/// Its sessions stay active.
const PATIENT: &str = "paws-austin";
/// Its sessions expire while the server is down.
const HASTY: &str = "paws-dallas";
const TIME_TO_LIVE: i64 = SECOND;
const STREAMS: u64 = 4;

/// Where the server is; it moves to another port with every start.
#[derive(Default)]
struct Whereabouts {
    address: Mutex<String>,
    is_over: AtomicBool,
}

impl Whereabouts {
    fn connect(&self) -> io::Result<Connection> {
        let address = self.address.lock().expect("nobody panicked").clone();
        Connection::open(&address)
    }

    fn start(&self, desk: &Desk) -> Server {
        let started = desk.serve_with(&["--rate-limit", "off"]);
        self.address.lock().expect("nobody panicked").clone_from(&started.address);
        started
    }
}

/// Ends the mirrors, also when the test fails.
struct EndsMirrors<'a>(&'a Whereabouts);

impl Drop for EndsMirrors<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }
}

/// Mirrors a location by windows `[a, b]`, `[b, c]`, … until all is over, whatever becomes of the server. By cursor it goes
/// on where the connection broke; by page number it walks that window once more, because a server that has started anew
/// cannot know where the walk stood.
fn mirror(server: &Whereabouts, partner: &Partner, rule: Rule) -> BTreeMap<String, Value> {
    let (mut mirror, mut start, mut resumed) = (Mirror::default(), Timestamp::from_micros(0), 0);
    loop {
        let last = server.is_over.load(Ordering::SeqCst);
        let window = Window { start, end: Some(now()) };
        let mut next = Some(window.target(7));
        while let Some(target) = next.clone() {
            let asked = server.connect().and_then(|mut connection| match rule {
                Rule::Link => partner.page(&mut connection, &target).map(|page| (page.rows, page.next)),
                rule => partner.walk(&mut connection, window, 7, rule, u64::MAX).map(|walk| (walk.rows, None)),
            });
            match asked {
                Ok((rows, following)) => {
                    mirror.take(rows);
                    next = following;
                }
                Err(error) => {
                    assert!(!server.is_over.load(Ordering::SeqCst), "the server is up to the end: {error}");
                    resumed += 1;
                    thread::sleep(Duration::from_millis(5));
                }
            }
        }
        start = window.end.expect("it has one");
        if last {
            assert!(resumed > 0, "no crash came in between");
            return mirror.sessions();
        }
    }
}

/// Lets visitors come until so many requests are acknowledged, then kills the server in the middle of the next ones.
fn crash_under_load(server: Server, diaries: &mut [Diary], wanted: u64) -> Timestamp {
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        for diary in diaries.iter_mut() {
            let (server, acknowledged) = (&server, &acknowledged);
            scope.spawn(move || {
                let mut connection = Connection::open(&server.address).expect("the server accepts");
                while diary.act(&mut connection).is_ok() {
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        until("enough is acknowledged", || (acknowledged.load(Ordering::SeqCst) >= wanted).then_some(()));
        server.signal("KILL");
    });
    let (status, log) = server.wait();
    assert!(!status.success() && !log.contains("panicked") && !log.contains("ERROR"), "{status}: {log}");
    now()
}

/// Everything of `HASTY` has expired while no server ran: the first answer says so, and when.
fn the_first_answer_has_what_expired(server: &Server, killed: Timestamp, partner: &Partner, diaries: &[Diary]) {
    let sessions = partner.whole(&server.address);
    for visit in diaries.iter().flat_map(|diary| &diary.visits).filter(|visit| visit.location == HASTY) {
        let session = &sessions[&visit.id];
        assert_ne!(session["status"], "active", "{visit:?}: {session}");
        if let (Some(expires_at), Some("abandoned")) = (visit.expiry(), session["status"].as_str()) {
            let at = Timestamp::parse(session["updated_at"].as_str().expect("a time")).expect("an instant");
            // What expired without a server has the very moment, but for ticks that it must not share.
            let late = if expires_at > killed { SECOND / 1_000 } else { SECOND };
            assert!((expires_at..=expires_at.plus_micros(late)).contains(&at), "{visit:?}: {session}");
        }
    }
}

#[test]
fn a_killed_server_loses_nothing_that_it_acknowledged() {
    let (rounds, most) = (soak("SOAK_ROUNDS", 3), soak("SOAK_REQUESTS", 400));
    let desk = &Desk::empty();
    let booking = open_for_visitors(desk, &[(PATIENT, "30m"), (HASTY, "1s")]);
    let token = desk.token(&["--scope", "partner", "--all-locations"]);
    let [patient, hasty] = [PATIENT, HASTY].map(|location| Partner { token: token.clone(), location });
    let mut diaries: Vec<_> = (0..STREAMS).map(|number| Diary::new(number, &booking, &[PATIENT, HASTY])).collect();
    let (server, mut random) = (&Whereabouts::default(), Rng::with_seed(rounds));
    let mut started = server.start(desk);
    let compare = |started: &Server, killed: Timestamp, diaries: &mut [Diary]| {
        the_first_answer_has_what_expired(started, killed, &hasty, diaries);
        for partner in [&patient, &hasty] {
            let feed = partner.whole(&started.address);
            diaries.iter_mut().for_each(|diary| diary.check(partner.location, |id| feed.get(id).cloned()));
        }
    };
    thread::scope(|scope| {
        let mirrors =
            [(&patient, Rule::Link), (&patient, Rule::ShortPage), (&hasty, Rule::Link), (&hasty, Rule::Total)]
                .map(|(partner, rule)| (partner.location, scope.spawn(move || mirror(server, partner, rule))));
        let ends_mirrors = EndsMirrors(server);
        for _ in 0..rounds {
            let killed = crash_under_load(started, &mut diaries, random.u64(50..=most));
            assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
            until("all that can expire has", || (now() > killed.plus_micros(TIME_TO_LIVE)).then_some(()));
            started = server.start(desk);
            compare(&started, killed, &mut diaries);
        }
        // What was never answered is asked again: its key tells whether it had been carried out.
        let mut connection = Connection::open(&started.address).expect("the server accepts");
        diaries.iter_mut().for_each(|diary| diary.repeat(&mut connection));
        until("all that can expire has", || nothing_is_active(&hasty, &mut connection).then_some(()));
        drop(ends_mirrors);
        let visits = diaries.iter().map(|diary| diary.visits.len()).sum::<usize>();
        let record = [PATIENT, HASTY].map(|location| exported(desk, location));
        assert_eq!(record.iter().map(BTreeMap::len).sum::<usize>(), visits, "no start was carried out twice");
        for (location, mirror) in mirrors {
            let mirror = mirror.join().expect("a mirror");
            assert!(mirror == record[usize::from(location == HASTY)], "the mirror of {location} is the record");
        }
        println!(
            "{rounds} rounds of kill -9; {} requests acknowledged, {} never answered, {} of these carried out; \
             {visits} sessions; lost: 0",
            diaries.iter().map(|diary| diary.acknowledged).sum::<u64>(),
            diaries.iter().map(|diary| diary.unanswered).sum::<u64>(),
            diaries.iter().map(|diary| diary.carried_out).sum::<u64>(),
        );
    });
}

fn nothing_is_active(partner: &Partner, server: &mut Connection) -> bool {
    let window = Window { start: Timestamp::from_micros(0), end: None };
    partner.page(server, &format!("{}&status=active", window.target(1))).expect("an answer").total == 0
}
