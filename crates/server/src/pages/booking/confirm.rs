//! "Does this look right?", and the booking itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use frontdesk_domain::appointment::{Booking, ClientChoice, Hold, NewClient, NewPatient, PatientChoice, Request};
use frontdesk_domain::session::{Observation, Stage};
use frontdesk_domain::{AppointmentId, ClientId, PatientId};

use super::asked::{Answer, Asked, Instead};
use super::details::{Details, Wrong, species_name};
use super::views::{ChangeLine, ConfirmPage};
use super::{client, details_step, hold, time};
use crate::app::App;
use crate::entropy;

/// Checks the form and shows what would be booked; or the form again, with what is wrong.
pub async fn show(State(app): State<Arc<App>>, mut asked: Asked) -> Answer {
    client::must_be_answered(&app, &asked).await?;
    let hold = hold::kept(&app, &mut asked).await?;
    let details = check(&app, &asked, &hold).await?;
    asked.advance(&app, Stage::Checkout, None).await?;
    Ok(page(&asked, &hold, &details))
}

/// Books; or shows what is in the way, with everything that was typed.
pub async fn book(State(app): State<Arc<App>>, mut asked: Asked) -> Answer {
    client::must_be_answered(&app, &asked).await?;
    let hold = hold::kept(&app, &mut asked).await?;
    let details = check(&app, &asked, &hold).await?;
    let booking = booking(&app, &asked, &hold, details);
    match hold::book(&app, &asked, Request::Book(Box::new(booking))).await {
        Ok(_) => Ok(asked.go("done")),
        Err(error) => Err(hold::lost(&app, &asked, hold.slot, error).await),
    }
}

async fn check(app: &App, asked: &Asked, hold: &Hold) -> Result<Details, Instead> {
    let wrong = match asked.typed.check(asked.visitor.say, &asked.visitor.booking().setup.face) {
        Ok(details) => return Ok(details),
        Err(wrong) => wrong,
    };
    let fields = wrong.iter().map(|(name, _): &Wrong| (*name).into()).collect();
    asked.observe(app, Some(Stage::Checkout), vec![Observation::FormRefused { fields }]).await?;
    Err(details_step::page(asked, hold, StatusCode::UNPROCESSABLE_ENTITY, &wrong).into())
}

fn booking(app: &App, asked: &Asked, hold: &Hold, details: Details) -> Booking {
    let now = app.clock.now();
    Booking {
        id: AppointmentId::generate(now, entropy::random()),
        session: Some(asked.id().clone()),
        slot: hold.slot.clone(),
        client: ClientChoice::Described(NewClient {
            id: ClientId::generate(now, entropy::random()),
            first_name: details.first_name,
            last_name: details.last_name,
            email: Some(details.email),
            phone: Some(details.phone),
        }),
        patient: PatientChoice::Described(NewPatient {
            id: PatientId::generate(now, entropy::random()),
            name: details.pet_name,
            species: Some(details.species),
            breed: details.breed,
        }),
        client_type: None,
        note: details.note,
        status: None,
        language: asked.visitor.say.language.tag().into(),
    }
}

/// What would be booked, each part of it changeable.
pub fn page(asked: &Asked, hold: &Hold, details: &Details) -> Response {
    let say = asked.visitor.say;
    let mut frame = asked.frame("confirm-title", Stage::Checkout);
    let slot = asked.visitor.catalog.secret_key().slot_id(&asked.visitor.location.id, &hold.slot);
    frame.carried.push(("slot", slot));
    let (types, times, form) = (
        asked.links.to("type", &asked.place),
        asked.links.to("time", &asked.place),
        asked.links.to("details", &asked.place),
    );
    frame.back = Some(form.clone());
    let mut lines: Vec<ChangeLine> = details_step::chosen(asked, hold)
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let href = if index == 0 { &types } else { &times };
            ChangeLine { name: line.name, value: line.value, href: href.clone() }
        })
        .collect();
    let mut add = |name: &str, value: String| {
        lines.push(ChangeLine { name: say.text(name), value, href: form.clone() });
    };
    let Details { first_name, last_name, phone, email, pet_name, species, breed, note } = details;
    add("confirm-contact", format!("{first_name} {last_name}\n{phone}\n{email}"));
    let animal = [Some(species_name(species, say)), breed.as_deref().map(str::to_owned)];
    let animal: Vec<String> = animal.into_iter().flatten().collect();
    add("confirm-pet", format!("{pet_name} ({})", animal.join(", ")));
    if let Some(note) = note {
        add("confirm-note", note.to_string());
    }
    let page = ConfirmPage {
        action: asked.links.to("book", &asked.place),
        kept: Some(time::kept(asked, hold.slot.start, hold.until)),
        lines,
        asks: !asked.visitor.booking().setup.rules.auto_accept,
        frame,
    };
    asked.visitor.show(StatusCode::OK, &page)
}
