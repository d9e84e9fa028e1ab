//! `POST /services/user/v1/auth/sign-in`: a token's id and secret for a ticket that partners present in its place.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use frontdesk_domain::access::{Token, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::failure::Failure;
use super::schema::FailureBody;
use super::{answer, ticket};
use crate::app::App;
use crate::http::fields::{self, Fields, required};

/// The most bytes of a username or a password.
const MOST_BYTES: usize = 256;

/// Who signs in
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "username": "4f3a9c1e2b7d8065", "password": "mJ0bC3q…", "role": "ROLE_API",
}))]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct SignInRequest {
    /// The id of a token
    username: String,
    /// The secret of that token
    password: String,
    /// `ROLE_API`
    role: Option<String>,
}

/// What signing in gives
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIi…" }))]
pub struct Ticket {
    /// A JSON Web Token, a bearer token of this API for 24 hours
    token: String,
}

/// A ticket in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct TicketBody {
    success: bool,
    data: Ticket,
    #[schema(example = "OK")]
    message: String,
}

/// Sign in
///
/// With the two parts of a token, for clients that expect to. The token itself is a bearer token as well, and lasts.
#[utoipa::path(
    post,
    path = "/services/user/v1/auth/sign-in",
    tag = "Partner API",
    request_body = SignInRequest,
    responses(
        (status = 200, description = "A ticket", body = TicketBody),
        (status = 400, description = "A field is missing or wrong", body = FailureBody),
        (status = 401, description = "Not a good token's id and secret", body = FailureBody),
        (status = 413, description = "The body is too large", body = FailureBody),
        (status = 414, description = "The URL is too long", body = FailureBody),
        (status = 429, description = "Too many attempts by this username", body = FailureBody),
        (status = 500, description = "Something broke", body = FailureBody),
        (status = 503, description = "The server is busy", body = FailureBody)
    )
)]
pub async fn sign_in(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, Failure> {
    let body = fields::receive(&headers, body).await?;
    let (username, password) = parse(&body)?;
    let reader = app.store.reader()?;
    let catalog = reader.catalog();
    let id = TokenId::parse(&username).filter(|id| catalog.good_token(*id).is_some());
    // Of names that nobody has there is nothing to guess, and nothing is kept of them.
    let id = id.ok_or_else(Failure::wrong_credentials)?;
    let allowance = app.sign_ins.take(id).map_err(Failure::too_many_sign_ins)?;
    let token = Token::parse(&format!("fd_{id}_{password}"));
    let record = token.as_ref().and_then(|token| catalog.admit(token));
    let answer = record
        .ok_or_else(Failure::wrong_credentials)
        .map(|record| answer::body(&Ticket { token: ticket::issue(catalog.secret_key(), record.id, app.clock.now()) }));
    Ok(answer::respond(answer, allowance))
}

fn parse(body: &[u8]) -> Result<(Box<str>, Box<str>), Failure> {
    let mut fields = Fields::parse(body)?;
    let username = required("username", fields.text("username", MOST_BYTES)?)?;
    let password = required("password", fields.text("password", MOST_BYTES)?)?;
    match fields.text("role", MOST_BYTES)?.as_deref() {
        None | Some(ticket::ROLE) => Ok((username, password)),
        Some(_) => Err(Failure::bad_request(format!("role takes {}.", ticket::ROLE))),
    }
}
