//! What a server knows by heart: its locations and tokens, as of one generation of the installation.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::access::{Reach, SecretKey, Token, TokenId, TokenRecord};
use frontdesk_domain::practice::Setup;
use frontdesk_domain::scheduling::Calendar;
use frontdesk_domain::{LocationId, Timestamp};
use jiff::tz::TimeZone;

use crate::error::StoreError;

/// What an operator sets of a location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocationSettings {
    /// The name that people know it by.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// Microseconds that a session lives beyond the visitor's last action.
    pub session_ttl: i64,
    /// Origins (RFC 6454) whose pages may report sessions.
    pub origins: Vec<String>,
}

/// A location of a practice.
#[derive(Debug)]
pub struct Location {
    /// The small number that leads its keys.
    pub(crate) key: i64,
    /// Its id, `X-Client-Id` on the wire.
    pub id: LocationId,
    /// What an operator sets of it.
    pub settings: LocationSettings,
    /// When it was added.
    pub created_at: Timestamp,
    /// How it is set up for booking; none of a location whose appointments are made elsewhere.
    pub booking: Option<BookingSetup>,
    /// Goes up with every change of the set-up; 0 without one.
    pub(crate) setup_revision: i64,
}

/// What the calendar of a location is made of.
#[derive(Debug)]
pub struct BookingSetup {
    /// Its hours, rules, rooms, providers and types.
    pub setup: Setup,
    /// Its time zone.
    pub zone: TimeZone,
}

impl BookingSetup {
    /// The set-up that is kept of a location as `document`.
    ///
    /// # Errors
    /// When it cannot be read, or nobody knows the location's time zone.
    pub(crate) fn read(document: &str, time_zone: &str, location: &LocationId) -> Result<Self, StoreError> {
        let corrupt = |table, column| StoreError::Corrupt { table, column, id: location.to_string() };
        let setup = serde_json::from_str(document).map_err(|_| corrupt("setups", "document"))?;
        let zone = TimeZone::get(time_zone).map_err(|_| corrupt("locations", "time_zone"))?;
        Ok(Self { setup, zone })
    }

    /// The calendar that says which times are open.
    pub fn calendar(&self) -> Calendar<'_> {
        Calendar::new(&self.setup, &self.zone)
    }
}

/// Locations and tokens as of one generation.
pub struct Catalog {
    pub(crate) generation: i64,
    pub(crate) locations: HashMap<LocationId, Arc<Location>>,
    pub(crate) tokens: HashMap<TokenId, Arc<TokenRecord>>,
    pub(crate) secret_key: SecretKey,
}

impl Catalog {
    /// The location of that id.
    pub fn location(&self, id: &str) -> Option<&Arc<Location>> {
        self.locations.get(id)
    }

    /// Every location, by id.
    pub fn locations(&self) -> Vec<&Arc<Location>> {
        let mut locations: Vec<_> = self.locations.values().collect();
        locations.sort_by(|one, other| one.id.cmp(&other.id));
        locations
    }

    /// Every token, the oldest first.
    pub fn tokens(&self) -> Vec<&Arc<TokenRecord>> {
        let mut tokens: Vec<_> = self.tokens.values().collect();
        tokens.sort_by_key(|token| (token.created_at, token.id));
        tokens
    }

    /// The record of a token that is presented, when it is a good one.
    pub fn admit(&self, token: &Token) -> Option<&Arc<TokenRecord>> {
        self.tokens.get(&token.id()).filter(|record| record.admits(token))
    }

    /// The record of a token that is good, by its id: for who has proved already that they hold it.
    pub fn good_token(&self, id: TokenId) -> Option<&Arc<TokenRecord>> {
        self.tokens.get(&id).filter(|record| record.revoked_at.is_none())
    }

    /// The key from which session secrets are derived.
    pub fn secret_key(&self) -> SecretKey {
        self.secret_key
    }
}

/// Origins as they are kept.
pub(crate) fn origins_to_json(origins: &[String]) -> String {
    serde_json::Value::from(origins.to_vec()).to_string()
}

/// Reads what [`origins_to_json`] wrote; none when something else did.
pub(crate) fn origins_from_json(json: &str) -> Option<Vec<String>> {
    serde_json::from_str(json).ok()
}

/// A set-up as it is kept.
pub(crate) fn setup_to_json(setup: &Setup) -> String {
    serde_json::to_string(setup).expect("cannot fail: a set-up has no maps with other keys than texts")
}

/// The reach of a token as it is kept; none stands for every location.
pub(crate) fn reach_to_json(reach: &Reach) -> Option<String> {
    match reach {
        Reach::All => None,
        Reach::Locations(ids) => Some(serde_json::to_string(ids).expect("cannot fail: a list of texts is always JSON")),
    }
}

/// Reads what [`reach_to_json`] wrote; none when something else did.
pub(crate) fn reach_from_json(json: Option<&str>) -> Option<Reach> {
    json.map_or(Some(Reach::All), |ids| serde_json::from_str(ids).ok().map(Reach::Locations))
}
