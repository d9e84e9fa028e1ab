//! The Partner API: the wire contract of the vendor it replaces, under `/services/core/open_api/v1`.

mod access;
mod cursor;
pub mod failure;
mod get_session;
mod list_sessions;
pub mod query;
pub mod schema;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// Every endpoint of this API.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_sessions::list_sessions)).routes(routes!(get_session::get_session))
}
