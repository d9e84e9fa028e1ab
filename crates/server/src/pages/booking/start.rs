//! `GET /book/{location}`: a visitor has followed a link, and a session begins.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use frontdesk_domain::SessionId;
use frontdesk_domain::session::{
    Arrival, Command, Idempotency, MAX_LANDING_PAGE_BYTES, MAX_REFERRAL_BYTES, Referral, Request as Ask, Start,
};
use frontdesk_store::ApplyError;

use super::asked::{Answer, Instead, Visitor};
use super::links::{Links, Place};
use super::trouble;
use crate::app::App;
use crate::entropy;
use crate::pages::respond;

/// Begins a session and leads to its first question. A look that nobody takes, by a browser that fetches ahead or a HEAD,
/// begins nothing.
pub async fn start(State(app): State<Arc<App>>, request: Request) -> Answer {
    let is_head = request.method() == Method::HEAD;
    let target = request.uri().path_and_query().map(|target| target.as_str().to_owned()).unwrap_or_default();
    let (visitor, _) = Visitor::read(&app, request, "").await?;
    must_be_there(&visitor)?;
    if is_head {
        return Ok(respond::nothing(StatusCode::NO_CONTENT));
    }
    let start = what_is_known(&visitor, &target);
    let session = begin(&app, &visitor, start, None).await?;
    Ok(respond::go_to(&links_of(&visitor, &session).to("", &Place::default())))
}

/// Refuses a browser that fetches ahead: it shows a success in the place of the page when its visitor does come, which then
/// nobody would have asked for.
pub fn must_be_there(visitor: &Visitor) -> Result<(), Instead> {
    if is_ahead(&visitor.headers) { Err(respond::nothing(StatusCode::SERVICE_UNAVAILABLE).into()) } else { Ok(()) }
}

/// Whether the browser fetches a page ahead, which the visitor may never see (Fetch standard, `Sec-Purpose`).
fn is_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose"]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .any(|purpose| purpose.contains("prefetch"))
}

/// Begins a session. With a `key`, a repetition is the same session.
pub async fn begin(app: &App, visitor: &Visitor, start: Start, key: Option<Idempotency>) -> Result<SessionId, Instead> {
    app.addresses.take_start(visitor.address).map_err(|much| trouble::busy(visitor, much))?;
    let now = app.clock.now();
    let command = Command {
        location: visitor.location.id.clone(),
        session: SessionId::generate(now, entropy::random()),
        now,
        idempotency: key,
        request: Ask::Start(start),
    };
    match app.store.apply(command).await {
        Ok(outcome) => Ok(outcome.session.id),
        Err(ApplyError::Fault(wrong)) => Err(visitor.fault(&wrong)),
        // The location has just been removed, or somebody played with the address of an old session.
        Err(_) => Err(trouble::missing(visitor)),
    }
}

/// The addresses of a session.
pub fn links_of(visitor: &Visitor, session: &SessionId) -> Links {
    let key = visitor.catalog.secret_key().page_key(&visitor.location.id, session);
    Links::of_session(&visitor.location.id, session.as_str(), &key, visitor.language)
}

/// What brought the visitor. A link may hold anything: what is too long is cut, since a visitor who is refused for a
/// campaign's name is lost, and so is a campaign that is left out.
fn what_is_known(visitor: &Visitor, target: &str) -> Start {
    let part = |name: &str, most| visitor.query.get(name).and_then(|text| clean(text, most));
    let head = |name: header::HeaderName| visitor.headers.get(name).and_then(|value| value.to_str().ok());
    let host = head(header::HOST).unwrap_or_default();
    let own = |address: &str| address.split("://").nth(1).and_then(|rest| rest.split('/').next()) == Some(host);
    let referrer = head(header::REFERER).filter(|referrer| !own(referrer));
    let scheme =
        if visitor.headers.get("x-forwarded-proto").is_some_and(|told| told == "https") { "https" } else { "http" };
    let landing = format!("{scheme}://{host}{target}");
    Start {
        referral: Referral {
            source: part("utm_source", MAX_REFERRAL_BYTES),
            campaign: part("utm_campaign", MAX_REFERRAL_BYTES),
            medium: part("utm_medium", MAX_REFERRAL_BYTES),
        },
        arrival: Arrival {
            term: part("utm_term", MAX_REFERRAL_BYTES),
            content: part("utm_content", MAX_REFERRAL_BYTES),
            landing_page: part("landing", MAX_LANDING_PAGE_BYTES).or_else(|| clean(&landing, MAX_LANDING_PAGE_BYTES)),
            referrer: part("referrer", MAX_LANDING_PAGE_BYTES)
                .or_else(|| clean(referrer.unwrap_or_default(), MAX_LANDING_PAGE_BYTES)),
            resumed_from: None,
        },
    }
}

/// A text without control characters, of at most so many bytes.
fn clean(text: &str, most: usize) -> Option<Box<str>> {
    let text: String = text.chars().filter(|one| !one.is_control()).collect();
    let mut end = text.trim().len().min(most);
    while !text.trim().is_char_boundary(end) {
        end -= 1;
    }
    let text = text.trim()[..end].trim_end();
    (!text.is_empty()).then(|| text.into())
}

/// The answer to a request whose location is in the path and nothing else.
pub async fn theme(State(app): State<Arc<App>>, request: Request) -> Answer {
    let (visitor, file) = Visitor::read(&app, request, "file").await?;
    super::theme::answer(&visitor.location, &file).ok_or_else(|| trouble::missing(&visitor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_says_is_cut_rather_than_refused() {
        assert_eq!(clean("  spring\u{0}\n sale ", 512).as_deref(), Some("spring sale"));
        assert_eq!(clean("ñññ", 5).as_deref(), Some("ññ"));
        assert_eq!(clean(" \u{7} ", 512), None);
        assert_eq!(clean(&"x".repeat(9000), 512).map(|text| text.len()), Some(512));
    }

    #[test]
    fn a_look_ahead_is_known() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(header::HeaderName::from_static(name), header::HeaderValue::from_static(value))])
        };
        assert!(is_ahead(&headers("sec-purpose", "prefetch;prerender")));
        assert!(is_ahead(&headers("purpose", "prefetch")));
        assert!(!is_ahead(&headers("sec-fetch-mode", "navigate")));
    }
}
