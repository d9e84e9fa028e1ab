//! What a server does when its PostgreSQL is in trouble: a clear 503 with `Retry-After`, no half-done change, and it goes on by
//! itself when the trouble is over.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::client::{Connection, now, since};
use crate::cluster::{Cluster, SmallDisk};
use crate::poller::{Partner, exported};
use crate::postgres::{Session, statement};
use crate::proxy::{Mode, Proxy};
use crate::support::{Answer, Desk, LIST, SESSIONS, Server, until};
use crate::traffic::{Diary, open_for_visitors};

const LOCATION: &str = "paws-austin";
/// Longer than a server ever waits for its database before it says so.
const BOUND: Duration = Duration::from_secs(20);

/// A server whose database is reached through a proxy.
struct World {
    desk: Desk,
    proxy: Proxy,
    server: Server,
    booking: String,
    partner: Partner,
}

impl World {
    fn open(desk: Desk, locations: &[&'static str]) -> Self {
        let locations: Vec<_> = locations.iter().map(|location| (*location, "30m")).collect();
        let booking = open_for_visitors(&desk, &locations);
        let token = desk.token(&["--scope", "partner", "--all-locations"]);
        let proxy = Proxy::before(&desk.url());
        let server = desk.serve_with(&["--rate-limit", "off", "--database", &proxy.url]);
        Self { desk, proxy, server, booking, partner: Partner { token, location: LOCATION } }
    }

    fn connect(&self) -> Connection {
        Connection::open(&self.server.address).expect("the server accepts")
    }

    fn start(&self, location: &str, key: &str) -> Answer {
        start(&mut self.connect(), location, key)
    }

    /// A session that has begun, as its page reports on it: the path, and what allows it to.
    fn visitor(&self, location: &str) -> (String, String) {
        let started = self.start(location, "visitor").json();
        let text = |name: &str| started[name].as_str().expect("a text").to_owned();
        (format!("{SESSIONS}/{}", text("id")), format!("Bearer {}", text("secret")))
    }

    /// Says that a visitor is still there.
    fn report(&self, (path, authorization): &(String, String)) -> Answer {
        self.server.ask("PATCH", path, &[("Authorization", authorization)], Some("{}"))
    }

    /// A page up to the present.
    fn poll(&self, location: &str) -> Answer {
        self.server.get(&format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z"), &self.partner.token, location)
    }

    fn readiness(&self) -> u16 {
        let ready = self.server.ask("GET", "/readyz", &[], None);
        if ready.status == 503 {
            assert_eq!(ready.header("retry-after"), Some("1"));
        }
        ready.status
    }

    /// Waits until the server cannot use its database, and says so.
    fn until_it_says_so(&self) {
        until("the server is not ready", || (self.readiness() == 503).then_some(()));
        refused(&self.poll(LOCATION));
        refused(&self.start(LOCATION, "while-it-lasts"));
        assert_eq!(self.server.ask("GET", "/healthz", &[], None).status, 200, "the process is alive");
    }

    /// Waits until it goes on by itself, and says how long that took.
    fn until_it_goes_on(&self) {
        let over = now();
        until("the server is ready", || (self.readiness() == 200).then_some(()));
        until("it answers", || (self.poll(LOCATION).status == 200).then_some(()));
        assert_eq!(self.start(LOCATION, "once-it-is-over").status, 201);
        println!("  served again {:.1} s after it was over", since(over).as_secs_f64());
    }

    /// Ends the server in peace; the record is sound, and nothing panicked. Prints what came of `fault`.
    fn end(self, fault: &str, mut diaries: Vec<Diary>, others: usize) {
        let mut connection = self.connect();
        diaries.iter_mut().for_each(|diary| diary.repeat(&mut connection));
        let feed = self.partner.whole(&self.server.address);
        diaries.iter_mut().for_each(|diary| diary.check(LOCATION, |id| feed.get(id).cloned()));
        let visits: usize = diaries.iter().map(|diary| diary.visits.len()).sum();
        assert_eq!(exported(&self.desk, LOCATION).len(), visits + others, "nothing was carried out twice");
        assert!(self.desk.done(&["check"]).ends_with(": the record is sound.\n"));
        self.server.signal("TERM");
        let (status, log) = self.server.wait();
        assert!(status.success() && !log.contains("panicked"), "{status}: {log}");
        if diaries.is_empty() {
            println!("{fault}: answered 503; done by halves: 0");
            return;
        }
        // What is lost, or done by halves, has failed above.
        let sum = |of: fn(&Diary) -> u64| diaries.iter().map(of).sum::<u64>();
        let (acknowledged, unanswered) = (sum(|diary| diary.acknowledged), sum(|diary| diary.unanswered));
        let carried_out = sum(|diary| diary.carried_out);
        println!(
            "{fault}: {acknowledged} requests acknowledged, lost: 0; {unanswered} answered 503 or not at all, \
             {carried_out} of these carried out; done by halves: 0"
        );
    }
}

fn start(connection: &mut Connection, location: &str, key: &str) -> Answer {
    let body = json!({ "location_id": location, "utm_source": key }).to_string();
    connection.ask("POST", SESSIONS, &[("Idempotency-Key", key)], Some(&body)).expect("an answer")
}

fn refused(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.body);
}

/// Visitors, who take a 503 for no answer, while `trouble` lasts.
fn under_load(world: &World, trouble: impl FnOnce(&AtomicU64)) -> Vec<Diary> {
    const STREAMS: u64 = 4;
    let (acknowledged, is_over) = (&AtomicU64::new(0), &AtomicBool::new(false));
    thread::scope(|scope| {
        let streams: Vec<_> = (0..STREAMS)
            .map(|number| {
                scope.spawn(move || {
                    let mut diary = Diary::new(number, &world.booking, &[LOCATION]);
                    let mut connection = world.connect();
                    while !is_over.load(Ordering::SeqCst) {
                        match diary.act(&mut connection) {
                            Ok(()) => drop(acknowledged.fetch_add(1, Ordering::SeqCst)),
                            // Not the second of `Retry-After`, so that much falls into the trouble.
                            Err(_) => thread::sleep(Duration::from_millis(20)),
                        }
                    }
                    diary
                })
            })
            .collect();
        trouble(acknowledged);
        is_over.store(true, Ordering::SeqCst);
        streams.into_iter().map(|stream| stream.join().expect("a stream")).collect()
    })
}

#[test]
fn connections_that_are_cut_in_the_middle_of_transactions_lose_nothing() {
    const CUTS: u32 = 40;
    let world = World::open(Desk::in_postgres(), &[LOCATION]);
    let diaries = under_load(&world, |acknowledged| {
        for _ in 0..CUTS {
            let before = acknowledged.load(Ordering::SeqCst);
            until("it goes on", || (acknowledged.load(Ordering::SeqCst) >= before + 20).then_some(()));
            world.proxy.cut();
        }
    });
    let unanswered: u64 = diaries.iter().map(|diary| diary.unanswered).sum();
    assert!(unanswered > 0, "no cut hit a request: the test proves nothing");
    world.end("40 times the connections are cut in the middle", diaries, 0);
}

#[test]
fn a_database_that_refuses_connections_is_waited_for() {
    let world = World::open(Desk::in_postgres(), &[LOCATION]);
    let diaries = under_load(&world, |_| {
        world.proxy.set(Mode::Refuse);
        world.until_it_says_so();
        world.proxy.set(Mode::Pass);
        world.until_it_goes_on();
    });
    world.end("the database refuses connections", diaries, 1);
}

#[test]
fn a_database_that_stops_answering_is_not_waited_for_for_ever() {
    let world = World::open(Desk::in_postgres(), &[LOCATION]);
    let diaries = under_load(&world, |acknowledged| {
        until("there is load", || (acknowledged.load(Ordering::SeqCst) > 20).then_some(()));
        world.proxy.set(Mode::Stall);
        // These are under way when it stops.
        let asked = now();
        refused(&world.start(LOCATION, "into-the-stall"));
        refused(&world.poll(LOCATION));
        assert!(since(asked) < BOUND, "{:?}", since(asked));
        world.until_it_says_so();
        // What the server has given up on is dead: what it never heard of must not come back to life.
        world.proxy.cut();
        world.proxy.set(Mode::Pass);
        world.until_it_goes_on();
    });
    // Whether the request into the stall was carried out, only its key can tell.
    assert_eq!(world.start(LOCATION, "into-the-stall").status, 201);
    world.end("the database stops answering", diaries, 2);
}

#[test]
fn a_database_that_is_restarted_is_found_again() {
    let cluster = Cluster::start();
    let world = World::open(Desk::at(cluster.url.clone()), &[LOCATION]);
    let diaries = under_load(&world, |acknowledged| {
        until("there is load", || (acknowledged.load(Ordering::SeqCst) > 20).then_some(()));
        cluster.stop();
        world.until_it_says_so();
        cluster.start_again();
        world.until_it_goes_on();
    });
    world.end("PostgreSQL is restarted", diaries, 1);
}

#[test]
fn backends_that_are_terminated_are_replaced() {
    let world = World::open(Desk::in_postgres(), &[LOCATION]);
    let url = world.desk.url();
    let diaries = under_load(&world, |acknowledged| {
        for _ in 0..10 {
            let before = acknowledged.load(Ordering::SeqCst);
            until("it goes on", || (acknowledged.load(Ordering::SeqCst) >= before + 10).then_some(()));
            statement(
                &url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            );
        }
        world.until_it_goes_on();
    });
    world.end("10 times all backends are terminated", diaries, 1);
}

#[test]
fn a_location_whose_clock_is_held_keeps_no_other_waiting() {
    const OTHERS: [&str; 5] = ["paws-boise", "paws-chico", "paws-dallas", "paws-eugene", "paws-fresno"];
    let world = World::open(Desk::in_postgres(), &[&[LOCATION][..], &OTHERS].concat());
    let visitor = &world.visitor(LOCATION);
    let others = OTHERS.map(|location| (location, world.visitor(location)));
    let holder = Session::open(&world.desk.url());
    holder.run("BEGIN");
    holder.run("SELECT FROM clocks WHERE location = (SELECT key FROM locations WHERE id = 'paws-austin') FOR UPDATE");
    let is_over = &AtomicBool::new(false);
    thread::scope(|scope| {
        let world = &world;
        // More than there are connections, and again and again.
        let stuck: Vec<_> = (0..60)
            .map(|number| {
                scope.spawn(move || {
                    let mut refusals = 0;
                    while !is_over.load(Ordering::SeqCst) && refusals < 3 {
                        let asked = now();
                        let key = format!("stuck-{number}-{refusals}");
                        let answer = match number % 3 {
                            0 => world.poll(LOCATION),
                            1 => world.start(LOCATION, &key),
                            _ => world.report(visitor),
                        };
                        assert!(since(asked) < BOUND, "{:?}", since(asked));
                        if is_over.load(Ordering::SeqCst) {
                            break;
                        }
                        refused(&answer);
                        refusals += 1;
                    }
                    refusals
                })
            })
            .collect();
        let mut slowest = Duration::ZERO;
        while !stuck.iter().all(thread::ScopedJoinHandle::is_finished) {
            for (location, visitor) in &others {
                let asked = now();
                let key = format!("{location}-{asked}");
                assert_eq!(world.start(location, &key).status, 201);
                assert_eq!(world.report(visitor).status, 200);
                assert_eq!(world.poll(location).status, 200);
                slowest = slowest.max(since(asked));
            }
            assert_eq!(world.readiness(), 200);
        }
        assert!(slowest < Duration::from_secs(4), "the others waited {slowest:?}");
        assert!(stuck.into_iter().all(|stuck| stuck.join().expect("a client") == 3));
        is_over.store(true, Ordering::SeqCst);
    });
    holder.run("ROLLBACK");
    let asked = now();
    assert_eq!(world.start(LOCATION, "once-it-is-free").status, 201);
    assert_eq!(world.poll(LOCATION).status, 200);
    assert!(since(asked) < Duration::from_secs(4), "at once");
    let json = world.poll(LOCATION).json();
    assert_eq!(json["data"]["total_count"], 2, "what was refused has not happened");
    assert_eq!(world.report(visitor).status, 200);
    assert!(world.desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn sessions_expire_although_the_clock_of_another_location_is_held() {
    let world = World::open(Desk::in_postgres(), &[LOCATION]);
    world.desk.add_location("paws-hasty", &["--session-ttl", "1s"]);
    world.desk.add_location("paws-stuck", &["--session-ttl", "1s"]);
    until("the location is known", || (world.poll("paws-stuck").status == 200).then_some(()));
    assert_eq!(world.start("paws-stuck", "stuck").status, 201);
    let holder = Session::open(&world.desk.url());
    holder.run("BEGIN");
    holder.run("SELECT FROM clocks WHERE location = (SELECT key FROM locations WHERE id = 'paws-stuck') FOR UPDATE");
    assert_eq!(world.start("paws-hasty", "hasty").status, 201);
    // Not by a request, which would settle what it looks at.
    let url = world.desk.url();
    until("the job has settled it", || {
        let settled = crate::postgres::ask(
            &url,
            "SELECT count(*) FROM sessions WHERE status = 2 AND location = (SELECT key FROM locations WHERE id = 'paws-hasty')",
        );
        (settled == "1").then_some(())
    });
    holder.run("ROLLBACK");
    until("the other too", || {
        (crate::postgres::ask(&url, "SELECT count(*) FROM sessions WHERE status = 2") == "2").then_some(())
    });
}

#[test]
fn a_statement_that_takes_too_long_is_given_up() {
    let world = World::open(Desk::in_postgres(), &[LOCATION]);
    let url = world.desk.url();
    statement(
        &url,
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN IF NEW.referral_source = ''slow'' THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END'; \
         CREATE TRIGGER dawdle AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION dawdle()",
    );
    let asked = now();
    refused(&world.start(LOCATION, "slow"));
    assert!(since(asked) < BOUND, "{:?}", since(asked));
    assert_eq!(world.poll(LOCATION).json()["data"]["total_count"], 0, "nothing was done");
    assert_eq!(world.start(LOCATION, "quick").status, 201);
    statement(&url, "DROP TRIGGER dawdle ON sessions");
    assert_eq!(world.start(LOCATION, "slow").status, 201);
    assert_eq!(world.poll(LOCATION).json()["data"]["total_count"], 2);
    world.end("a statement takes too long", Vec::new(), 2);
}

#[test]
fn a_full_disk_refuses_changes_and_goes_on_when_there_is_room() {
    // Only root may mount a small disk.
    let Some(disk) = SmallDisk::new() else { return };
    let world = World::open(Desk::at(disk.url.clone()), &[LOCATION]);
    let diaries = under_load(&world, |acknowledged| {
        until("there is load", || (acknowledged.load(Ordering::SeqCst) > 20).then_some(()));
        disk.fill();
        let before = acknowledged.load(Ordering::SeqCst);
        let mut number = 0;
        // There may be room left on the pages that there are.
        let refusal = until("the disk is full", || {
            number += 1;
            Some(world.start(LOCATION, &format!("filling-{number}"))).filter(|answer| answer.status != 201)
        });
        refused(&refusal);
        assert!(refusal.body.contains("unavailable"));
        assert_eq!(world.readiness(), 200, "what is on record can still be read");
        let window = "updated_at_start=2023-11-07T05:31:56Z&updated_at_end=2023-11-08T05:31:56Z";
        let old = world.server.get(&format!("{LIST}?{window}"), &world.partner.token, LOCATION);
        assert_eq!(old.status, 200, "{}", old.body);
        disk.make_room();
        world.until_it_goes_on();
        until("so do the visitors", || (acknowledged.load(Ordering::SeqCst) > before + 20).then_some(()));
        for filling in 1..=number {
            assert_eq!(world.start(LOCATION, &format!("filling-{filling}")).status, 201);
        }
        FILLED.store(number, Ordering::SeqCst);
    });
    let filled = usize::try_from(FILLED.load(Ordering::SeqCst)).expect("few");
    world.end("the disk is full", diaries, filled + 1);
}

/// How many sessions it took to fill the disk.
static FILLED: AtomicU64 = AtomicU64::new(0);
