//! Poll integrity: visitors at full speed, partners who walk windows and pages in every way, and not one change missed.
//! With several servers, whoever asks asks another one with every request. `SOAK_CHANGES` says after how many changes it ends; `./script/soak poll` asks for many.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use frontdesk_domain::Timestamp;
use frontdesk_domain::time::SECOND;

use crate::client::{Connection, now};
use crate::poller::{Mirror, Partner, Rule, Walk, Window, exported};
use crate::support::{Desk, SESSIONS, Server, until};
use crate::traffic::{Diary, open_for_visitors, soak};

const LOCATION: &str = "paws-austin";
const STREAMS: u64 = 4;
/// Instants of two clocks on one machine that lie closer than this (in microseconds) are not told apart.
const SLACK: i64 = 1_000;

/// What everybody here shares.
struct World {
    desk: Desk,
    servers: Vec<Server>,
    booking: String,
    partner: Partner,
    began: Timestamp,
    wanted: u64,
    written: AtomicU64,
    /// Nothing changes any more.
    still: AtomicBool,
}

/// What a walk has to answer for.
struct Seen {
    window: Window,
    began: Timestamp,
    ended: Timestamp,
    pages: u64,
    rows: usize,
    twice: usize,
    states: HashSet<(String, Timestamp)>,
}

/// A change as a timeline has it, and until when its session stayed as it was then.
struct Change {
    at: Timestamp,
    id: String,
    until: Timestamp,
}

/// Ends the walks, also when the test fails.
struct EndsWalks<'a>(&'a World);

impl Drop for EndsWalks<'_> {
    fn drop(&mut self) {
        self.0.written.store(u64::MAX, Ordering::SeqCst);
        self.0.still.store(true, Ordering::SeqCst);
    }
}

impl World {
    fn open(desk: Desk, servers: usize) -> Self {
        // Short enough for sessions to expire while they are polled.
        let booking = open_for_visitors(&desk, &[(LOCATION, "2s")]);
        let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
        let servers = (0..servers).map(|_| desk.serve_with(&["--rate-limit", "off"])).collect();
        Self {
            desk,
            servers,
            booking,
            partner: Partner { token, location: LOCATION },
            began: now(),
            wanted: soak("SOAK_CHANGES", 2_500),
            written: AtomicU64::new(0),
            still: AtomicBool::new(false),
        }
    }

    fn connect(&self) -> Connection {
        Connection::to_each(self.servers.iter().map(|server| &*server.address)).expect("the servers accept")
    }

    fn is_written(&self) -> bool {
        self.written.load(Ordering::SeqCst) >= self.wanted
    }

    /// A stream of visitors.
    fn write(&self, number: u64) -> Diary {
        let mut diary = Diary::new(number, &self.booking, &[LOCATION]);
        diary.starts = 10;
        let mut server = self.connect();
        while !self.is_written() {
            diary.act(&mut server).expect("an answer");
            self.written.fetch_add(1, Ordering::SeqCst);
        }
        diary
    }

    fn walk(&self, window: Window, per_page: usize, rule: Rule) -> Walk {
        self.partner.walk(&mut self.connect(), window, per_page, rule, u64::MAX).expect("every answer")
    }

    /// A partner who asks for window after window, `[a, b]`, `[b, c]`, …, until nothing changes any more, and whose clock
    /// is `fast` by so many microseconds.
    fn follow(&self, rule: Rule, fast: i64) -> (Vec<Seen>, Mirror) {
        let (mut seen, mut mirror, mut start) = (Vec::new(), Mirror::default(), self.began);
        loop {
            let last = self.still.load(Ordering::SeqCst);
            let end = now().plus_micros(fast);
            let walk = self.walk(Window { start, end: Some(end) }, 5, rule);
            mirror.take(walk.rows.clone());
            seen.push(walk.into());
            start = end;
            if last {
                return (seen, mirror);
            }
        }
    }

    /// A partner who has no clock: asks for everything from the latest change on that it has seen.
    fn follow_without_clock(&self) -> (Vec<Seen>, Mirror) {
        let (mut seen, mut mirror, mut start) = (Vec::new(), Mirror::default(), self.began);
        loop {
            let last = self.still.load(Ordering::SeqCst);
            let walk = self.walk(Window { start, end: None }, 20, Rule::Link);
            start = walk.rows.iter().map(|row| row.updated_at).fold(start, Timestamp::max);
            mirror.take(walk.rows.clone());
            seen.push(walk.into());
            if last {
                return (seen, mirror);
            }
        }
    }

    /// Partners under one token who walk the whole feed at once, each in its own way, while it changes; among them some
    /// that give up.
    fn crowd(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        while !self.is_written() {
            let window = Window { start: self.began, end: Some(now()) };
            thread::scope(|scope| {
                let give_up = || self.partner.walk(&mut self.connect(), window, 10, Rule::ShortPage, 3);
                scope.spawn(give_up);
                let walks = [Rule::ShortPage, Rule::EmptyPage, Rule::Total, Rule::Retry, Rule::ShortPage]
                    .map(|rule| scope.spawn(move || Seen::from(self.walk(window, 10, rule))));
                scope.spawn(give_up);
                seen.extend(walks.map(|walk| walk.join().expect("a walk")));
            });
        }
        seen
    }

    /// Every change of these sessions, from their timelines.
    fn changes(&self, diaries: &[Diary]) -> Vec<Change> {
        let mut server = self.connect();
        let authorization = format!("Bearer {}", self.booking);
        let mut changes = Vec::new();
        for visit in diaries.iter().flat_map(|diary| &diary.visits) {
            let target = format!("{SESSIONS}/{}/timeline", visit.id);
            let timeline = server.ask("GET", &target, &[("Authorization", &authorization)], None).expect("an answer");
            let timeline = timeline.json();
            let events = timeline["events"].as_array().expect("events").iter();
            let mut ticks: Vec<_> = events.map(|event| event["at"].as_str().expect("a time").to_owned()).collect();
            ticks.dedup();
            let ticks: Vec<_> = ticks.iter().map(|at| Timestamp::parse(at).expect("an instant")).collect();
            let untils = ticks.iter().skip(1).copied().chain([Timestamp::MAX]);
            changes.extend(ticks.iter().zip(untils).map(|(at, until)| Change { at: *at, id: visit.id.clone(), until }));
        }
        changes
    }

    /// Waits until every session has ended, so that no time that passes changes one.
    fn wait_for_stillness(&self) {
        let mut server = self.connect();
        let window = Window { start: Timestamp::from_micros(0), end: None };
        let active = format!("{}&status=active", window.target(1));
        until("every session has ended", || {
            (self.partner.page(&mut server, &active).expect("an answer").total == 0).then_some(())
        });
    }
}

impl From<Walk> for Seen {
    fn from(walk: Walk) -> Self {
        let (rows, twice) = (walk.rows.len(), walk.seen_twice());
        let Walk { window, began, ended, pages, .. } = walk;
        let states = walk.rows.into_iter().map(|row| (row.id, row.updated_at)).collect();
        Self { window, began, ended, pages, rows, twice, states }
    }
}

impl Seen {
    /// Changes that were in the window when the walk began and whose sessions stayed untouched until it ended, but that
    /// it did not see; and how many sessions were touched meanwhile.
    fn missed<'a>(&self, changes: &'a [Change]) -> (Vec<&'a Change>, usize) {
        let end = self.window.end.unwrap_or(self.began.plus_micros(-SLACK));
        let there = changes.iter().filter(|change| (self.window.start..=end).contains(&change.at));
        let there: Vec<_> = there.filter(|change| change.until > self.began).collect();
        let (untouched, touched): (Vec<_>, Vec<_>) =
            there.into_iter().partition(|change| change.until > self.ended.plus_micros(SLACK));
        let missed = untouched.into_iter().filter(|change| !self.states.contains(&(change.id.clone(), change.at)));
        (missed.collect(), touched.len())
    }
}

#[test]
fn polls_miss_nothing_while_visitors_come_at_full_speed() {
    polls_miss_nothing(Desk::empty(), 1);
}

/// Visitors write and partners walk at full speed, until so many changes are made.
pub fn polls_miss_nothing(desk: Desk, servers: usize) {
    let world = &World::open(desk, servers);
    let (diaries, mut seen, mirrors) = thread::scope(|scope| {
        let writers: Vec<_> = (0..STREAMS).map(|number| scope.spawn(move || world.write(number))).collect();
        let fast = (Rule::ShortPage, SECOND / 4);
        let ways = [(Rule::ShortPage, 0), (Rule::EmptyPage, 0), (Rule::Total, 0), (Rule::Link, 0), fast];
        let follow = |(rule, fast)| scope.spawn(move || world.follow(rule, fast));
        let mut followers: Vec<_> = ways.into_iter().map(follow).collect();
        followers.push(scope.spawn(|| world.follow_without_clock()));
        let crowd = scope.spawn(|| world.crowd());
        let ends_walks = EndsWalks(world);
        let diaries: Vec<_> = writers.into_iter().map(|writer| writer.join().expect("a stream")).collect();
        world.wait_for_stillness();
        drop(ends_walks);
        let mut seen = crowd.join().expect("the crowd");
        let mut mirrors = Vec::new();
        for follower in followers {
            let (walks, mirror) = follower.join().expect("a follower");
            seen.extend(walks);
            mirrors.push(mirror);
        }
        (diaries, seen, mirrors)
    });
    let changes = world.changes(&diaries);
    let (mut missed, mut touched) = (0, 0);
    for walk in &seen {
        let (of_this, meanwhile) = walk.missed(&changes);
        for change in &of_this {
            eprintln!(
                "missed: {} of {} in {:?}, walked {} to {}",
                change.id, change.at, walk.window, walk.began, walk.ended
            );
        }
        missed += of_this.len();
        touched += meanwhile;
    }
    seen.retain(|walk| walk.rows > 0);
    println!(
        "{} changes of {} sessions; {} walks over {} pages read {} sessions, {} of them twice in one walk; \
         {touched} were touched during a walk; missed: {missed}",
        changes.len(),
        diaries.iter().map(|diary| diary.visits.len()).sum::<usize>(),
        seen.len(),
        seen.iter().map(|walk| walk.pages).sum::<u64>(),
        seen.iter().map(|walk| walk.rows).sum::<usize>(),
        seen.iter().map(|walk| walk.twice).sum::<usize>(),
    );
    assert_eq!(missed, 0);
    assert!(touched > 0, "nothing was touched during a walk: the test proves nothing");
    let record = exported(&world.desk, LOCATION);
    assert!(mirrors.into_iter().all(|mirror| mirror.sessions() == record), "every mirror is the record");
    for server in &world.servers {
        assert_eq!(world.partner.whole(&server.address), record);
    }
}
