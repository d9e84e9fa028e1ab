//! `GET /providers` and `/providers/{id}`: who sees patients.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use frontdesk_domain::practice::Provider;
use frontdesk_domain::{RoomId, TypeId};
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::failure::Failure;
use super::schema::{FailureBody, Refusals};
use super::{answer, query};
use crate::app::App;

/// Somebody who sees patients
#[derive(Serialize, ToSchema)]
#[schema(as = Provider, example = json!({
    "id": "dr-lee", "name": "Dr. Lee", "appointment_type_ids": ["check-up", "sick"], "room_ids": ["room-1"],
}))]
pub struct ProviderShape<'a> {
    id: &'a str,
    name: &'a str,
    /// What they take
    appointment_type_ids: Vec<&'a str>,
    /// Where they work, in the order of preference
    room_ids: Vec<&'a str>,
}

/// A provider in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct ProviderBody<'a> {
    success: bool,
    data: ProviderShape<'a>,
    #[schema(example = "OK")]
    message: String,
}

/// A list in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct ProviderListBody<'a> {
    success: bool,
    data: Vec<ProviderShape<'a>>,
    #[schema(example = "OK")]
    message: String,
}

impl<'a> From<&'a Provider> for ProviderShape<'a> {
    fn from(one: &'a Provider) -> Self {
        Self {
            id: one.id.as_str(),
            name: &one.name,
            appointment_type_ids: one.appointment_types.iter().map(TypeId::as_str).collect(),
            room_ids: one.rooms.iter().map(RoomId::as_str).collect(),
        }
    }
}

/// The location's providers
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/providers",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("name" = Option<String>, Query, description = "Only those whose name has this in it, in any case")
    ),
    responses((status = 200, description = "The providers, in the order of the set-up", body = ProviderListBody), Refusals)
)]
pub async fn list_providers(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Response, Failure> {
    let reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = access.and_then(|access| {
        let [name] = query::values(uri.query().unwrap_or_default(), ["name"])?;
        let name = query::search_text("name", name)?;
        let setup = access.location.booking.as_ref().map(|booking| &booking.setup);
        let all = setup.into_iter().flat_map(|setup| setup.providers.iter().map(move |one| (setup, one)));
        let found = all.filter(|(_, one)| query::name_matches(&one.name, name.as_deref()));
        Ok(answer::body(&found.map(|(_, one)| ProviderShape::from(one)).collect::<Vec<_>>()))
    });
    Ok(answer::respond(answer, allowance))
}

/// One provider
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/providers/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The id", example = "dr-lee")
    ),
    responses(
        (status = 200, description = "The provider", body = ProviderBody),
        (status = 404, description = "The location has no such provider", body = FailureBody),
        Refusals
    )
)]
pub async fn get_provider(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Failure> {
    let reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = access.and_then(|access| {
        let booking = access.location.booking.as_ref();
        let found = id.ok().zip(booking).and_then(|(Path(id), booking)| {
            let one = booking.setup.provider(&id)?;
            Some(answer::body(&ProviderShape::from(one)))
        });
        found.ok_or_else(Failure::not_found)
    });
    Ok(answer::respond(answer, allowance))
}
