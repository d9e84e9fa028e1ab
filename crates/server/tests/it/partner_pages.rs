//! Walks over pages (contract, "What makes `updated_at` safe to poll", rule 4) while others write. The windows are young:
//! of one that ended long ago, PostgreSQL's pages may be longer (`several_servers.rs`).

use std::collections::BTreeSet;
use std::sync::OnceLock;

use frontdesk_domain::Timestamp;
use frontdesk_domain::time::SECOND;
use serde_json::Value;

use crate::client::now;
use crate::partner::{AUSTIN, Office, abandoned, ndjson};
use crate::support::{Answer, LIST};

const SINCE: &str = "updated_at_start=2023-11-01T00:00:00Z";

/// Sessions that are no longer there to be seen: a walk owes its client every other one.
type Touched = BTreeSet<String>;

fn page(office: &Office, query: &str, page: usize) -> Answer {
    let answer = office.list(&format!("{query}&page={page}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

fn total(answer: &Answer) -> usize {
    let total = answer.json()["data"]["total_count"].as_u64().expect("a count");
    usize::try_from(total).expect("a small count")
}

/// The ids on these pages.
fn seen<'a>(pages: impl IntoIterator<Item = &'a Answer>) -> BTreeSet<String> {
    pages.into_iter().flat_map(Answer::ids).collect()
}

/// Asserts that a client got every session that it is owed, in whichever of three ways it knows when to stop.
fn nothing_is_missing(pages: &[Answer], per_page: usize, owed: &BTreeSet<String>) {
    let missing = |count: usize| owed.difference(&seen(&pages[..count.min(pages.len())])).cloned().collect::<Vec<_>>();
    let short = pages.iter().position(|page| page.ids().len() < per_page).expect("a short page");
    assert_eq!(missing(short + 1), [""; 0], "a client that stops at a short page");
    let empty = pages.iter().position(|page| page.ids().is_empty()).expect("an empty page");
    assert_eq!(missing(empty + 1), [""; 0], "a client that stops at an empty page");
    for (index, page) in pages.iter().enumerate() {
        let count = total(page).div_ceil(per_page);
        assert_eq!(missing(count), [""; 0], "a client that believes the total_count of page {index}");
    }
}

/// So many sessions, a second apart, half an hour ago.
fn series(count: usize) -> Vec<Value> {
    (0..count).map(|index| abandoned(&format!("s{index:02}"), &second(index))).collect()
}

fn second(index: usize) -> String {
    static FIRST: OnceLock<Timestamp> = OnceLock::new();
    let first = FIRST.get_or_init(|| now().plus_micros(-30 * 60 * SECOND));
    first.plus_micros(i64::try_from(index).expect("a small index") * SECOND).to_string()
}

/// Gives sessions new ticks, as an operator does who corrects them.
fn touch(office: &Office, ids: &[String], touched: &mut Touched) {
    let lines: Vec<_> = ids
        .iter()
        .filter(|id| touched.insert((*id).clone()))
        .map(|id| series(100).into_iter().find(|session| session["id"] == id.as_str()).expect("one of the series"))
        .collect();
    let path = office.desk.path("touched.ndjson");
    std::fs::write(&path, ndjson(&lines)).expect("the file is written");
    let said = office.desk.done(&["import", "--touch", "touched.ndjson"]);
    assert!(said.contains(&format!(": 0 added, {} updated, 0 unchanged, 0 rejected", lines.len())), "{said}");
}

#[test]
fn a_plain_walk_misses_no_untouched_session_while_visitors_come_back() {
    let office = Office::open();
    let visitors: Vec<_> = (0..23).map(|_| office.visitor()).collect();
    let (mut owed, mut pages): (BTreeSet<_>, Vec<Answer>) =
        (visitors.iter().map(|(id, _)| id.clone()).collect(), vec![]);
    // Every session that is touched stays in the window, so the walk grows by what is touched: 23 of them at most.
    while pages.last().is_none_or(|page| !page.ids().is_empty()) {
        let next = page(&office, &format!("{SINCE}&per_page=4"), pages.len());
        let came_back = visitors.iter().filter(|(id, _)| next.ids()[..next.ids().len().min(2)].contains(id));
        for visitor in came_back.filter(|(id, _)| owed.contains(id)).collect::<Vec<_>>() {
            office.touch(visitor);
            owed.remove(&visitor.0);
        }
        pages.push(next);
    }
    assert!(owed.len() < 20, "the test touches what it reads");
    nothing_is_missing(&pages, 4, &owed);
}

#[test]
fn a_plain_walk_misses_nothing_when_sessions_leave_the_window() {
    let office = Office::with(&series(60));
    let query = format!("{SINCE}&updated_at_end={}&per_page=7", second(59));
    let (mut touched, mut pages) = (Touched::new(), Vec::new());
    for number in 0..10 {
        let next = page(&office, &query, number);
        // What was just read, and something that would have come later.
        let read = next.ids().into_iter().step_by(3);
        let ahead = (number < 3).then(|| format!("s{}", 50 + number));
        touch(&office, &read.chain(ahead).collect::<Vec<_>>(), &mut touched);
        pages.push(next);
    }
    let owed: BTreeSet<String> =
        (0..60).map(|index| format!("s{index:02}")).filter(|id| !touched.contains(id)).collect();
    assert!((30..45).contains(&owed.len()), "{}", owed.len());
    nothing_is_missing(&pages, 7, &owed);
}

#[test]
fn a_plain_walk_of_one_status_is_as_safe() {
    let office = Office::with(&series(30));
    let query = format!("{SINCE}&updated_at_end={}&status=abandoned&per_page=5", second(29));
    let (mut touched, mut pages) = (Touched::new(), Vec::new());
    for number in 0..8 {
        let next = page(&office, &query, number);
        touch(&office, &next.ids(), &mut touched);
        pages.push(next);
    }
    // Everything was touched once it was read, and nothing before.
    nothing_is_missing(&pages, 5, &(0..30).map(|index| format!("s{index:02}")).collect());
}

#[test]
fn a_repeated_page_is_served_again_and_the_walk_goes_on() {
    let office = Office::with(&series(30));
    let query = format!("{SINCE}&updated_at_end={}&per_page=6", second(29));
    let mut touched = Touched::new();
    let first = page(&office, &query, 0).ids();
    touch(&office, &first[..3], &mut touched);
    let second_page = page(&office, &query, 1).ids();
    assert_eq!(second_page, ["s06", "s07", "s08", "s09", "s10", "s11"]);
    // The answer was lost; meanwhile one of its sessions was touched, and one of a later page.
    touch(&office, &["s07".to_owned(), "s20".to_owned()], &mut touched);
    let again = page(&office, &query, 1).ids();
    let untouched = |ids: &[String]| ids.iter().filter(|id| !touched.contains(*id)).cloned().collect::<BTreeSet<_>>();
    assert!(untouched(&again).is_superset(&untouched(&second_page)), "{again:?}");
    let rest = (2..7).map(|number| page(&office, &query, number)).collect::<Vec<_>>();
    let all: BTreeSet<String> = first.into_iter().chain(again).chain(seen(&rest)).collect();
    let missing: Vec<usize> = (0..30).filter(|index| !all.contains(&format!("s{index:02}"))).collect();
    assert_eq!(missing, [7, 20], "what went before its page was read");
}

#[test]
fn two_walks_at_once_miss_nothing() {
    let office = Office::with(&series(40));
    let query = format!("{SINCE}&updated_at_end={}&per_page=5", second(39));
    let mut touched = Touched::new();
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    for number in 0..14 {
        let next = page(&office, &query, number);
        touch(&office, &next.ids().into_iter().take(1).collect::<Vec<_>>(), &mut touched);
        ahead.push(next);
        if number >= 2 {
            behind.push(page(&office, &query, number - 2));
        }
    }
    for walk in [ahead, behind] {
        let all: BTreeSet<String> = (0..40).map(|index| format!("s{index:02}")).collect();
        let owed = all.difference(&touched).cloned().collect::<BTreeSet<_>>();
        assert!(owed.len() >= 20, "{}", owed.len());
        let seen = seen(&walk);
        assert_eq!(owed.difference(&seen).collect::<Vec<_>>(), [""; 0]);
    }
}

#[test]
fn walks_of_two_tokens_do_not_mix() {
    let office = Office::with(&series(20));
    let other = office.desk.token(&["--scope", "partner", "--location", AUSTIN]);
    let query = format!("{SINCE}&updated_at_end={}&per_page=5", second(19));
    let theirs = |page: usize| office.server.get(&format!("{LIST}?{query}&page={page}"), &other, AUSTIN).ids();
    let first = page(&office, &query, 0).ids();
    touch(&office, &first, &mut Touched::new());
    // The other token begins now, so its pages are those of the window as it is now.
    assert_eq!(theirs(0), ["s05", "s06", "s07", "s08", "s09"]);
    assert_eq!(page(&office, &query, 1).ids(), ["s05", "s06", "s07", "s08", "s09"]);
    assert_eq!(theirs(1), ["s10", "s11", "s12", "s13", "s14"]);
    assert_eq!(page(&office, &query, 2).ids(), ["s10", "s11", "s12", "s13", "s14"]);
}

#[test]
fn total_count_never_falls_during_a_walk() {
    let office = Office::with(&series(20));
    let query = format!("{SINCE}&updated_at_end={}&per_page=5", second(19));
    let first = page(&office, &query, 0);
    touch(&office, &first.ids(), &mut Touched::new());
    let totals: Vec<usize> = (1..5).map(|number| total(&page(&office, &query, number))).collect();
    assert_eq!((total(&first), totals), (20, vec![20; 4]));
    // Another walk counts what is there now.
    assert_eq!(total(&page(&office, &query, 0)), 15);
}

#[test]
fn a_page_far_in_is_found_without_a_walk() {
    let office = Office::with(&series(50));
    for (number, first) in [(9, "s45"), (3, "s15"), (7, "s35")] {
        let ids = page(&office, &format!("{SINCE}&per_page=5"), number).ids();
        assert_eq!((ids.len(), ids[0].as_str()), (5, first));
    }
}
