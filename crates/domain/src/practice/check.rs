//! Whether a set-up makes sense as a whole.

use std::collections::HashSet;

use super::{Hours, Setup, Week};

/// Something that is wrong with a set-up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where, as keys and indexes from the set-up down: `["providers", "1", "rooms", "0"]`.
    pub path: Vec<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The most minutes of an appointment, and of each of its buffers.
const MOST_MINUTES: u16 = 12 * 60;
/// The most minutes that an appointment takes of its provider and room, buffers included.
pub const MOST_OCCUPIED_MINUTES: u16 = 3 * MOST_MINUTES;
/// The most days ahead.
const MOST_HORIZON_DAYS: u16 = 366;
/// The most minutes that a time is kept.
const MOST_HOLD_MINUTES: u16 = 60;
/// The most minutes of a notice: four weeks.
const MOST_NOTICE_MINUTES: u32 = 28 * 24 * 60;

impl Setup {
    /// Everything that is wrong with it; nothing when it is sound.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Problems(Vec::new());
        found.week(&["opening"], &self.opening);
        for (index, closure) in self.closures.iter().enumerate() {
            if closure.until < closure.from {
                found.add(&["closures", &index.to_string(), "until"], "lies before from");
            }
        }
        self.check_rules(&mut found);
        found.unique("rooms", self.rooms.iter().map(|room| room.id.as_str()));
        found.unique("providers", self.providers.iter().map(|provider| provider.id.as_str()));
        found.unique("appointment_types", self.appointment_types.iter().map(|one| one.id.as_str()));
        self.check_types(&mut found);
        self.check_providers(&mut found);
        found.0
    }

    fn check_rules(&self, found: &mut Problems) {
        let rules = &self.rules;
        if !(1..=240).contains(&rules.grid_minutes) || 1440 % rules.grid_minutes != 0 {
            found.add(
                &["rules", "grid_minutes"],
                "takes minutes that divide a day: 5, 10, 15, 20, 30 or 60, for example",
            );
        }
        if rules.notice_minutes > MOST_NOTICE_MINUTES {
            found.add(&["rules", "notice_minutes"], "takes at most four weeks (40320)");
        }
        if rules.change_notice_minutes > MOST_NOTICE_MINUTES {
            found.add(&["rules", "change_notice_minutes"], "takes at most four weeks (40320)");
        }
        if rules.horizon_days > MOST_HORIZON_DAYS {
            found.add(&["rules", "horizon_days"], "takes at most 366");
        }
        if !(1..=MOST_HOLD_MINUTES).contains(&rules.hold_minutes) {
            found.add(&["rules", "hold_minutes"], "takes 1 to 60");
        }
    }

    fn check_types(&self, found: &mut Problems) {
        for (index, one) in self.appointment_types.iter().enumerate() {
            let index = index.to_string();
            if !(1..=MOST_MINUTES).contains(&one.minutes) {
                found.add(&["appointment_types", &index, "minutes"], "takes 1 to 720");
            }
            for (name, minutes) in [
                ("buffer_before_minutes", one.buffer_before_minutes),
                ("buffer_after_minutes", one.buffer_after_minutes),
            ] {
                if minutes > MOST_MINUTES {
                    found.add(&["appointment_types", &index, name], "takes at most 720");
                }
            }
            if self.providers_of(&one.id).next().is_none() {
                found.add(&["appointment_types", &index, "id"], "no provider takes it, so nobody could book it");
            }
        }
    }

    fn check_providers(&self, found: &mut Problems) {
        for (index, provider) in self.providers.iter().enumerate() {
            let index = index.to_string();
            let at = |rest: &[&str]| -> Vec<String> {
                ["providers", &index].iter().chain(rest).map(|&part| part.to_owned()).collect()
            };
            for (place, id) in provider.appointment_types.iter().enumerate() {
                if self.appointment_type(id.as_str()).is_none() {
                    let path = at(&["appointment_types", &place.to_string()]);
                    found.0.push(Problem { path, message: format!("there is no appointment type {id}") });
                }
            }
            for (place, id) in provider.rooms.iter().enumerate() {
                if self.room(id.as_str()).is_none() {
                    let path = at(&["rooms", &place.to_string()]);
                    found.0.push(Problem { path, message: format!("there is no room {id}") });
                }
            }
            found.week(&["providers", &index, "hours"], &provider.hours);
            for (place, away) in provider.time_off.iter().enumerate() {
                if away.until <= away.from {
                    found.add(
                        &["providers", &index, "time_off", &place.to_string(), "until"],
                        "does not lie after from",
                    );
                }
            }
        }
    }
}

struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, path: &[&str], message: &str) {
        let path = path.iter().map(|&part| part.to_owned()).collect();
        self.0.push(Problem { path, message: message.to_owned() });
    }

    fn unique<'a>(&mut self, list: &str, ids: impl Iterator<Item = &'a str>) {
        let mut known = HashSet::new();
        for (index, id) in ids.enumerate() {
            if !known.insert(id) {
                self.add(&[list, &index.to_string(), "id"], "is taken by an earlier one");
            }
        }
    }

    fn week(&mut self, path: &[&str], week: &Week) {
        for (day, hours) in week.0.iter().enumerate() {
            let wrong = if hours.iter().any(|one| one.from >= one.until || one.until > 1440) {
                "takes hours that end after they begin, until 24:00 at the latest"
            } else if hours.windows(2).any(|pair: &[Hours]| pair[0].until >= pair[1].from) {
                "takes hours in their order that do not meet"
            } else {
                continue;
            };
            let day = day.to_string();
            self.add(&[path, &[&day]].concat(), wrong);
        }
    }
}
