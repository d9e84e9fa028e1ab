//! `GET /booking_sessions`: a page of a location's change feed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use frontdesk_domain::session::SessionView;
use frontdesk_store::{PageQuery, PageStart, Reader, StoreError, WalkAnswer, WalkQuery};

use super::access::{self, Access, Caller};
use super::answer;
use super::failure::Failure;
use super::query::{self, ListQuery};
use super::schema::{FailureBody, SessionPageBody};
use crate::app::App;
use crate::wire::SessionJson;

const PATH: &str = "/services/core/open_api/v1/booking_sessions";
/// Left free before the sessions for what is known only after them: the envelope, the page and the total.
const ENVELOPE_BYTES: usize = 160;
/// A session takes about this much.
const SESSION_BYTES: usize = 512;

/// A location's booking sessions by `updated_at`
///
/// Poll it window by window: `[a, b]`, then `[b, c]`, and so on. Every change of a session gives it a later `updated_at`,
/// so no session is missed. The `Link` header leads to the next page by a cursor.
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/booking_sessions",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("updated_at_start" = String, Query, format = DateTime, description = "Start of the window of `updated_at`, inclusive", example = "2023-11-07T05:31:56Z"),
        ("updated_at_end" = Option<String>, Query, format = DateTime, description = "End of the window, inclusive; left out: now"),
        ("status" = Option<super::schema::StatusName>, Query, description = "Only sessions of this status"),
        ("page" = Option<u64>, Query, description = "Page number, from 0; default 0", minimum = 0, maximum = 9007199254740991_i64),
        ("per_page" = Option<u32>, Query, description = "Sessions a page; default 10", minimum = 1, maximum = 1000),
        ("after" = Option<String>, Query, description = "The cursor of a `Link` header; with it `page` only numbers the answer")
    ),
    responses(
        (status = 200, description = "A page of sessions", body = SessionPageBody, headers(
            ("Link" = String, description = "The next page by cursor (RFC 8288), absent on the last page")
        )),
        (status = 400, description = "A header or parameter is missing or wrong", body = FailureBody),
        (status = 401, description = "No valid token", body = FailureBody),
        (status = 403, description = "The token does not cover the location", body = FailureBody),
        (status = 413, description = "The body is too large", body = FailureBody),
        (status = 414, description = "The URL is too long", body = FailureBody),
        (status = 429, description = "The token has used up its limit", body = FailureBody),
        (status = 500, description = "Something broke", body = FailureBody),
        (status = 503, description = "The server is busy", body = FailureBody)
    )
)]
pub async fn list_sessions(State(app): State<Arc<App>>, request: Request) -> Result<Response, Failure> {
    // Not as extractors of axum, each of which would copy what it gives.
    let (head, _) = request.into_parts();
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &head.headers)?;
    let answer = async {
        let access = access?;
        let query = query::parse(head.uri.query().unwrap_or_default())?;
        let mut body = Vec::with_capacity(ENVELOPE_BYTES + SESSION_BYTES * query.per_page.min(100) as usize);
        body.resize(ENVELOPE_BYTES, b' ');
        let mut json = SessionJson::default();
        let write = |session: SessionView<'_>| {
            if body.len() > ENVELOPE_BYTES {
                body.push(b',');
            }
            json.write(&mut body, &session);
        };
        let WalkAnswer { total, next } = page(&mut reader, &access, &query, write).await?;
        drop(reader);
        let link = next.map(|next| query.next_link(PATH, &next));
        Ok::<_, Failure>((finish(body, &query, total), link))
    };
    let (answer, link) = match answer.await {
        Ok((body, link)) => (Ok(body), link),
        Err(failure) => (Err(failure), None),
    };
    let mut response = answer::respond(answer, allowance);
    if let Some(link) = link.and_then(|link| HeaderValue::try_from(link).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// Reads a page: from the place that a cursor names, or of a walk.
async fn page(
    reader: &mut Reader<'_>,
    access: &Access,
    query: &ListQuery,
    sink: impl FnMut(SessionView<'_>) + Send,
) -> Result<WalkAnswer, StoreError> {
    let (location, window, per_page) = (Arc::clone(&access.location), query.window, query.per_page);
    if let Some(place) = &query.after {
        let start = PageStart::Cursor(place.clone());
        let answer = reader.page(&PageQuery { location, window, start, limit: per_page }, sink).await?;
        return Ok(answer.into());
    }
    reader.walk(&WalkQuery { token: access.token, location, window, page: query.page, per_page }, sink).await
}

/// Puts the envelope around the sessions: its beginning ends where the sessions begin.
fn finish(mut body: Vec<u8>, query: &ListQuery, total: u64) -> bytes::Bytes {
    let mut envelope = Vec::with_capacity(ENVELOPE_BYTES);
    envelope.extend_from_slice(answer::BEFORE);
    let members: [(&[u8], u64); 3] =
        [(b"{\"page\":", query.page), (b",\"per_page\":", u64::from(query.per_page)), (b",\"total_count\":", total)];
    for (key, number) in members {
        envelope.extend_from_slice(key);
        envelope.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }
    envelope.extend_from_slice(b",\"content\":[");
    let begin = ENVELOPE_BYTES - envelope.len();
    body[begin..ENVELOPE_BYTES].copy_from_slice(&envelope);
    body.extend_from_slice(b"]}");
    body.extend_from_slice(answer::AFTER);
    bytes::Bytes::from(body).slice(begin..)
}
