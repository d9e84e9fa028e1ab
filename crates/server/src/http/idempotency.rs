//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that may be sent again within a day.

use axum::http::HeaderMap;
use frontdesk_domain::session::Idempotency;

use super::fields::BodyError;

const HEADER: &str = "idempotency-key";
const MOST_BYTES: usize = 255;

/// The key of a request to `endpoint` with this body.
pub fn read(headers: &HeaderMap, endpoint: &str, body: &[u8]) -> Result<Option<Idempotency>, BodyError> {
    let mut keys = headers.get_all(HEADER).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=MOST_BYTES).contains(&key.len()));
    match (key, keys.next()) {
        (Some(key), None) => Ok(Some(Idempotency::new(key, &[endpoint.as_bytes(), body]))),
        _ => Err(BodyError::field(
            "Idempotency-Key",
            format!("Idempotency-Key takes one text of 1 to {MOST_BYTES} ASCII characters."),
        )),
    }
}
