//! A time is chosen, and kept for the visitor; or given back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use frontdesk_domain::MailId;
use frontdesk_domain::appointment::{Command, Hold, Rejection, Request};
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::session::{Observation, Stage};
use frontdesk_store::{BookError, Booked};

use super::asked::{Answer, Asked, Instead};
use super::time::{self, Told};
use super::{client, confirm, details_step, kind};
use crate::app::App;
use crate::entropy;

/// Keeps the chosen time.
pub async fn hold(State(app): State<Arc<App>>, mut asked: Asked) -> Answer {
    client::must_be_answered(&app, &asked).await?;
    take(&app, &mut asked).await
}

/// Keeps the time that the form names, and goes on with it.
pub async fn take(app: &App, asked: &mut Asked) -> Answer {
    let Some(slot) = named(app, asked).await? else { return Err(unreadable(app, asked).await) };
    asked.place.kind = Some(slot.appointment_type.to_string());
    let hold = keep(app, asked, slot).await?;
    if asked.typed.is_empty() {
        return Ok(asked.go("details"));
    }
    // Whoever has typed everything already goes back to where they were.
    match asked.typed.check(asked.visitor.say, &asked.visitor.booking().setup.face) {
        Ok(details) => Ok(confirm::page(asked, &hold, &details)),
        Err(_) => Ok(details_step::page(asked, &hold, StatusCode::OK, &[])),
    }
}

/// The time that the form names, which has to be one of this location's.
async fn named(app: &App, asked: &Asked) -> Result<Option<Slot>, Instead> {
    let visitor = &asked.visitor;
    if visitor.form.is_doubled("slot") {
        return Err(unreadable(app, asked).await);
    }
    let Some(id) = visitor.form.some("slot") else { return Ok(None) };
    match visitor.catalog.secret_key().open_slot_id(&visitor.location.id, &visitor.booking().setup, id) {
        Some(slot) => Ok(Some(slot)),
        None => Err(unreadable(app, asked).await),
    }
}

/// The times again, because the form names none that there is.
async fn unreadable(app: &App, asked: &Asked) -> Instead {
    let refused = Observation::FormRefused { fields: vec!["slot".into()] };
    if let Err(instead) = asked.observe(app, None, vec![refused]).await {
        return instead;
    }
    times(app, asked, StatusCode::UNPROCESSABLE_ENTITY, Told::Closed(None)).await
}

/// The times again, with what is in the way.
async fn times(app: &App, asked: &Asked, status: StatusCode, told: Told) -> Instead {
    match time::page(app, asked, status, Some(told)).await {
        Ok(response) => response.into(),
        Err(instead) => instead,
    }
}

/// Sends a command on appointments.
pub async fn book(app: &App, asked: &Asked, request: Request) -> Result<Booked, BookError> {
    let now = app.clock.now();
    let command = Command {
        location: asked.visitor.location.id.clone(),
        now,
        idempotency: None,
        mail: MailId::generate(now, entropy::random()),
        request,
    };
    app.store.book(command).await
}

/// Keeps a time, of the few that an address may have kept in a minute; the times again, when it cannot be kept.
async fn keep(app: &App, asked: &Asked, slot: Slot) -> Result<Hold, Instead> {
    if asked.unseen {
        return Err(asked.go("time").into());
    }
    if app.addresses.take_hold(asked.visitor.address).is_err() {
        return Err(times(app, asked, StatusCode::TOO_MANY_REQUESTS, Told::Busy).await);
    }
    let request = Request::Hold { session: asked.id().clone(), slot: slot.clone() };
    match book(app, asked, request).await {
        Ok(Booked { hold: Some(hold), .. }) => Ok(hold),
        Ok(Booked { hold: None, .. }) => Err(asked.go("time").into()),
        Err(error) => Err(lost(app, asked, slot, error).await),
    }
}

/// What a visitor sees whose time could not be kept, or not be booked.
pub async fn lost(app: &App, asked: &Asked, slot: Slot, error: BookError) -> Instead {
    let BookError::Rejected(rejection) = error else { return asked.refused(app, error).await };
    let (status, told) = match rejection {
        Rejection::SlotTaken => (StatusCode::CONFLICT, Told::Lost(slot)),
        Rejection::TooManyHolds => (StatusCode::TOO_MANY_REQUESTS, Told::TooMany),
        Rejection::NotForThisClient => return kind::refuse(app, asked).await,
        _ => (StatusCode::CONFLICT, Told::Closed(Some(slot))),
    };
    times(app, asked, status, told).await
}

/// The time that the page is about, kept for the visitor. The form says which it is, whatever else is kept by now: the
/// visitor may have chosen another one in another tab, and books what stands before them. One that is not kept any more is
/// kept again when it can be.
pub async fn kept(app: &App, asked: &mut Asked) -> Result<Hold, Instead> {
    let visitor = &asked.visitor;
    let hold = {
        let mut reader = app.store.reader().map_err(|wrong| visitor.fault(&wrong))?;
        reader.hold(&visitor.location, asked.id()).await.map_err(|wrong| visitor.fault(&wrong))?
    };
    let slot = named(app, asked).await?.or_else(|| hold.as_ref().map(|hold| hold.slot.clone()));
    let Some(slot) = slot else {
        return Err(asked.go(if asked.place.kind.is_some() { "time" } else { "type" }).into());
    };
    asked.place.kind = Some(slot.appointment_type.to_string());
    match hold.filter(|hold| hold.slot == slot && hold.until > asked.visitor.now) {
        Some(hold) => Ok(hold),
        None => keep(app, asked, slot).await,
    }
}

/// Gives the time back, because the visitor went back to choose another.
pub async fn release(State(app): State<Arc<App>>, asked: Asked) -> Answer {
    client::must_be_answered(&app, &asked).await?;
    match book(&app, &asked, Request::Release { session: asked.id().clone() }).await {
        Ok(_) => {}
        Err(error) => return Err(asked.refused(&app, error).await),
    }
    if asked.typed.is_empty() {
        return Ok(asked.go("time"));
    }
    asked.advance(&app, Stage::Scheduling, None).await?;
    time::page(&app, &asked, StatusCode::OK, None).await
}
