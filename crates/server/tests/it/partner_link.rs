//! The `Link` to the next page: a cursor that skips nothing, whatever is written meanwhile.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::partner::{AUSTIN, Office, abandoned, series};
use crate::support::{Answer, LIST};

const SINCE: &str = "updated_at_start=2023-11-01T00:00:00Z";

/// The target of the link to the next page.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let target = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
    Some(target.unwrap_or_else(|| panic!("an odd link: {link}")).to_owned())
}

fn follow(office: &Office, target: &str) -> Answer {
    let answer = office.server.get(target, &office.token, AUSTIN);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// A target without its cursor, and the cursor.
fn split(target: &str) -> (&str, &str) {
    target.rsplit_once("&after=").unwrap_or_else(|| panic!("no cursor: {target}"))
}

fn cursor(micros: i64, id: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode([&micros.to_be_bytes(), id].concat())
}

#[test]
fn the_link_is_the_same_query_on_the_next_page() {
    let office = Office::with(&series(25));
    let first = office.list(&format!(
        "{SINCE}&updated_at_end=2023-11-07T07:00:00.123456789%2B01:00&status=abandoned&per_page=10&unknown=x"
    ));
    let target = next(&first).expect("a next page");
    assert_eq!(
        split(&target).0,
        "/services/core/open_api/v1/booking_sessions?updated_at_start=2023-11-01T00:00:00.000000Z\
         &updated_at_end=2023-11-07T06:00:00.123456Z&status=abandoned&page=1&per_page=10"
    );
    let second = follow(&office, &target);
    let data = second.json()["data"].clone();
    assert_eq!([&data["page"], &data["per_page"], &data["total_count"]], [1, 10, 25]);
    assert_eq!((second.ids().first().map(String::as_str), second.ids().len()), (Some("s10"), 10));
    let third = follow(&office, &next(&second).expect("a third page"));
    assert_eq!(third.json()["data"]["page"], 2);
    assert_eq!(third.ids(), ["s20", "s21", "s22", "s23", "s24"]);
    assert_eq!(next(&third), None);
}

#[test]
fn what_was_left_out_of_the_query_is_left_out_of_the_link() {
    let office = Office::with(&series(11));
    let target = next(&office.list("updated_at_start=2023-11-07T05:00:00Z")).expect("a next page");
    assert_eq!(
        split(&target).0,
        "/services/core/open_api/v1/booking_sessions?updated_at_start=2023-11-07T05:00:00.000000Z&page=1&per_page=10"
    );
}

#[test]
fn the_last_page_has_no_link_even_when_it_is_full() {
    let office = Office::with(&series(20));
    let link = |query: &str| next(&office.list(&format!("{SINCE}&{query}"))).is_some();
    assert!(link("per_page=10"));
    assert!(!link("per_page=10&page=1"));
    assert!(!link("per_page=10&page=2"));
    assert!(!link("per_page=20"));
    assert!(!link("per_page=1000"));
    assert!(link("per_page=19"));
    assert!(link("per_page=1&page=18"));
    assert!(!link("per_page=1&page=19"));
    assert!(!link("status=completed"));
    let last = next(&office.list(&format!("{SINCE}&per_page=10"))).expect("a next page");
    assert_eq!(next(&follow(&office, &last)), None);
}

#[test]
fn sessions_of_one_instant_are_told_apart() {
    let at = "2023-11-07T05:31:56.000001Z";
    let ids = ["", "\"", "&a=b", "\u{1f63a}", "a b", "b/c", "z%20z"];
    let sessions: Vec<_> = ids.iter().map(|id| abandoned(&format!("x{id}"), at)).collect();
    let office = Office::with(&sessions);
    let mut answer = office.list(&format!("{SINCE}&per_page=1"));
    let mut read = answer.ids();
    while let Some(target) = next(&answer) {
        answer = follow(&office, &target);
        read.extend(answer.ids());
    }
    assert_eq!(read, ["x", "x\"", "x&a=b", "xa b", "xb/c", "xz%20z", "x\u{1f63a}"]);
}

#[test]
fn a_walk_along_the_link_skips_nothing_while_visitors_come_back() {
    let office = Office::open();
    let visitors: Vec<_> = (0..20).map(|_| office.visitor()).collect();
    let mut answer = office.list(&format!("{SINCE}&per_page=3"));
    let (mut seen, mut untouched): (BTreeSet<String>, Vec<String>) = (BTreeSet::new(), Vec::new());
    let mut touched = BTreeSet::new();
    let mut latest = String::new();
    loop {
        assert!(answer.ids().len() <= 3);
        let json = answer.json();
        for session in json["data"]["content"].as_array().expect("a page") {
            let [id, at] = ["id", "updated_at"].map(|key| session[key].as_str().expect("a text").to_owned());
            assert!(at > latest, "a walk goes forward: {latest} {at}");
            latest = at;
            if !touched.contains(&id) {
                untouched.push(id.clone());
            }
            seen.insert(id);
        }
        // Of each page one comes back, read or not, until half of them have.
        if touched.len() < 10 {
            let visitor = &visitors[(touched.len() * 7) % 20];
            office.touch(visitor);
            touched.insert(visitor.0.clone());
        }
        let Some(target) = next(&answer) else { break };
        answer = follow(&office, &target);
    }
    assert_eq!(seen, visitors.iter().map(|(id, _)| id.clone()).collect());
    let once: BTreeSet<&String> = untouched.iter().collect();
    assert_eq!(once.len(), untouched.len(), "nothing comes twice unless it changed");
}

#[test]
fn a_walk_along_the_link_reaches_what_was_written_meanwhile() {
    let office = Office::with(&series(10));
    let first = office.list(&format!("{SINCE}&per_page=5"));
    let (newcomer, _) = office.visitor();
    let second = follow(&office, &next(&first).expect("a next page"));
    assert_eq!(second.json()["data"]["total_count"], 11);
    let third = follow(&office, &next(&second).expect("a third page"));
    assert_eq!((third.ids(), next(&third)), (vec![newcomer], None));
}

#[test]
fn a_plain_walk_and_the_link_go_together() {
    let office = Office::with(&series(12));
    let pages = |page: usize| office.list(&format!("{SINCE}&per_page=4&page={page}"));
    let plain: Vec<Vec<String>> = (0..3).map(|page| pages(page).ids()).collect();
    let second = follow(&office, &next(&pages(0)).expect("a next page"));
    let third = follow(&office, &next(&pages(1)).expect("a third page"));
    assert_eq!([second.ids(), third.ids()], [plain[1].clone(), plain[2].clone()]);
}

#[test]
fn a_cursor_that_is_not_one_is_refused() {
    let office = Office::with(&series(5));
    let target = next(&office.list(&format!("{SINCE}&per_page=2"))).expect("a next page");
    let good = split(&target).1;
    let micros = 1_699_335_116_000_000;
    let wrong = [
        "x".to_owned(),
        "next".to_owned(),
        "0".to_owned(),
        good[..8].to_owned(),
        format!("{good}="),
        format!("{good}%3D%3D"),
        format!("{good}%20"),
        format!("%20{good}"),
        format!("{good}!"),
        good.replace(['0', 'A', 'z'], "%2B"),
        "%00".to_owned(),
        "%ff%fe".to_owned(),
        "A".repeat(13),
        cursor(micros, b"a\n"),
        cursor(micros, b" a"),
        cursor(micros, b"\xff\xfe"),
        cursor(micros, &[b'x'; 129]),
        "A".repeat(4_000),
    ];
    for after in wrong {
        let answer = office.list(&format!("{SINCE}&after={after}"));
        assert_eq!(
            answer.transcript(),
            r#"400 {"success":false,"message":"after takes the value that the Link header of the page before gave."}"#,
            "{after}"
        );
    }
}

#[test]
fn a_forged_cursor_reads_nothing_outside_its_window() {
    let office = Office::with(&series(10));
    let window = "updated_at_start=2023-11-07T05:00:03Z&updated_at_end=2023-11-07T05:00:06Z";
    let inside = ["s03", "s04", "s05", "s06"];
    for early in [cursor(i64::MIN, b""), cursor(0, b"zz"), cursor(-1, b""), cursor(1_699_333_200_000_000, b"s00")] {
        assert_eq!(office.list(&format!("{window}&after={early}")).ids(), inside);
    }
    for late in [cursor(i64::MAX, b""), cursor(i64::MAX, b"zz"), cursor(1_699_333_207_000_000, b"")] {
        let answer = office.list(&format!("{window}&after={late}"));
        assert_eq!((answer.ids().len(), answer.json()["data"]["total_count"].as_u64()), (0, Some(4)));
        assert_eq!(next(&answer), None);
    }
    // A cursor between two sessions, at one that is gone, is a place like any other.
    assert_eq!(
        office.list(&format!("{window}&after={}", cursor(1_699_333_204_500_000, b"gone"))).ids(),
        ["s05", "s06"]
    );
}

#[test]
fn with_a_cursor_the_page_is_only_a_number() {
    let office = Office::with(&series(10));
    let target = next(&office.list(&format!("{SINCE}&per_page=2"))).expect("a next page");
    let after = split(&target).1;
    for page in ["0", "1", "77", "9007199254740991"] {
        let answer = office.list(&format!("{SINCE}&per_page=2&page={page}&after={after}"));
        assert_eq!(
            (answer.ids(), answer.json()["data"]["page"].to_string()),
            (vec!["s02".into(), "s03".into()], page.into())
        );
        assert_eq!(follow(&office, &next(&answer).expect("a next page")).ids(), ["s04", "s05"]);
    }
    // Without its number a cursor's page is page 0, and the walk goes on all the same.
    let answer = office.server.get(&format!("{LIST}?{SINCE}&per_page=2&after={after}"), &office.token, AUSTIN);
    assert_eq!(answer.json()["data"]["page"], 0);
    assert!(next(&answer).is_some_and(|target| target.contains("&page=1&")));
}
