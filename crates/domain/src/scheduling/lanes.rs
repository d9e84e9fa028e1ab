//! When each provider and each room is taken, and a walk along it.

use super::{Agenda, Asked, Busy, Interval, Occupant};
use crate::practice::Provider;
use crate::{RoomId, Timestamp};

/// Whether something stands in the way of who asks: everything but holds that ran out and the session's own.
pub(super) fn stands(busy: &Busy, asked: &Asked<'_>) -> bool {
    match &busy.occupant {
        Occupant::Appointment { .. } => true,
        Occupant::Hold { session, until } => asked.now < *until && asked.session != Some(session),
    }
}

/// When some providers and their rooms are taken.
pub(super) struct Lanes<'a> {
    /// One for each provider, in their order.
    pub(super) providers: Vec<Vec<Interval>>,
    rooms: Vec<(&'a RoomId, Vec<Interval>)>,
}

impl<'a> Lanes<'a> {
    /// Those of `providers`, as far as they touch `span`.
    pub(super) fn new(agenda: &Agenda, providers: &[&'a Provider], asked: &Asked<'_>, span: Interval) -> Self {
        let mut rooms: Vec<(&RoomId, Vec<Interval>)> = Vec::new();
        for room in providers.iter().flat_map(|provider| &provider.rooms) {
            if rooms.iter().all(|(known, _)| *known != room) {
                rooms.push((room, Vec::new()));
            }
        }
        let mut lanes = Self { providers: vec![Vec::new(); providers.len()], rooms };
        let busy = agenda.busy();
        let until = busy.partition_point(|one| one.occupied.start < span.end);
        for one in busy[..until].iter().filter(|one| one.occupied.end > span.start && stands(one, asked)) {
            if let Some(index) = providers.iter().position(|provider| provider.id == one.provider) {
                take(&mut lanes.providers[index], one.occupied);
            }
            if let Some(taken) = &one.room
                && let Some((_, lane)) = lanes.rooms.iter_mut().find(|(room, _)| *room == taken)
            {
                take(lane, one.occupied);
            }
        }
        lanes
    }

    /// A walk along the rooms of a provider, in the order of preference.
    pub(super) fn rooms_of(&self, provider: &'a Provider) -> Vec<(&'a RoomId, Walk<'_>)> {
        let lane = |wanted: &RoomId| self.rooms.iter().find(|(room, _)| *room == wanted);
        provider.rooms.iter().filter_map(lane).map(|(room, lane)| (*room, Walk(lane))).collect()
    }
}

/// Adds to a lane something that begins before nothing in it. What overlaps becomes one, so that ends are in order too.
fn take(lane: &mut Vec<Interval>, occupied: Interval) {
    match lane.last_mut() {
        Some(last) if occupied.start <= last.end => last.end = last.end.max(occupied.end),
        _ => lane.push(occupied),
    }
}

/// A walk along a lane, from early to late.
pub(super) struct Walk<'a>(pub(super) &'a [Interval]);

impl Walk<'_> {
    /// Until when something is in the way of `wanted`; none when nothing is. Each `wanted` begins after the one before.
    pub(super) fn taken_until(&mut self, wanted: Interval) -> Option<Timestamp> {
        while let Some((first, rest)) = self.0.split_first() {
            if first.end > wanted.start {
                return (first.start < wanted.end).then_some(first.end);
            }
            self.0 = rest;
        }
        None
    }
}
