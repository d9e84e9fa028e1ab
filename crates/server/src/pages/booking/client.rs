//! "Have you been here before?"

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use frontdesk_domain::session::{ClientType, Observation, Stage};

use super::asked::{Answer, Asked, Instead, Visitor};
use super::kind;
use super::views::ClientPage;
use crate::app::App;

/// Asks. Seeing the question is the first thing that a visitor does, so it moves the stage.
pub async fn show(State(app): State<Arc<App>>, asked: Asked) -> Answer {
    asked.must_be_open(&app).await?;
    asked.advance(&app, Stage::ClientIdentification, None).await?;
    Ok(page(&asked, StatusCode::OK))
}

/// Lets a visitor whose session is under way go on once it is answered, and leads others to where theirs is. What was typed
/// comes along to the question.
pub async fn must_be_answered(app: &App, asked: &Asked) -> Result<(), Instead> {
    asked.must_be_open(app).await?;
    if asked.session.client_type.is_some() {
        return Ok(());
    }
    if asked.typed.is_empty() {
        return Err(asked.go("").into());
    }
    asked.advance(app, Stage::ClientIdentification, None).await?;
    Err(page(asked, StatusCode::CONFLICT).into())
}

fn page(asked: &Asked, status: StatusCode) -> Response {
    let frame = asked.frame("client-title", Stage::ClientIdentification);
    let page = ClientPage { action: asked.links.to("client", &asked.place), frame };
    asked.visitor.show(status, &page)
}

/// The first question to look at: nothing can be pressed, and nothing is recorded.
pub fn preview(visitor: &Visitor) -> Response {
    let mut frame = visitor.frame("client-title").at(Stage::ClientIdentification);
    frame.inert = true;
    visitor.show(StatusCode::OK, &ClientPage { action: String::new(), frame })
}

/// Takes the answer.
pub async fn answer(State(app): State<Arc<App>>, mut asked: Asked) -> Answer {
    asked.must_be_open(&app).await?;
    let said = asked.visitor.form.get("client_type");
    let Some(client_type) = ClientType::ALL.iter().copied().find(|one| Some(one.as_str()) == said) else {
        let refused = Observation::FormRefused { fields: vec!["client_type".into()] };
        asked.observe(&app, None, vec![refused]).await?;
        return Ok(asked.go(""));
    };
    asked.advance(&app, Stage::AppointmentTypeSelection, Some(client_type)).await?;
    if asked.typed.is_empty() {
        return Ok(asked.go("type"));
    }
    asked.session.client_type = Some(client_type);
    Ok(kind::page(&asked, StatusCode::OK, None))
}
