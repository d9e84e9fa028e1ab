//! "What does your pet need?"

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use frontdesk_domain::practice::AppointmentType;
use frontdesk_domain::session::{Observation, Stage};

use super::asked::{Answer, Asked, Instead};
use super::client;
use super::links::Place;
use super::views::{Kind, TypePage};
use crate::app::App;

/// Asks.
pub async fn show(State(app): State<Arc<App>>, asked: Asked) -> Answer {
    client::must_be_answered(&app, &asked).await?;
    asked.advance(&app, Stage::AppointmentTypeSelection, None).await?;
    Ok(page(&asked, StatusCode::OK, None))
}

/// The question, after something that is to be said first.
pub fn page(asked: &Asked, status: StatusCode, told: Option<String>) -> Response {
    let say = asked.visitor.say;
    let mut frame = asked.frame("type-title", Stage::AppointmentTypeSelection);
    frame.back = Some(asked.links.to("", &Place::default()));
    let offered = asked.visitor.booking().setup.appointment_types.iter();
    let kinds = offered.filter(|kind| kind.clients.include(asked.session.client_type)).map(|kind| Kind {
        href: asked.links.to("time", &Place { kind: Some(kind.id.to_string()), ..Place::default() }),
        name: kind.name_in(say.language.tag()).to_owned(),
        help: kind.help_in(say.language.tag()).map(str::to_owned),
        minutes: say.with("minutes", "count", &kind.minutes.to_string()),
    });
    let page = TypePage { told, kinds: kinds.collect(), frame };
    asked.visitor.show(status, &page)
}

/// The type that was chosen; the question again, when it is none that this visitor can book.
pub async fn chosen<'a>(app: &App, asked: &'a Asked) -> Result<&'a AppointmentType, Instead> {
    let Some(id) = &asked.place.kind else { return Err(asked.go("type").into()) };
    let kind = asked.visitor.booking().setup.appointment_type(id);
    match kind.filter(|kind| kind.clients.include(asked.session.client_type)) {
        Some(kind) => Ok(kind),
        None => Err(refuse(app, asked).await),
    }
}

/// The question again, because what was chosen cannot be booked by this visitor.
pub async fn refuse(app: &App, asked: &Asked) -> Instead {
    let refused = Observation::FormRefused { fields: vec!["type".into()] };
    match asked.observe(app, None, vec![refused]).await {
        Ok(()) => {
            let told = asked.visitor.say.text("type-gone");
            page(asked, StatusCode::UNPROCESSABLE_ENTITY, Some(told)).into()
        }
        Err(instead) => instead,
    }
}
