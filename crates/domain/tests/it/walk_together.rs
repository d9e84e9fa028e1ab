//! Several walks of one token over one window: they may see a session twice, never miss one.

use proptest::prelude::*;

use crate::walk_world::{Ask, Walker, World, ask, key, meanwhile, memory};

proptest! {
    #![proptest_config(crate::cases(1500))]

    #[test]
    fn two_walks_at_once_miss_nothing(
        memory in memory(), sessions in 0..40_u32, closed: bool, per_page in 1..6_u32,
        script in prop::collection::vec((0..2_usize, meanwhile()), 0..80),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        let mut walkers = [(); 2].map(|()| Walker::new(key(1, per_page)));
        for (index, meanwhile) in &script {
            walkers[*index].ask(Ask::Next, &mut world)?;
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
    }

    #[test]
    fn two_walks_at_once_with_lost_answers_miss_nothing(
        memory in memory(), sessions in 0..40_u32, closed: bool, per_page in 1..6_u32,
        script in prop::collection::vec((0..2_usize, ask(), meanwhile()), 0..80),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        let mut walkers = [(); 2].map(|()| Walker::new(key(1, per_page)));
        for (index, ask, meanwhile) in &script {
            walkers[*index].ask(*ask, &mut world)?;
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
    }

    #[test]
    fn two_clients_that_walk_again_and_again_miss_nothing(
        memory in memory(), sessions in 0..20_u32, closed: bool, per_page in 1..6_u32,
        script in prop::collection::vec((0..2_usize, meanwhile()), 0..120),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        let mut walkers = [(); 2].map(|()| Walker::new(key(1, per_page)));
        for (index, meanwhile) in &script {
            if walkers[*index].done() {
                walkers[*index] = Walker::new(key(1, per_page));
            }
            walkers[*index].ask(Ask::Next, &mut world)?;
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
    }

    #[test]
    fn two_walks_beside_a_client_that_watches_page_0_miss_nothing(
        memory in memory(), sessions in 0..40_u32, closed: bool, per_page in 1..6_u32,
        script in prop::collection::vec((0..4_usize, meanwhile()), 0..120),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        let mut walkers = [(); 2].map(|()| Walker::new(key(1, per_page)));
        for (index, meanwhile) in &script {
            match walkers.get_mut(*index) {
                Some(walker) => walker.ask(Ask::Next, &mut world)?,
                None => drop(world.serve(&key(1, per_page), 0)),
            }
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(300))]

    #[test]
    fn walks_among_so_many_that_some_are_taken_as_one_miss_nothing(
        memory in memory(), sessions in 0..40_u32, closed: bool, per_page in 1..4_u32,
        script in prop::collection::vec((0..9_usize, ask(), meanwhile()), 60..250),
    ) {
        let mut world = World::new(sessions, closed).with(memory);
        let mut walkers = [(); 4].map(|()| Walker::new(key(1, per_page)));
        for (index, ask, meanwhile) in &script {
            match walkers.get_mut(*index) {
                Some(walker) => walker.ask(*ask, &mut world)?,
                None => drop(world.serve(&key(1, per_page), 0)),
            }
            meanwhile.iter().for_each(|happening| happening.happen(&mut world));
        }
    }
}

#[test]
fn a_last_page_that_was_lost_is_served_again_although_another_walk_has_begun() {
    let mut world = World::new(9, false);
    let key = key(1, 3);
    let first = world.serve(&key, 0);
    let second = world.serve(&key, 1);
    // Two sessions already read move to the end: a page found by counting would begin two sessions late.
    for session in [first.rows[0], second.rows[0]] {
        world.touch_session(session);
    }
    let last = world.serve(&key, 2);
    let more = world.serve(&key, 3);
    world.serve(&key, 0);
    let again = world.serve(&key, 2);
    assert!(last.rows.iter().all(|row| again.rows.contains(row)), "{:?} then {:?}", last.rows, again.rows);
    drop(more);
}

#[test]
fn a_walk_is_not_lost_among_many_requests_for_page_0() {
    let mut world = World::new(30, false);
    let key = key(1, 2);
    for page in 0..5 {
        world.serve(&key, page);
    }
    let first = world.serve(&key, 0);
    let third = *world.window().iter().nth(2).expect("thirty sessions");
    for row in first.rows {
        world.touch_session(row);
    }
    for _ in 0..8 {
        world.serve(&key, 0);
    }
    let second = world.serve(&key, 1);
    assert!(second.rows.contains(&third), "page 1 is {:?}, without {third:?}", second.rows);
}

#[test]
fn a_client_whose_page_0_was_the_last_does_not_push_on_the_walk_of_another() {
    let mut world = World::new(3, false);
    let key = key(1, 4);
    // Everything is on page 0, but the client goes on until a page is empty.
    world.serve(&key, 0);
    world.arrive();
    world.arrive();
    let first = world.serve(&key, 0);
    let fifth = *world.window().last().expect("five sessions");
    world.serve(&key, 1);
    world.serve(&key, 2);
    world.touch_session(first.rows[0]);
    world.serve(&key, 0);
    let second = world.serve(&key, 1);
    assert!(second.rows.contains(&fifth), "page 1 is {:?}, without {fifth:?}", second.rows);
}

#[test]
fn walks_that_are_taken_as_one_are_still_two_clients() {
    let mut world = World::new(30, false);
    let key = key(1, 2);
    let first = world.serve(&key, 0);
    let third = *world.window().iter().nth(2).expect("thirty sessions");
    for page in 0..5 {
        world.serve(&key, page);
    }
    for row in first.rows {
        world.touch_session(row);
    }
    for _ in 0..20 {
        world.serve(&key, 0);
    }
    world.serve(&key, 5);
    let second = world.serve(&key, 1);
    assert!(second.rows.contains(&third), "page 1 is {:?}, without {third:?}", second.rows);
}
