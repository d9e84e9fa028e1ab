//! Who may read which location: the bearer token and `X-Client-Id` of a Partner API request.

use std::sync::Arc;

use axum::http::HeaderMap;
use frontdesk_domain::access::{Scope, TokenId};
use frontdesk_store::{Catalog, Location};

use super::failure::Failure;
use crate::http::headers::{self, CLIENT_ID};

/// A request that may go on.
pub struct Access {
    /// The token it came with.
    pub token: TokenId,
    /// The location it is about.
    pub location: Arc<Location>,
}

/// Lets a request in: 401 without a good token, 400 without one location, 403 when the token does not cover it. Nobody
/// learns whether a location exists that is not theirs.
pub fn admit(catalog: &Catalog, headers: &HeaderMap) -> Result<Access, Failure> {
    let token = headers::token(headers).ok_or_else(Failure::unauthorized)?;
    let record = catalog.admit(&token).ok_or_else(Failure::unauthorized)?;
    let mut ids = headers.get_all(CLIENT_ID).iter();
    let (id, None) = (ids.next(), ids.next()) else {
        return Err(Failure::bad_request("X-Client-Id takes one location id; it was given more than once."));
    };
    let id = id.map(|id| id.as_bytes().trim_ascii()).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Failure::bad_request("X-Client-Id is required: the location id of the practice."))?;
    let location = std::str::from_utf8(id)
        .ok()
        .filter(|id| record.scope.allows(Scope::Partner) && record.reach.covers(id))
        .and_then(|id| catalog.location(id))
        .ok_or_else(Failure::forbidden)?;
    Ok(Access { token: record.id, location: Arc::clone(location) })
}
