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

/// When something is taken that has an id.
struct Lane<'a> {
    id: &'a str,
    ending: u64,
    taken: Vec<Interval>,
}

/// The last eight bytes of an id and its length. Most ids that differ do so in these, and comparing every id on an agenda
/// in full would be most of a search.
fn ending(id: &str) -> u64 {
    let bytes = id.as_bytes();
    let last = bytes.last_chunk().map_or_else(
        || bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)),
        |last| u64::from_le_bytes(*last),
    );
    last ^ bytes.len() as u64
}

/// The lanes of some things; those that are the same share one.
struct Group<'a>(Vec<Lane<'a>>);

impl<'a> Group<'a> {
    fn new(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut lanes: Vec<Lane<'a>> = Vec::new();
        for id in ids {
            if lanes.iter().all(|lane| lane.id != id) {
                lanes.push(Lane { id, ending: ending(id), taken: Vec::new() });
            }
        }
        Self(lanes)
    }

    /// Marks that something is taken, later than all that has been marked before; nothing when the group is without it.
    fn take(&mut self, id: &str, occupied: Interval) {
        let ending = ending(id);
        let Some(lane) = self.0.iter_mut().find(|lane| lane.ending == ending && lane.id == id) else {
            return;
        };
        // What overlaps becomes one, so that a walk along the lane finds ends in order too.
        match lane.taken.last_mut() {
            Some(last) if occupied.start <= last.end => last.end = last.end.max(occupied.end),
            _ => lane.taken.push(occupied),
        }
    }

    fn walk(&self, id: &str) -> Walk<'_> {
        Walk(self.0.iter().find(|lane| lane.id == id).map_or(&[], |lane| &lane.taken))
    }
}

/// When some providers and their rooms are taken.
pub(super) struct Lanes<'a> {
    providers: Group<'a>,
    rooms: Group<'a>,
}

impl<'a> Lanes<'a> {
    /// Those of `providers`, as far as they touch `span`.
    pub(super) fn new(agenda: &Agenda, providers: &[&'a Provider], asked: &Asked<'_>, span: Interval) -> Self {
        let rooms = providers.iter().flat_map(|provider| &provider.rooms);
        let mut lanes = Self {
            providers: Group::new(providers.iter().map(|provider| provider.id.as_str())),
            rooms: Group::new(rooms.map(RoomId::as_str)),
        };
        let busy = agenda.busy();
        let until = busy.partition_point(|one| one.occupied.start < span.end);
        for one in busy[..until].iter().filter(|one| one.occupied.end > span.start && stands(one, asked)) {
            lanes.providers.take(one.provider.as_str(), one.occupied);
            if let Some(room) = &one.room {
                lanes.rooms.take(room.as_str(), one.occupied);
            }
        }
        lanes
    }

    /// A walk along a provider's time.
    pub(super) fn of(&self, provider: &Provider) -> Walk<'_> {
        self.providers.walk(provider.id.as_str())
    }

    /// Walks along the rooms of a provider, in the order of preference.
    pub(super) fn rooms_of(&self, provider: &'a Provider) -> Vec<(&'a RoomId, Walk<'_>)> {
        provider.rooms.iter().map(|room| (room, self.rooms.walk(room.as_str()))).collect()
    }
}

/// A walk along a lane, from early to late.
pub(super) struct Walk<'a>(&'a [Interval]);

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
