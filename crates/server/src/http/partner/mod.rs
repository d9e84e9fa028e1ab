//! The Partner API: the wire contract of the vendor it replaces, under `/services/core/open_api/v1`.

mod access;
mod answer;
mod appointment;
mod appointment_types;
mod booker;
mod change_appointment;
mod clients;
mod create_appointment;
mod cursor;
pub mod failure;
mod get_appointment;
mod get_session;
mod list_appointments;
mod list_sessions;
mod open_times;
mod patients;
mod providers;
pub mod query;
mod refused;
mod rooms;
pub mod schema;
mod sign_in;
mod ticket;
mod times;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// Every endpoint of this API.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions::list_sessions))
        .routes(routes!(get_session::get_session))
        .routes(routes!(open_times::open_times))
        .routes(routes!(list_appointments::list_appointments, create_appointment::create_appointment))
        .routes(routes!(get_appointment::get_appointment, change_appointment::change_appointment))
        .routes(routes!(appointment_types::list_appointment_types))
        .routes(routes!(appointment_types::get_appointment_type))
        .routes(routes!(providers::list_providers))
        .routes(routes!(providers::get_provider))
        .routes(routes!(rooms::list_rooms))
        .routes(routes!(rooms::get_room))
        .routes(routes!(clients::list_clients))
        .routes(routes!(clients::get_client))
        .routes(routes!(patients::list_patients))
        .routes(routes!(patients::get_patient))
        .routes(routes!(sign_in::sign_in))
}
