//! What the benchmark tools share: options, a seeded random number generator, instants and the fifty locations.

pub mod instant;
pub mod options;
pub mod random;

/// A result whose failure is only ever shown to a person.
pub type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How many locations the data set has.
pub const LOCATIONS: u64 = 50;

/// The path of the list endpoint, on the product and on both yardsticks.
pub const LIST_PATH: &str = "/services/core/open_api/v1/booking_sessions";

/// The id of a location by its number, 1 to [`LOCATIONS`]; number 1 is the largest.
pub fn location_id(number: u64) -> String {
    format!("loc-{number:02}")
}
