//! Who may read which location: the bearer token and `X-Client-Id` of a Partner API request.

use std::sync::Arc;

use axum::http::HeaderMap;
use frontdesk_domain::access::{Scope, Token, TokenId, TokenRecord};
use frontdesk_store::{Catalog, Location};

use super::failure::Failure;
use super::ticket;
use crate::app::App;
use crate::http::headers::{self, CLIENT_ID};
use crate::limits::Allowance;

/// A request that may go on.
pub struct Access {
    /// The token it came with.
    pub token: TokenId,
    /// The location it is about.
    pub location: Arc<Location>,
}

/// A request by a good token.
pub struct Caller {
    /// What it may read, unless it asks for something else.
    pub access: Result<Access, Failure>,
    /// What is left of the token's limit.
    pub allowance: Option<Allowance>,
}

/// Lets a request in: 401 without a good token, 429 when it has used up its limit, 400 without one location, 403 when
/// the token does not cover it. The limit comes before the location, so that a client that asks for what it may not
/// read is slowed down like any other.
pub fn admit(app: &App, catalog: &Catalog, headers: &HeaderMap) -> Result<Caller, Failure> {
    admit_for(app, catalog, headers, Scope::Partner)
}

/// The same for what takes a token of another scope.
pub fn admit_for(app: &App, catalog: &Catalog, headers: &HeaderMap, needed: Scope) -> Result<Caller, Failure> {
    let record = token(app, catalog, headers).ok_or_else(Failure::unauthorized)?;
    let allowance = app.limits.take(record.id).map_err(Failure::too_many_requests)?;
    Ok(Caller { access: access(catalog, record, headers, needed), allowance })
}

/// The token that a request comes with: itself, or what signing in with it gave.
fn token<'c>(app: &App, catalog: &'c Catalog, headers: &HeaderMap) -> Option<&'c Arc<TokenRecord>> {
    let bearer = headers::bearer(headers)?;
    match Token::parse(bearer) {
        Some(token) => catalog.admit(&token),
        None => catalog.good_token(ticket::open(catalog.secret_key(), bearer, app.clock.now())?),
    }
}

/// Nobody learns whether a location exists that is not theirs.
fn access(catalog: &Catalog, token: &TokenRecord, headers: &HeaderMap, needed: Scope) -> Result<Access, Failure> {
    let mut ids = headers.get_all(CLIENT_ID).iter();
    let (id, None) = (ids.next(), ids.next()) else {
        return Err(Failure::bad_request("X-Client-Id takes one location id; it was given more than once."));
    };
    let id = id.map(|id| id.as_bytes().trim_ascii()).filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Failure::bad_request("X-Client-Id is required: the location id of the practice."))?;
    let location = std::str::from_utf8(id)
        .ok()
        .filter(|id| token.scope.allows(needed) && token.reach.covers(id))
        .and_then(|id| catalog.location(id))
        .ok_or_else(Failure::forbidden)?;
    Ok(Access { token: token.id, location: Arc::clone(location) })
}
