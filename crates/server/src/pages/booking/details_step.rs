//! "How can we reach you?"

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use frontdesk_domain::appointment::Hold;
use frontdesk_domain::session::Stage;

use super::asked::{Answer, Asked};
use super::details::{self, Wrong};
use super::frame::Line;
use super::search::Wall;
use super::views::DetailsPage;
use super::{client, hold, time};
use crate::app::App;

/// Asks; with what was typed, when the visitor comes back to change it.
pub async fn show(State(app): State<Arc<App>>, mut asked: Asked) -> Answer {
    client::must_be_answered(&app, &asked).await?;
    let hold = hold::kept(&app, &mut asked).await?;
    asked.advance(&app, Stage::Checkout, None).await?;
    Ok(page(&asked, &hold, StatusCode::OK, &[]))
}

/// The form, with what was typed and what is wrong with it.
pub fn page(asked: &Asked, hold: &Hold, status: StatusCode, wrong: &[Wrong]) -> Response {
    let (say, typed) = (asked.visitor.say, &asked.typed);
    let mut frame = asked.frame("details-title", Stage::Checkout);
    frame.back = Some(asked.links.to("release", &asked.place));
    frame.chosen = chosen(asked, hold);
    // The form itself takes along what is in it.
    (frame.form, frame.carried) = (Some("details"), Vec::new());
    let field = |name| details::field(name, typed, wrong, say);
    let slot = asked.visitor.catalog.secret_key().slot_id(&asked.visitor.location.id, &hold.slot);
    let page = DetailsPage {
        action: asked.links.to("confirm", &asked.place),
        hidden: vec![("slot", slot)],
        kept: Some(time::kept(asked, hold.slot.start, hold.until)),
        errors: details::summary(wrong),
        first_name: field("first_name"),
        last_name: field("last_name"),
        phone: field("phone"),
        email: field("email"),
        pet_name: field("pet_name"),
        breed: field("breed"),
        note: field("note"),
        species: details::species(typed, say),
        species_error: details::error_of(wrong, "species"),
        consent: typed.get("consent") == "yes",
        consent_error: details::error_of(wrong, "consent"),
        frame,
    };
    asked.visitor.show(status, &page)
}

/// What has been chosen: what, when and with whom.
pub fn chosen(asked: &Asked, hold: &Hold) -> Vec<Line> {
    let (say, setup) = (asked.visitor.say, &asked.visitor.booking().setup);
    let kind = setup.appointment_type(hold.slot.appointment_type.as_str());
    let kind = kind.map(|kind| Line::new(say.text("chosen-type"), kind.name_in(say.language.tag())));
    let when = Line::new(say.text("chosen-when"), Wall::new(&asked.visitor).moment(hold.slot.start));
    let provider = setup.provider(hold.slot.provider.as_str());
    let provider = provider.map(|provider| Line::new(say.text("chosen-with"), &*provider.name));
    kind.into_iter().chain([when]).chain(provider).collect()
}
