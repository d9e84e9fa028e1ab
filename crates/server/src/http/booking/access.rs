//! Who may act on a session: its page by the session's secret, the practice by a token of scope `booking`.

use std::sync::Arc;

use axum::http::HeaderMap;
use frontdesk_domain::access::{Scope, TokenRecord};
use frontdesk_domain::{LocationId, SessionId};
use frontdesk_store::{Catalog, Location, Reader};

use super::problem::{self, Problem};
use crate::app::App;
use crate::http::headers::{self, CLIENT_ID};
use crate::limits::Allowance;

/// The session that a secret is for, when the secret is its own.
pub fn by_secret(
    catalog: &Catalog,
    headers: &HeaderMap,
    session: &str,
) -> Result<(LocationId, SessionId), Box<Problem>> {
    let refused = || problem::unauthorized("the secret of this session");
    let secret = headers::bearer(headers).ok_or_else(refused)?;
    let location = catalog.secret_key().open_session_secret(session, secret).ok_or_else(refused)?;
    Ok((location, SessionId::parse(session).map_err(|_| problem::not_found())?))
}

/// A request by a token of scope `booking`.
pub struct Caller {
    token: Arc<TokenRecord>,
    only: Option<String>,
    /// What is left of the token's limit.
    pub allowance: Option<Allowance>,
}

/// Lets the practice's own system in. `X-Client-Id` may narrow the token to one of its locations.
pub fn by_token(app: &App, catalog: &Catalog, headers: &HeaderMap) -> Result<Caller, Box<Problem>> {
    let refused = || problem::unauthorized("a valid token of scope booking");
    let token = headers::token(headers).ok_or_else(refused)?;
    let token = Arc::clone(catalog.admit(&token).ok_or_else(refused)?);
    // Before anything else is looked at, so that guessing is limited too.
    let allowance = app.limits.take(token.id).map_err(problem::rate_limited)?;
    let checked = if token.scope.allows(Scope::Booking) { only(headers) } else { Err(problem::forbidden()) };
    match checked {
        Ok(only) => Ok(Caller { token, only, allowance }),
        Err(problem) => Err(problem.within(allowance)),
    }
}

/// The one location that the caller asks about, if it says so; in UTF-8 as the command line took it.
fn only(headers: &HeaderMap) -> Result<Option<String>, Box<Problem>> {
    let mut ids = headers.get_all(CLIENT_ID).iter();
    let Some(id) = ids.next() else { return Ok(None) };
    match (std::str::from_utf8(id.as_bytes()), ids.next()) {
        (Ok(id), None) if !id.trim().is_empty() => Ok(Some(id.trim().to_owned())),
        _ => Err(problem::bad_input("X-Client-Id", "X-Client-Id takes one location id.")),
    }
}

impl Caller {
    /// The location, among those of the token, that has the session. None also when another location has it.
    pub async fn locate(&self, reader: &mut Reader<'_>, session: &str) -> Result<Option<Arc<Location>>, Box<Problem>> {
        let catalog = Arc::clone(reader.catalog());
        for location in catalog.locations() {
            let id = location.id.as_str();
            let asked = self.only.as_deref().is_none_or(|only| only == id) && self.token.reach.covers(id);
            if asked && reader.has_session(location, session).await? {
                return Ok(Some(Arc::clone(location)));
            }
        }
        Ok(None)
    }
}
