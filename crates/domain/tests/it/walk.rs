//! One walk at a time: nothing untouched is missed, whichever rule the client stops by.

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::Place;
use frontdesk_domain::feed::walk::{Stop, WalkBook};
use frontdesk_domain::time::SECOND;
use proptest::prelude::*;

use crate::walk_world::{Ask, Happening, Walker, World, ask, exact_memory, happening, key, meanwhile, memory};

const MINUTE: i64 = 60 * SECOND;

/// A walk that goes on after the script has ended, until the client is done.
fn finish(walker: &mut Walker, world: &mut World) -> Result<(), TestCaseError> {
    for _ in 0..200 {
        if walker.done() {
            return Ok(());
        }
        walker.ask(Ask::Next, world)?;
    }
    prop_assert!(false, "a walk over a feed that stands still does not end");
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases(2000))]

    #[test]
    fn a_walk_misses_nothing_and_keeps_to_its_page_size(
        memory in exact_memory(), sessions in 0..40_u32, closed: bool, per_page in 1..6_u32,
        script in prop::collection::vec(meanwhile(), 0..30),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        let mut walker = Walker::new(key(1, per_page));
        for meanwhile in &script {
            walker.ask(Ask::Next, &mut world)?;
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
        finish(&mut walker, &mut world)?;
        prop_assert!(walker.longest <= per_page as usize);
    }

    #[test]
    fn a_walk_with_lost_answers_and_repeated_pages_misses_nothing(
        memory in memory(), sessions in 0..40_u32, closed: bool, per_page in 1..6_u32,
        script in prop::collection::vec((ask(), meanwhile()), 0..40),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        let mut walker = Walker::new(key(1, per_page));
        for (ask, meanwhile) in &script {
            walker.ask(*ask, &mut world)?;
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
        finish(&mut walker, &mut world)?;
    }

    #[test]
    fn one_walk_after_the_other_misses_nothing(
        memory in memory(), sessions in 0..30_u32, closed: bool, per_page in 1..6_u32,
        walks in prop::collection::vec((prop::collection::vec((ask(), meanwhile()), 1..12), happening()), 1..5),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        for (script, between) in &walks {
            let mut walker = Walker::new(key(1, per_page));
            for (ask, meanwhile) in script {
                walker.ask(*ask, &mut world)?;
                meanwhile.iter().for_each(|happening| happening.happen(&mut world));
            }
            between.happen(&mut world);
        }
        let mut walker = Walker::new(key(1, per_page));
        finish(&mut walker, &mut world)?;
    }

    #[test]
    fn walks_of_other_tokens_and_page_sizes_keep_apart(
        memory in exact_memory(), sessions in 0..40_u32, per_page in 1..6_u32,
        script in prop::collection::vec((0..3_usize, meanwhile()), 0..60),
    ) {
        let mut world = World::new(sessions, false).with(memory);
        let mut walkers = [key(1, per_page), key(2, per_page), key(1, per_page + 1)].map(Walker::new);
        for (index, meanwhile) in &script {
            walkers[*index].ask(Ask::Next, &mut world)?;
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
        for walker in &mut walkers {
            finish(walker, &mut world)?;
        }
        prop_assert!(walkers[0].longest <= per_page as usize && walkers[1].longest <= per_page as usize);
        prop_assert!(walkers[2].longest <= per_page as usize + 1);
    }
}

fn stop(updated_at: i64, served: u64) -> Stop {
    let place = Place { updated_at: Timestamp::from_micros(updated_at), id: "s".into() };
    Stop { at: place.into(), served, first_total: 100 }
}

#[test]
fn a_walk_is_remembered_for_ten_minutes_and_forgotten_soon_after() {
    let mut book = WalkBook::new(100);
    let began = Timestamp::from_micros(0);
    book.begin(key(1, 10), stop(1, 10), began);
    assert_eq!(book.starts(&key(1, 10), 1, began.plus_micros(10 * MINUTE)), vec![stop(1, 10)]);
    assert!(book.starts(&key(1, 10), 1, began.plus_micros(12 * MINUTE)).is_empty());
    assert!(book.starts(&key(1, 10), 2, began).is_empty(), "nobody has come that far");
    assert!(book.starts(&key(2, 10), 1, began).is_empty(), "somebody else");
    book.begin(key(3, 10), stop(1, 10), began.plus_micros(12 * MINUTE));
    assert_eq!(book.stops(), 1, "the first walk is forgotten");
}

#[test]
fn a_book_stays_within_its_bounds() {
    let mut book = WalkBook::new(50);
    for token in 0..1000 {
        let now = Timestamp::from_micros(token);
        book.begin(key(token, 10), stop(1, 10), now);
        let start = book.starts(&key(token, 10), 1, now).remove(0);
        book.advance(&key(token, 10), 1, &[(start, stop(2, 20))], now);
        assert!(book.stops() <= 51, "{} stops", book.stops());
    }
    assert_eq!(book.starts(&key(999, 10), 2, Timestamp::from_micros(999)).len(), 1, "the youngest walk is still known");
}

#[test]
fn a_walk_that_goes_on_outlives_a_flood_of_others() {
    let mut book = WalkBook::new(50);
    let now = Timestamp::from_micros(0);
    book.begin(key(-1, 10), stop(0, 10), now);
    for page in 1..40_u32 {
        let at = i64::from(page);
        let start = book.starts(&key(-1, 10), u64::from(page), now).pop().expect("the walk is known");
        book.advance(&key(-1, 10), u64::from(page), &[(start, stop(at, 10))], now);
        for other in 0..10 {
            book.begin(key(at * 100 + other, 10), stop(1, 10), now);
        }
    }
}

#[test]
fn a_client_that_only_asks_for_page_0_costs_no_memory() {
    fn resident_pages() -> Option<u64> {
        std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
    }
    let mut book = WalkBook::new(1000);
    let before = resident_pages();
    for micros in 0..1_000_000 {
        book.begin(key(1, 10), stop(1, 10), Timestamp::from_micros(micros));
    }
    assert!(book.stops() <= 16);
    // Where the system tells: a million requests for the same first page within a second.
    if let (Some(before), Some(after)) = (before, resident_pages()) {
        let megabytes = after.saturating_sub(before) * 4 / 1024;
        assert!(megabytes < 32, "the book has grown by {megabytes} MB, though it remembers {} places", book.stops());
    }
}

#[test]
fn happenings_keep_the_feed_in_order() {
    let mut world = World::new(4, false);
    Happening::Arrive.happen(&mut world);
    assert_eq!(world.window().len(), 5);
}
