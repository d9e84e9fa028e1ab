//! `GET /clients` and `/clients/{id}`: the owners of patients.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use frontdesk_domain::appointment::{Client, Patient, normal_email, normal_phone};
use frontdesk_store::{ClientsQuery, Location};
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::failure::Failure;
use super::patients::PatientShape;
use super::schema::{FailureBody, Refusals};
use super::{answer, query};
use crate::app::App;

/// An owner of patients
#[derive(Serialize, ToSchema)]
#[schema(as = Client, example = json!({
    "id": "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2b", "name": "Ana Ruiz", "email": "ana@example.com", "phone": "512 555 0100",
    "remote_id": "C-871", "patients": [],
}))]
pub struct ClientShape<'a> {
    id: &'a str,
    name: String,
    #[schema(required)]
    email: Option<&'a str>,
    #[schema(required)]
    phone: Option<&'a str>,
    /// Their id in the practice's own system
    #[schema(required)]
    remote_id: Option<&'a str>,
    patients: Vec<PatientShape<'a>>,
}

/// A client in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct ClientBody<'a> {
    success: bool,
    data: ClientShape<'a>,
    #[schema(example = "OK")]
    message: String,
}

/// Clients in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct ClientListBody<'a> {
    success: bool,
    data: Vec<ClientShape<'a>>,
    #[schema(example = "OK")]
    message: String,
}

impl<'a> From<&'a (Client, Vec<Patient>)> for ClientShape<'a> {
    fn from((client, patients): &'a (Client, Vec<Patient>)) -> Self {
        Self {
            id: client.id.as_str(),
            name: format!("{} {}", client.first_name, client.last_name).trim().to_owned(),
            email: client.email.as_deref(),
            phone: client.phone.as_deref(),
            remote_id: client.remote_id.as_deref(),
            patients: patients.iter().map(PatientShape::from).collect(),
        }
    }
}

/// Clients of a name, an email address or a phone number
///
/// At least one of the three, and each that is given has to agree. At most a hundred come back, by last name.
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/clients",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("name" = Option<String>, Query, description = "A part of the name, in any case"),
        ("email" = Option<String>, Query, description = "The email address", example = "ana@example.com"),
        ("phone" = Option<String>, Query, description = "The phone number; without a calling code, of the location's country")
    ),
    responses((status = 200, description = "The clients", body = ClientListBody), Refusals)
)]
pub async fn list_clients(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        let access = access?;
        let query = parse(uri.query().unwrap_or_default(), calling_code(&access.location))?;
        let found = reader.clients(&access.location, &query).await?;
        Ok(answer::body(&found.iter().map(ClientShape::from).collect::<Vec<_>>()))
    };
    Ok(answer::respond(answer.await, allowance))
}

/// The calling code of a location's country.
pub fn calling_code(location: &Location) -> &str {
    location.booking.as_ref().map_or("1", |booking| booking.setup.face.calling_code())
}

fn parse(text: &str, calling_code: &str) -> Result<ClientsQuery, Failure> {
    let [name, email, phone] = query::values(text, ["name", "email", "phone"])?;
    if name.is_none() && email.is_none() && phone.is_none() {
        return Err(Failure::bad_request("At least one of name, email and phone is required."));
    }
    let email = email
        .map(|email| normal_email(&email).map_err(|wrong| Failure::bad_request(format!("email {wrong}."))))
        .transpose()?;
    let phone = phone
        .map(|phone| {
            normal_phone(&phone, calling_code).map_err(|wrong| Failure::bad_request(format!("phone {wrong}.")))
        })
        .transpose()?;
    Ok(ClientsQuery { name: query::search_text("name", name)?.map(String::from), email, phone })
}

/// One client
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/clients/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The client's id", example = "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2b")
    ),
    responses(
        (status = 200, description = "The client", body = ClientBody),
        (status = 404, description = "The location has no such client", body = FailureBody),
        Refusals
    )
)]
pub async fn get_client(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        let (access, Ok(Path(id))) = (access?, id) else { return Err(Failure::not_found()) };
        let found = reader.client(&access.location, &id).await?.ok_or_else(Failure::not_found)?;
        Ok(answer::body(&ClientShape::from(&found)))
    };
    Ok(answer::respond(answer.await, allowance))
}
