//! What becomes of a visit: how far it comes, what brought it, whether it books; written as a CSV row in the wire shape.

use std::fmt::Write as _;

use bench_support::instant::{Instant, SECOND};
use bench_support::random::Random;
use bench_support::{Fallible, LOCATIONS, location_id};

use crate::rhythm::Visit;

const STAGES: [&str; 6] =
    ["started", "client_identification", "appointment_type_selection", "scheduling", "checkout", "completed"];
/// Of a hundred sessions, how many end at each stage; 40 book.
const FURTHEST: [u32; 6] = [16, 13, 14, 11, 6, 40];
/// Source, campaign, medium; and how many of a hundred visitors they bring.
const REFERRALS: [(&str, &str, &str); 10] = [
    ("", "", ""),
    ("google", "", "organic"),
    ("google", "vet-near-me", "cpc"),
    ("google", "brand", "cpc"),
    ("facebook", "puppy-season", "paid_social"),
    ("instagram", "dental-month", "paid_social"),
    ("newsletter", "vaccine-reminder", "email"),
    ("reminder", "annual-checkup", "sms"),
    ("yelp", "", "referral"),
    ("nextdoor", "neighbours", "referral"),
];
const REFERRAL_WEIGHTS: [u32; 10] = [28, 20, 14, 8, 7, 5, 8, 5, 3, 2];
const TIME_TO_LIVE: u64 = 30 * 60 * SECOND;

/// The unit in which changes are spread out: within one, a location's running number tells them apart. As many sessions of a
/// location as there are microseconds in it take longer than any session lasts, so no two changes of a location coincide.
const GRANULE: u64 = 1 << 16;

/// Writes rows into a buffer that it keeps.
#[derive(Debug)]
pub struct Writer {
    start: Instant,
    end: Instant,
    changes: Vec<u64>,
    row: String,
}

impl Writer {
    /// A writer of sessions between the two instants.
    pub fn new(start: Instant, end: Instant) -> Self {
        Self { start, end, changes: vec![0; LOCATIONS as usize + 1], row: String::with_capacity(512) }
    }

    /// The visit's CSV row.
    ///
    /// # Errors
    /// The session would not lie within the data set's two years: a mistake in this program.
    pub fn row(&mut self, visit: &Visit, random: &mut Random) -> Fallible<&str> {
        let furthest = random.weighted(&FURTHEST);
        let completed = furthest == STAGES.len() - 1;
        let mut last_activity_at = visit.created_at.0;
        for _ in 0..furthest {
            last_activity_at += 5 * SECOND + random.below(110 * SECOND);
        }
        let remote = completed && random.percent(85);
        let last_change = last_activity_at
            + match (completed, remote) {
                (false, _) => TIME_TO_LIVE + random.below(SECOND),
                (true, true) => random.below(600 * SECOND),
                (true, false) => 0,
            };
        let updated_at = Instant(self.tick(visit.location, last_change));
        if visit.created_at < self.start || updated_at >= self.end {
            return Err(format!("a session at {updated_at} lies outside the two years").into());
        }

        self.row.clear();
        let row = &mut self.row;
        write_id(row, visit.created_at, random);
        let status = if completed { "completed" } else { "abandoned" };
        let client_type = match furthest {
            0 => "",
            _ if random.percent(38) => "new",
            _ => "returning",
        };
        write!(row, ",{status},{},{client_type},", STAGES[furthest])?;
        if completed {
            write_id(row, Instant(last_activity_at), random);
        }
        row.push(',');
        if remote {
            write!(row, "{}", 100_000 + random.below(900_000))?;
        }
        let (source, campaign, medium) = REFERRALS[random.weighted(&REFERRAL_WEIGHTS)];
        writeln!(
            row,
            ",{source},{campaign},{medium},{},{updated_at},{},{}",
            visit.created_at,
            Instant(last_activity_at),
            location_id(visit.location),
        )?;
        Ok(row)
    }

    /// The instant of a change: after `at`, and the location's own.
    fn tick(&mut self, location: u64, at: u64) -> u64 {
        let number = &mut self.changes[location as usize];
        *number += 1;
        (at / GRANULE + 1) * GRANULE + *number % GRANULE
    }
}

/// Writes an id in the form of a UUID version 7 (RFC 9562, section 5.7).
fn write_id(row: &mut String, at: Instant, random: &mut Random) {
    let high = (at.0 / 1_000) << 16 | 0x7000 | random.below(1 << 12);
    let low = 1 << 63 | random.bits() >> 2;
    for (index, nibble) in (0..32).map(|index| {
        let half = if index < 16 { high } else { low };
        (index, half >> (60 - index % 16 * 4) & 15)
    }) {
        if matches!(index, 8 | 12 | 16 | 20) {
            row.push('-');
        }
        row.push(char::from(b"0123456789abcdef"[nibble as usize]));
    }
}
