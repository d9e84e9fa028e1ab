//! The opaque `after` of a `Link`: a place in the feed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use frontdesk_domain::feed::Place;
use frontdesk_domain::{SessionId, Timestamp};

use super::failure::Failure;

/// Appends a place: its instant as eight bytes, then its id.
pub fn append(target: &mut String, place: &Place) {
    let mut bytes = Vec::with_capacity(8 + place.id.len());
    bytes.extend_from_slice(&place.updated_at.as_micros().to_be_bytes());
    bytes.extend_from_slice(place.id.as_bytes());
    URL_SAFE_NO_PAD.encode_string(bytes, target);
}

/// Reads what [`append`] wrote. Anything else is a client's mistake; a forged place only moves its own reader.
pub fn read(text: &str) -> Result<Place, Failure> {
    let place = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (micros, id) = bytes.split_first_chunk()?;
        let id = std::str::from_utf8(id).ok()?;
        let id = if id.is_empty() { "" } else { SessionId::parse(id).ok().map(|_| id)? };
        Some(Place { updated_at: Timestamp::from_micros(i64::from_be_bytes(*micros)), id: id.into() })
    };
    place().ok_or_else(|| Failure::bad_request("after takes the value that the Link header of the page before gave."))
}
