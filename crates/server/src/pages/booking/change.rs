//! An appointment is moved or called off by its client, within the practice's notice. Each is asked once more.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use frontdesk_domain::appointment::{Actor, Command, Decision, Rejection, Request};
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::{MailId, ProviderId};
use frontdesk_store::{BookError, Booked};
use jiff::civil::Date;

use super::appointment::Linked;
use super::asked::{Answer, Instead};
use super::frame::{Frame, Line};
use super::links::Place;
use super::search::{For, Found, Wall};
use super::trouble;
use super::views::{AskPage, Jump, MessagePage, ProviderChoice, TimePage, Way};
use crate::app::App;
use crate::entropy;
use crate::pages::respond;

/// "Cancel this appointment?"
pub async fn ask_cancel(linked: Linked) -> Answer {
    must_be_movable(&linked)?;
    let say = linked.visitor.say;
    let page = AskPage {
        lines: linked.lines(),
        action: linked.links.to("cancel", &Place::default()),
        hidden: Vec::new(),
        yes: say.text("cancel-do"),
        no: say.text("cancel-keep"),
        no_href: linked.links.to("", &Place::default()),
        frame: linked.frame("cancel-title", "cancel"),
    };
    Ok(linked.visitor.show(StatusCode::OK, &page))
}

/// Cancels it.
pub async fn cancel(State(app): State<Arc<App>>, linked: Linked) -> Answer {
    let appointment = linked.about.appointment.id.clone();
    let request = Request::Decide { appointment, decision: Decision::Cancel, actor: Actor::Client };
    match send(&app, &linked, request).await {
        Ok(_) => Ok(respond::go_to(&linked.links.to("", &Place::default()))),
        Err(error) => Err(refused(&linked, error)),
    }
}

/// "When suits you better?", and once a time is chosen, "Move your appointment?"
pub async fn ask_move(State(app): State<Arc<App>>, linked: Linked) -> Answer {
    must_be_movable(&linked)?;
    match linked.visitor.query.some("slot").map(|id| open(&linked, id)) {
        Some(Some(slot)) => Ok(confirm(&linked, &slot)),
        Some(None) => times(&app, &linked, StatusCode::UNPROCESSABLE_ENTITY, Some(("time-closed", None))).await,
        None => times(&app, &linked, StatusCode::OK, None).await,
    }
}

/// Moves it.
pub async fn move_it(State(app): State<Arc<App>>, linked: Linked) -> Answer {
    let slot = linked.visitor.form.some("slot").and_then(|id| open(&linked, id));
    let Some(slot) = slot else {
        must_be_movable(&linked)?;
        return times(&app, &linked, StatusCode::UNPROCESSABLE_ENTITY, Some(("time-closed", None))).await;
    };
    let appointment = linked.about.appointment.id.clone();
    let request = Request::Reschedule { appointment, slot: slot.clone(), actor: Actor::Client };
    match send(&app, &linked, request).await {
        Ok(_) => Ok(respond::go_to(&linked.links.with("", &[("moved", "yes".to_owned())]))),
        Err(BookError::Rejected(Rejection::SlotTaken)) => {
            times(&app, &linked, StatusCode::CONFLICT, Some(("time-lost", Some(slot)))).await
        }
        Err(BookError::Rejected(Rejection::SlotNotOpen)) => {
            times(&app, &linked, StatusCode::CONFLICT, Some(("time-closed", Some(slot)))).await
        }
        Err(error) => Err(refused(&linked, error)),
    }
}

/// A time of the appointment's own type.
fn open(linked: &Linked, id: &str) -> Option<Slot> {
    let visitor = &linked.visitor;
    let slot = visitor.catalog.secret_key().open_slot_id(&visitor.location.id, &visitor.booking().setup, id)?;
    (slot.appointment_type == linked.about.appointment.slot.appointment_type).then_some(slot)
}

fn must_be_movable(linked: &Linked) -> Result<(), Instead> {
    linked.movable().map_err(|rejection| refused(linked, BookError::Rejected(rejection)))
}

async fn send(app: &App, linked: &Linked, request: Request) -> Result<Booked, BookError> {
    let now = app.clock.now();
    let command = Command {
        location: linked.visitor.location.id.clone(),
        now,
        idempotency: None,
        mail: MailId::generate(now, entropy::random()),
        request,
    };
    app.store.book(command).await
}

/// What the client sees when it cannot be changed: how it stands, or whom to call.
fn refused(linked: &Linked, error: BookError) -> Instead {
    let visitor = &linked.visitor;
    match error {
        BookError::Fault(wrong) => visitor.fault(&wrong),
        BookError::Rejected(Rejection::TooLateToChange) => {
            let say = visitor.say;
            let back = Way {
                label: say.text("appointment-title"),
                href: linked.links.to("", &Place::default()),
                posts: false,
                hidden: Vec::new(),
            };
            let page =
                MessagePage { lead: linked.too_late(), way: Some(back), frame: linked.frame("appointment-title", "") };
            visitor.show(StatusCode::CONFLICT, &page).into()
        }
        // It is over, or called off: its page says so.
        BookError::Rejected(_) => respond::go_to(&linked.links.to("", &Place::default())).into(),
        _ => trouble::missing(visitor),
    }
}

fn confirm(linked: &Linked, slot: &Slot) -> Response {
    let say = linked.visitor.say;
    let provider = linked.visitor.booking().setup.provider(slot.provider.as_str());
    let mut lines = vec![
        Line::new(say.text("move-from"), linked.when(linked.about.appointment.slot.start)),
        Line::new(say.text("move-to"), linked.when(slot.start)),
    ];
    lines.extend(provider.map(|provider| Line::new(say.text("chosen-with"), &*provider.name)));
    let id = linked.visitor.catalog.secret_key().slot_id(&linked.visitor.location.id, slot);
    let page = AskPage {
        lines,
        action: linked.links.to("time", &Place::default()),
        hidden: vec![("slot", id)],
        yes: say.text("move-do"),
        no: say.text("back"),
        no_href: linked.links.to("time", &Place::default()),
        frame: linked.frame("move-title", "time"),
    };
    linked.visitor.show(StatusCode::OK, &page)
}

/// The times of the appointment's type, after something that is to be said first.
async fn times(app: &App, linked: &Linked, status: StatusCode, told: Option<(&str, Option<Slot>)>) -> Answer {
    let visitor = &linked.visitor;
    let appointment = &linked.about.appointment;
    let setup = &visitor.booking().setup;
    let Some(kind) = setup.appointment_type(appointment.slot.appointment_type.as_str()) else {
        return Err(refused(linked, BookError::Rejected(Rejection::TooLateToChange)));
    };
    let wall = Wall::new(visitor);
    let provider = visitor.query.some("provider").and_then(|id| setup.provider(id));
    let provider = provider.filter(|one| one.appointment_types.contains(&kind.id)).map(|one| &one.id);
    let client_type = appointment.client_type;
    let wanted = For { kind, provider, session: None, client_type, moved: Some(&appointment.id) };
    let asked = visitor.query.some("from");
    let from = asked.and_then(|text| text.parse::<Date>().ok());
    let from = from.filter(|date| (wall.today()..=wall.last_day()).contains(date));
    let read = async {
        let mut reader = app.store.reader()?;
        let found = wall.look(&mut reader, &wanted, from.unwrap_or_else(|| wall.today())).await?;
        let near = match &told {
            Some((_, Some(lost))) => wall.nearest(&mut reader, &wanted, lost).await?,
            _ => Vec::new(),
        };
        Ok((found, near))
    };
    let (found, near) = read.await.map_err(|wrong| visitor.fault(&wrong))?;
    let mut page = view(linked, &wall, &wanted, &found, (from, asked.is_some() && from.is_none()));
    page.told = told.as_ref().map(|(key, _)| visitor.say.text(key));
    page.nearest = near.iter().map(|open| wall.choice(&open.slot(), false)).collect();
    Ok(visitor.show(status, &page))
}

fn view(
    linked: &Linked,
    wall: &Wall<'_>,
    wanted: &For<'_>,
    found: &Found<'_>,
    (from, wrong): (Option<Date>, bool),
) -> TimePage {
    let say = linked.visitor.say;
    let provider = wanted.provider.and_then(|id| linked.visitor.booking().setup.provider(id.as_str()));
    let place = Place { kind: None, provider: wanted.provider.map(ToString::to_string), from: None };
    let href = |place: &Place| linked.links.to("time", place);
    let first = found.days.first().and_then(|(_, times)| times.first());
    let days = wall.days(found, None);
    let until = say.within(&say.weekday(wall.last_day(), wall.today().year()));
    TimePage {
        title: say.text("time-title-move"),
        zone: wall.zone(),
        method: "get",
        action: href(&Place::default()),
        told: None,
        nearest: Vec::new(),
        providers: providers(linked, wanted),
        provider: provider.map_or_else(|| say.text("time-anyone"), |one| one.name.to_string()),
        filtered: provider.is_some(),
        next: first.filter(|_| from.is_none()).map(|open| wall.soon(&open.slot(), false)),
        later: found.later.map(|date| href(&place.starting(Some(date.to_string())))),
        first_days: from.map(|_| href(&place)),
        none: days.is_empty().then(|| say.with("time-none-title", "date", &until)),
        anyone: provider.map(|_| href(&Place::default())),
        jump: Jump {
            action: href(&Place::default()),
            hidden: place.parts(),
            min: wall.today().to_string(),
            max: wall.last_day().to_string(),
            value: from.map(|date| date.to_string()).unwrap_or_default(),
            error: wrong.then(|| say.with("time-jump-wrong", "date", &until)),
        },
        days,
        frame: frame(linked),
    }
}

fn frame(linked: &Linked) -> Frame {
    let mut frame = linked.frame("time-title-move", "time");
    frame.chosen = linked.lines().into_iter().take(2).collect();
    frame
}

fn providers(linked: &Linked, wanted: &For<'_>) -> Vec<ProviderChoice> {
    let setup = &linked.visitor.booking().setup;
    let choice = |provider: Option<&ProviderId>, name: String| ProviderChoice {
        name,
        href: linked.links.to("time", &Place { provider: provider.map(ToString::to_string), ..Place::default() }),
        current: provider == wanted.provider,
    };
    let mut choices = vec![choice(None, linked.visitor.say.text("time-anyone"))];
    choices.extend(setup.providers_of(&wanted.kind.id).map(|one| choice(Some(&one.id), one.name.to_string())));
    if choices.len() > 2 { choices } else { Vec::new() }
}
