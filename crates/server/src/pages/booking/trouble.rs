//! Pages for when something is in the way: what it is, and a way on.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use frontdesk_store::{Location, StoreError};

use super::asked::{Asked, Instead, Visitor};
use super::frame::Frame;
use super::links;
use super::views::{MessagePage, Way};
use crate::addresses::TooMany;
use crate::app::App;
use crate::pages::respond;
use crate::refusal;
use crate::words::Words;

fn message(frame: Frame, lead: &str, way: Option<Way>) -> MessagePage {
    MessagePage { lead: frame.say.text(lead), frame, way }
}

fn follow(say: Words, label: &str, href: String) -> Option<Way> {
    Some(Way { label: say.text(label), href, posts: false, hidden: Vec::new() })
}

/// Words for somebody who came to no location.
fn plain_words(headers: &HeaderMap) -> Words {
    let accepts = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Words::negotiate(None, accepts, None, "1")
}

/// There is no such location.
pub fn unknown(headers: &HeaderMap) -> Instead {
    let say = plain_words(headers);
    let page = message(Frame::bare(say, say.text("unknown-title")), "unknown-lead", None);
    respond::page(StatusCode::NOT_FOUND, &page, None, headers).into()
}

/// The location takes no bookings here.
pub fn closed(visitor: &Visitor) -> Instead {
    visitor.show(StatusCode::NOT_FOUND, &message(visitor.frame("closed-title"), "closed-lead", None)).into()
}

/// The address opens nothing.
pub fn missing(visitor: &Visitor) -> Instead {
    let way = follow(visitor.say, "start-over", links::start(&visitor.location.id));
    visitor.show(StatusCode::NOT_FOUND, &message(visitor.frame("missing-title"), "missing-lead", way)).into()
}

/// A form of another site.
pub fn foreign_form(say: Words, location: &Location, headers: &HeaderMap) -> Instead {
    let way = follow(say, "start-over", links::start(&location.id));
    let page = message(Frame::of(say, location, say.text("refused-title")), "refused-lead", way);
    respond::page(StatusCode::FORBIDDEN, &page, Some(location), headers).into()
}

/// A form that is larger than any of ours.
pub fn too_large(say: Words, location: &Location, headers: &HeaderMap) -> Instead {
    let page = message(Frame::of(say, location, say.text("too-large-title")), "too-large-lead", None);
    respond::page(StatusCode::PAYLOAD_TOO_LARGE, &page, Some(location), headers).into()
}

/// A form that did not arrive.
pub fn late(say: Words, location: &Location, headers: &HeaderMap) -> Instead {
    let page = message(Frame::of(say, location, say.text("late-title")), "late-lead", None);
    respond::page(StatusCode::REQUEST_TIMEOUT, &page, Some(location), headers).into()
}

/// Too many starts from one address.
pub fn busy(visitor: &Visitor, TooMany(seconds): TooMany) -> Instead {
    let way = follow(visitor.say, "try-again", links::start(&visitor.location.id));
    let page = message(visitor.frame("busy-title"), "busy-lead", way);
    let mut response = visitor.show(StatusCode::TOO_MANY_REQUESTS, &page);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response.into()
}

/// Something broke.
pub fn fault(wrong: &StoreError, headers: &HeaderMap, of: Option<(Words, &Location)>) -> Instead {
    let status = if wrong.is_passing() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    let frame = match of {
        Some((say, location)) => Frame::of(say, location, say.text("broken-title")),
        None => {
            let say = plain_words(headers);
            Frame::bare(say, say.text("broken-title"))
        }
    };
    let page = message(frame, "broken-lead", None);
    let mut response = respond::page(status, &page, of.map(|(_, location)| location), headers);
    refusal::complete(&mut response, None, wrong.worth_a_word());
    response.into()
}

/// The session's time ran out: say so, and offer to go on where it was. What was typed comes along, and so does the time
/// that was kept, which is asked for again.
pub async fn expired(app: &App, asked: &Asked) -> Instead {
    let visitor = &asked.visitor;
    let mut hidden = asked.typed.carried();
    let slot = match visitor.form.some("slot") {
        Some(slot) => Some(slot.to_owned()),
        None => match app.store.reader() {
            // Without it the visitor only chooses again.
            Ok(mut reader) => reader
                .hold(&visitor.location, asked.id())
                .await
                .ok()
                .flatten()
                .map(|hold| visitor.catalog.secret_key().slot_id(&visitor.location.id, &hold.slot)),
            Err(_) => None,
        },
    };
    hidden.extend(slot.map(|slot| ("slot", slot)));
    let way =
        Way { label: visitor.say.text("expired-do"), href: asked.links.to("again", &asked.place), posts: true, hidden };
    let page = message(visitor.frame("expired-title"), "expired-lead", Some(way));
    visitor.show(StatusCode::GONE, &page).into()
}

/// A page that only says something.
pub fn plain(status: StatusCode, title: &str, lead: &str, headers: &HeaderMap) -> Response {
    let say = plain_words(headers);
    respond::page(status, &message(Frame::bare(say, say.text(title)), lead, None), None, headers)
}
