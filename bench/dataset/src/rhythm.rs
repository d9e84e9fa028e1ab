//! When visitors come: more on weekdays and in opening hours, fewer at night, slowly more from month to month.

use bench_support::LOCATIONS;
use bench_support::instant::{DATA_DAYS, DAY, HOUR, Instant};
use bench_support::random::Random;

/// Weight of each local hour of the day.
const HOURS: [u32; 24] = [6, 3, 2, 2, 3, 8, 25, 60, 90, 100, 100, 90, 80, 80, 80, 80, 80, 75, 70, 75, 75, 60, 40, 18];
/// Weight of each day of the week, Thursday first, as 1970-01-01 was one.
const WEEKDAYS: [f64; 7] = [1.0, 1.05, 0.85, 0.7, 1.25, 1.1, 1.05];
/// Hours that a location's clock is behind UTC, by location number.
const HOURS_BEHIND: [u64; 5] = [6, 5, 6, 7, 8];
/// No session lasts longer than this, from its creation to its last change.
const LONGEST: u64 = 3 * HOUR;

/// A visitor's coming: where and when.
#[derive(Debug)]
pub struct Visit {
    /// The location's number, 1 to 50.
    pub location: u64,
    /// When the session was created.
    pub created_at: Instant,
}

/// How many sessions each day has; they add up to `sessions`.
pub fn per_day(start: Instant, sessions: u64) -> Vec<u64> {
    let first = start.0 / DAY;
    let weight = |day: u64| {
        let growth = 1.0 + 0.4 * day as f64 / DATA_DAYS as f64;
        WEEKDAYS[((first + day) % 7) as usize] * growth
    };
    let total: f64 = (0..DATA_DAYS).map(weight).sum();
    let mut reached = 0.0;
    let mut given = 0;
    (0..DATA_DAYS)
        .map(|day| {
            reached += weight(day);
            let due = if day + 1 == DATA_DAYS { sessions } else { (sessions as f64 * reached / total).round() as u64 };
            let count = due.saturating_sub(given);
            given += count;
            count
        })
        .collect()
}

/// One visit on that day; every fifth goes to the largest location.
pub fn visit(midnight: Instant, number: u64, random: &mut Random) -> Visit {
    let location = if number.is_multiple_of(5) { 1 } else { 2 + random.below(LOCATIONS - 1) };
    let behind = HOURS_BEHIND[(location % 5) as usize] * HOUR;
    let local = random.weighted(&HOURS) as u64 * HOUR + random.below(HOUR);
    // Folded into the UTC day, and clear of its end, so that the whole session lies within the two years.
    let within_day = ((local + behind) % DAY).min(DAY - LONGEST - 1 - random.below(HOUR));
    Visit { location, created_at: Instant(midnight.0 + within_day) }
}
