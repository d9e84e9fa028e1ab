//! The booking page: a few steps, each an address of its own, rendered here and usable without script.
//!
//! There is no cookie. The session's id and its page key stand in the path, what has been chosen stands in the query, the
//! time that is kept lies in the store, and what was typed comes along in hidden fields. So every step can be reloaded and
//! gone back to, in a frame of another site too.

mod again;
mod appointment;
mod asked;
mod change;
mod client;
mod confirm;
mod details;
mod details_step;
mod frame;
mod hold;
mod kind;
mod links;
#[cfg(test)]
mod samples;
mod search;
mod start;
mod theme;
mod time;
mod trouble;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use crate::app::App;

pub use asked::Visitor;
pub use client::preview;
pub use theme::{address as theme_address, colour, ink_on};
pub use trouble::plain;

/// The names of the routes, for the metrics.
pub const ROUTES: [&str; 17] = [
    "/book/{location}",
    "/book/{location}/theme/{file}",
    "/book/{location}/{visit}",
    "/book/{location}/{visit}/client",
    "/book/{location}/{visit}/type",
    "/book/{location}/{visit}/time",
    "/book/{location}/{visit}/hold",
    "/book/{location}/{visit}/release",
    "/book/{location}/{visit}/details",
    "/book/{location}/{visit}/confirm",
    "/book/{location}/{visit}/book",
    "/book/{location}/{visit}/done",
    "/book/{location}/{visit}/again",
    "/book/{location}/appointment/{link}",
    "/book/{location}/appointment/{link}/time",
    "/book/{location}/appointment/{link}/cancel",
    "/book/{location}/appointment/{link}/appointment.ics",
];

/// Every page of the flow. A step that a form changes something at leads to the step before it when somebody loads its
/// address; a step that shows something shows it to a form too, which takes along what was typed.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/book/{location}", get(start::start))
        .route("/book/{location}/theme/{file}", get(start::theme))
        .route("/book/{location}/{visit}", get(client::show).post(client::show))
        .route("/book/{location}/{visit}/client", post(client::answer).get(to_first))
        .route("/book/{location}/{visit}/type", get(kind::show).post(kind::show))
        .route("/book/{location}/{visit}/time", get(time::show).post(time::show))
        .route("/book/{location}/{visit}/hold", post(hold::hold).get(to_time))
        .route("/book/{location}/{visit}/release", post(hold::release).get(to_time))
        .route("/book/{location}/{visit}/details", get(details_step::show).post(details_step::show))
        .route("/book/{location}/{visit}/confirm", post(confirm::show).get(to_details))
        .route("/book/{location}/{visit}/book", post(confirm::book).get(to_details))
        .route("/book/{location}/{visit}/done", get(appointment::done))
        .route("/book/{location}/{visit}/again", post(again::again).get(to_first))
        .route("/book/{location}/appointment/{link}", get(appointment::show))
        .route("/book/{location}/appointment/{link}/time", get(change::ask_move).post(change::move_it))
        .route("/book/{location}/appointment/{link}/cancel", get(change::ask_cancel).post(change::cancel))
        .route("/book/{location}/appointment/{link}/appointment.ics", get(appointment::calendar))
}

async fn to_first(asked: asked::Asked) -> Response {
    asked.go("")
}

async fn to_time(asked: asked::Asked) -> Response {
    asked.go("time")
}

async fn to_details(asked: asked::Asked) -> Response {
    asked.go("details")
}
