//! Why a time is open, or is not: every rule that says no, with its facts.

use jiff::civil::Date;

use super::calendar::{earliest, grid, is_for, last_day};
use super::lanes::stands;
use super::wall::{MINUTE, Reading, Wall};
use super::{Agenda, Asked, Busy, Calendar, Interval};
use crate::practice::{AppointmentType, Closure, Hours, Provider, TimeOff, Week};
use crate::{RoomId, Timestamp};

/// What the rules say of one time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation<'a> {
    /// Of which type an appointment would be.
    pub appointment_type: &'a AppointmentType,
    /// When it would take place.
    pub appointment: Interval,
    /// What it would take of its provider and room: itself with its buffers.
    pub occupied: Interval,
    /// What says no whoever the provider is.
    pub location: Vec<Obstacle<'a>>,
    /// The verdict on each provider who was asked for, or who takes the type, in their order.
    pub providers: Vec<Verdict<'a>>,
}

/// What the rules say of one time with one provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict<'a> {
    /// With whom.
    pub provider: &'a Provider,
    /// What says no to this provider, besides what does to all.
    pub obstacles: Vec<Obstacle<'a>>,
    /// The first of their rooms that is free.
    pub room: Option<&'a RoomId>,
}

/// A rule that says no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Obstacle<'a> {
    /// No appointment begins when the clock reads so.
    OffGrid {
        /// The beginning before; none where clocks are not whole minutes from UTC.
        earlier: Option<Timestamp>,
        /// The beginning after.
        later: Option<Timestamp>,
    },
    /// Now is later.
    Past,
    /// A visitor has to book with more notice.
    TooSoon {
        /// From when on they can.
        earliest: Timestamp,
    },
    /// A visitor cannot book so far ahead.
    TooFar {
        /// The last day that they can.
        last: Date,
    },
    /// The type is not for the visitor, new or returning.
    NotForThisClient,
    /// The location is closed for a day or more.
    Closed(&'a Closure),
    /// The location is not open throughout.
    OutsideOpening(Vec<DayHours<'a>>),
    /// The provider does not take the type.
    DoesNotTake,
    /// The provider does not work throughout.
    OutsideHours(Vec<DayHours<'a>>),
    /// The provider is away.
    Away(&'a TimeOff),
    /// The provider is taken.
    Busy(&'a Busy),
    /// Every room of the provider is taken: each, and by what first.
    NoRoom(Vec<(&'a RoomId, &'a Busy)>),
}

/// The hours of a date that the appointment touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayHours<'a> {
    /// Which.
    pub date: Date,
    /// Its hours, without regard to closures and time off.
    pub hours: &'a [Hours],
}

impl<'a> Calendar<'a> {
    /// Says of a time why an appointment of a type may begin then or may not: a provider is open when neither the location
    /// nor their own verdict has an obstacle, exactly when [`Self::place`] says so. `agenda` has everything that overlaps
    /// what the appointment would occupy.
    pub fn explain<'e>(
        &self,
        agenda: &'e Agenda,
        appointment_type: &'e AppointmentType,
        provider: Option<&'e Provider>,
        at: Timestamp,
        asked: &Asked<'_>,
    ) -> Explanation<'e>
    where
        'a: 'e,
    {
        let appointment = Interval::of(appointment_type, at);
        let wall = Wall::through(self.zone, appointment);
        let occupied = Interval::occupied_by(appointment_type, at);
        let in_the_way: Vec<&Busy> =
            agenda.busy().iter().filter(|one| one.occupied.overlaps(occupied) && stands(one, asked)).collect();
        let mut location = self.rules_of_beginning(at, asked);
        if !is_for(appointment_type, asked) {
            location.push(Obstacle::NotForThisClient);
        }
        let closures = self.setup.closures.iter();
        location.extend(closures.filter(|one| wall.when(one.readings()).next().is_some()).map(Obstacle::Closed));
        if !wall.hours(&self.setup.opening).contain(appointment) {
            location.push(Obstacle::OutsideOpening(self.days(&self.setup.opening, appointment)));
        }
        let providers: Vec<&Provider> = match provider {
            Some(provider) => vec![provider],
            None => self.setup.providers_of(&appointment_type.id).collect(),
        };
        let verdict = |provider| self.verdict(provider, appointment_type, appointment, &wall, &in_the_way);
        let providers = providers.into_iter().map(verdict).collect();
        Explanation { appointment_type, appointment, occupied, location, providers }
    }

    fn rules_of_beginning<'e>(&self, at: Timestamp, asked: &Asked<'_>) -> Vec<Obstacle<'e>> {
        let mut obstacles = Vec::new();
        if !self.is_on_grid(at) {
            // A day holds every reading of the clock but those that are left out.
            let minute = at.as_micros().div_euclid(MINUTE);
            let of = |minute: i64| Timestamp::from_micros(minute.saturating_mul(MINUTE));
            let earlier = (0..=1440).map(|back| of(minute - back)).find(|&one| self.is_on_grid(one));
            let later = (1..=1440).map(|ahead| of(minute + ahead)).find(|&one| self.is_on_grid(one));
            obstacles.push(Obstacle::OffGrid { earlier, later });
        }
        if at < asked.now {
            obstacles.push(Obstacle::Past);
        } else if at < earliest(self.setup, asked) {
            obstacles.push(Obstacle::TooSoon { earliest: earliest(self.setup, asked) });
        }
        let last = last_day(self, asked);
        if asked.visitor && Reading::at(self.zone, at).day() > last {
            obstacles.push(Obstacle::TooFar { last: Reading::of_day(last).date() });
        }
        obstacles
    }

    fn is_on_grid(&self, at: Timestamp) -> bool {
        let within = Wall::through(self.zone, Interval { start: at, end: at.plus_micros(1) });
        within
            .stretches()
            .iter()
            .all(|stretch| stretch.in_whole_minutes() && stretch.next_on_grid(at, grid(self.setup)) == at)
    }

    fn verdict<'e>(
        &self,
        provider: &'e Provider,
        appointment_type: &AppointmentType,
        appointment: Interval,
        wall: &Wall,
        in_the_way: &[&'e Busy],
    ) -> Verdict<'e> {
        let mut obstacles = Vec::new();
        if !provider.appointment_types.contains(&appointment_type.id) {
            obstacles.push(Obstacle::DoesNotTake);
        }
        obstacles.extend(
            provider.time_off.iter().filter(|one| wall.when(one.readings()).next().is_some()).map(Obstacle::Away),
        );
        if !wall.hours(&provider.hours).contain(appointment) {
            obstacles.push(Obstacle::OutsideHours(self.days(&provider.hours, appointment)));
        }
        let own = in_the_way.iter().filter(|one| one.provider == provider.id);
        obstacles.extend(own.map(|&one| Obstacle::Busy(one)));
        let taken = |room| in_the_way.iter().find(|one| one.room.as_ref() == Some(room)).copied();
        let room = provider.rooms.iter().find(|&room| taken(room).is_none());
        if room.is_none() && !provider.rooms.is_empty() {
            let rooms = provider.rooms.iter().filter_map(|room| Some((room, taken(room)?)));
            obstacles.push(Obstacle::NoRoom(rooms.collect()));
        }
        Verdict { provider, obstacles, room }
    }

    /// The hours of the dates on which an appointment begins and ends.
    fn days<'e>(&self, week: &'e Week, appointment: Interval) -> Vec<DayHours<'e>> {
        let ends = [appointment.start, appointment.end.plus_micros(-1)];
        let mut days: Vec<DayHours<'e>> = ends
            .map(|at| {
                let reading = Reading::at(self.zone, at);
                DayHours { date: reading.date(), hours: reading.hours_of(week) }
            })
            .into();
        days.dedup();
        days
    }
}
