//! The demo's practices: where they are, how busy, and what brings their visitors.

use fastrand::Rng;

use crate::practice_file::{self, LocationFile};

/// A location of the demo.
#[derive(Debug)]
pub struct Practice {
    /// Its id, `X-Client-Id` on the wire.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its IANA time zone.
    pub time_zone: &'static str,
    /// Visitors on an ordinary weekday.
    pub visitors_a_day: u32,
    /// What brings them, with weights.
    pub channels: &'static [(u32, Channel)],
}

/// What brings a visitor.
#[derive(Debug)]
pub struct Channel {
    /// `utm_source`
    pub source: Option<&'static str>,
    /// `utm_campaign`
    pub campaign: Option<&'static str>,
    /// `utm_medium`
    pub medium: Option<&'static str>,
    /// Of a hundred visitors, how many are new to the practice.
    pub new_clients: u32,
    /// Of a hundred visitors at a stage, how many go on to the next.
    pub goes_on: u32,
}

const DIRECT: Channel = Channel { source: None, campaign: None, medium: None, new_clients: 20, goes_on: 86 };
const REMINDER: Channel = Channel {
    source: Some("reminder"),
    campaign: Some("annual-checkup"),
    medium: Some("sms"),
    new_clients: 2,
    goes_on: 92,
};
const SEARCH: Channel =
    Channel { source: Some("google"), campaign: None, medium: Some("organic"), new_clients: 62, goes_on: 80 };
const SEARCH_AD: Channel = Channel {
    source: Some("google"),
    campaign: Some("vet-near-me"),
    medium: Some("cpc"),
    new_clients: 81,
    goes_on: 72,
};

/// The three practices.
pub const PRACTICES: [Practice; 3] = [
    Practice {
        id: "paws-austin",
        name: "Paws & Claws Austin",
        time_zone: "America/Chicago",
        visitors_a_day: 64,
        channels: &[
            (30, DIRECT),
            (18, REMINDER),
            (24, SEARCH),
            (18, SEARCH_AD),
            (
                10,
                Channel {
                    source: Some("instagram"),
                    campaign: Some("puppy-season"),
                    medium: Some("paid_social"),
                    new_clients: 74,
                    goes_on: 61,
                },
            ),
        ],
    },
    Practice {
        id: "lakeside-albany",
        name: "Lakeside Animal Hospital",
        time_zone: "America/New_York",
        visitors_a_day: 41,
        channels: &[
            (36, DIRECT),
            (26, REMINDER),
            (28, SEARCH),
            (
                10,
                Channel {
                    source: Some("newsletter"),
                    campaign: Some("dental-month"),
                    medium: Some("email"),
                    new_clients: 4,
                    goes_on: 84,
                },
            ),
        ],
    },
    Practice {
        id: "huellas-madrid",
        name: "Cl\u{ed}nica Huellas",
        time_zone: "Europe/Madrid",
        visitors_a_day: 27,
        channels: &[
            (40, DIRECT),
            (38, SEARCH),
            (
                22,
                Channel {
                    source: Some("facebook"),
                    campaign: Some("campa\u{f1}a-de-vacunaci\u{f3}n"),
                    medium: Some("paid_social"),
                    new_clients: 55,
                    goes_on: 68,
                },
            ),
        ],
    },
];

impl Channel {
    /// The address of a practice's booking page in the link that it puts before people.
    pub fn address(&self, practice: &Practice) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("utm_source", self.source), ("utm_campaign", self.campaign), ("utm_medium", self.medium)]
        {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        format!("/book/{}?{}", practice.id, query.finish())
    }
}

impl Practice {
    /// What brings the next visitor.
    pub fn channel(&self, random: &mut Rng) -> &'static Channel {
        let weights: u32 = self.channels.iter().map(|(weight, _)| weight).sum();
        let mut rest = random.u32(0..weights);
        for (weight, channel) in self.channels {
            if rest < *weight {
                return channel;
            }
            rest -= weight;
        }
        &DIRECT
    }
}

/// How the three are set up for booking, as `frontdesk apply` would read it.
pub fn set_ups() -> Vec<LocationFile> {
    practice_file::parse(include_str!("practices.toml"), "practices.toml", None)
        .unwrap_or_else(|mistakes| panic!("the demo's own file is sound, as its test shows:\n{mistakes}"))
}

#[cfg(test)]
mod tests {
    use super::{PRACTICES, set_ups};

    #[test]
    fn the_demo_s_practices_are_set_up() {
        let all = set_ups();
        let known = PRACTICES.iter().map(|practice| (practice.id, practice.name, practice.time_zone));
        let set_up =
            all.iter().map(|one| (one.id.as_str(), one.settings.name.as_str(), one.settings.time_zone.as_str()));
        assert!(known.eq(set_up));
        for location in &all {
            assert!((3..=5).contains(&location.setup.providers.len()) && location.setup.appointment_types.len() >= 6);
        }
    }
}
