//! After a session's time ran out: a new one, with the same referral, where the old one was.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use frontdesk_domain::session::{Arrival, Idempotency, Stage, Start, State as Standing};

use super::asked::{Answer, Asked};
use super::{hold, start, time};
use crate::app::App;

/// Begins anew, and goes on. However often it is sent, it is one new session.
pub async fn again(State(app): State<Arc<App>>, mut asked: Asked) -> Answer {
    match asked.session.state {
        Standing::Completed { .. } => return Ok(asked.go("done")),
        Standing::Active { expires_at } if asked.visitor.now < expires_at => return Ok(asked.go("")),
        Standing::Active { .. } | Standing::Abandoned => {}
    }
    let old = asked.id().clone();
    let arrival = Arrival { resumed_from: Some(old.clone()), ..Arrival::default() };
    let beginning = Start { referral: asked.session.referral.clone(), arrival };
    let key = Idempotency::new(&format!("resume {old}"), &[old.as_str().as_bytes()]);
    let id = start::begin(&app, &asked.visitor, beginning, Some(key)).await?;
    asked.links = start::links_of(&asked.visitor, &id);
    asked.session.id = id;
    let Some(client_type) = asked.session.client_type else { return Ok(asked.go("")) };
    asked.advance(&app, Stage::AppointmentTypeSelection, Some(client_type)).await?;
    if asked.visitor.form.some("slot").is_some() || asked.visitor.form.is_doubled("slot") {
        return hold::take(&app, &mut asked).await;
    }
    if asked.place.kind.is_none() {
        return Ok(asked.go("type"));
    }
    if asked.typed.is_empty() {
        return Ok(asked.go("time"));
    }
    time::page(&app, &asked, StatusCode::OK, None).await
}
