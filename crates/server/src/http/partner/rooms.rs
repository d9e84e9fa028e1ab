//! `GET /rooms` and `/rooms/{id}`: where appointments take place.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use frontdesk_domain::practice::Room;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::answer;
use super::failure::Failure;
use super::schema::{FailureBody, Refusals};
use crate::app::App;

/// A place for one appointment at a time
#[derive(Serialize, ToSchema)]
#[schema(as = Room, example = json!({ "id": "room-1", "name": "Room 1", "description": "With the scales" }))]
pub struct RoomShape<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

/// A room in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct RoomBody<'a> {
    success: bool,
    data: RoomShape<'a>,
    #[schema(example = "OK")]
    message: String,
}

/// A list in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct RoomListBody<'a> {
    success: bool,
    data: Vec<RoomShape<'a>>,
    #[schema(example = "OK")]
    message: String,
}

impl<'a> From<&'a Room> for RoomShape<'a> {
    fn from(one: &'a Room) -> Self {
        Self { id: one.id.as_str(), name: &one.name, description: one.description.as_deref() }
    }
}

/// The location's rooms
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/rooms",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice")
    ),
    responses((status = 200, description = "The rooms, in the order of the set-up", body = RoomListBody), Refusals)
)]
pub async fn list_rooms(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Failure> {
    let reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = access.map(|access| {
        let rooms = access.location.booking.iter().flat_map(|booking| &booking.setup.rooms);
        answer::body(&rooms.map(RoomShape::from).collect::<Vec<_>>())
    });
    Ok(answer::respond(answer, allowance))
}

/// One room
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/rooms/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The id", example = "room-1")
    ),
    responses(
        (status = 200, description = "The room", body = RoomBody),
        (status = 404, description = "The location has no such room", body = FailureBody),
        Refusals
    )
)]
pub async fn get_room(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Failure> {
    let reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = access.and_then(|access| {
        let booking = access.location.booking.as_ref();
        let found = id.ok().zip(booking).and_then(|(Path(id), booking)| {
            let one = booking.setup.room(&id)?;
            Some(answer::body(&RoomShape::from(one)))
        });
        found.ok_or_else(Failure::not_found)
    });
    Ok(answer::respond(answer, allowance))
}
