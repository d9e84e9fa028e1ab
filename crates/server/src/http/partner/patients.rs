//! `GET /patients` and `/patients/{id}`: who is seen.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use frontdesk_domain::ClientId;
use frontdesk_domain::appointment::Patient;
use frontdesk_store::PatientsQuery;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::failure::Failure;
use super::schema::{FailureBody, Refusals};
use super::{answer, query};
use crate::app::App;

/// An animal
#[derive(Serialize, ToSchema)]
#[schema(as = Patient, example = json!({
    "id": "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2c", "name": "Luna", "client_id": "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2b",
    "species": "dog", "breed": null,
}))]
pub struct PatientShape<'a> {
    id: &'a str,
    name: &'a str,
    /// Its owner
    client_id: &'a str,
    #[schema(required)]
    species: Option<&'a str>,
    #[schema(required)]
    breed: Option<&'a str>,
}

/// A patient in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct PatientBody<'a> {
    success: bool,
    data: PatientShape<'a>,
    #[schema(example = "OK")]
    message: String,
}

/// Patients in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct PatientListBody<'a> {
    success: bool,
    data: Vec<PatientShape<'a>>,
    #[schema(example = "OK")]
    message: String,
}

impl<'a> From<&'a Patient> for PatientShape<'a> {
    fn from(patient: &'a Patient) -> Self {
        Self {
            id: patient.id.as_str(),
            name: &patient.name,
            client_id: patient.client.as_str(),
            species: patient.species.as_deref(),
            breed: patient.breed.as_deref(),
        }
    }
}

/// Patients of a client or of a name
///
/// At most a hundred, by name.
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/patients",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("client_id" = Option<String>, Query, description = "Only those of this client"),
        ("name" = Option<String>, Query, description = "Only those whose name has this in it, in any case")
    ),
    responses((status = 200, description = "The patients", body = PatientListBody), Refusals)
)]
pub async fn list_patients(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        let access = access?;
        let query = parse(uri.query().unwrap_or_default())?;
        let found = reader.patients(&access.location, &query).await?;
        Ok(answer::body(&found.iter().map(PatientShape::from).collect::<Vec<_>>()))
    };
    Ok(answer::respond(answer.await, allowance))
}

fn parse(text: &str) -> Result<PatientsQuery, Failure> {
    let [client, name] = query::values(text, ["client_id", "name"])?;
    let client = client
        .map(|id| ClientId::parse(&id).map_err(|wrong| Failure::bad_request(format!("client_id {wrong}."))))
        .transpose()?;
    Ok(PatientsQuery { client, name: query::search_text("name", name)?.map(String::from) })
}

/// One patient
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/patients/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The patient's id", example = "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2c")
    ),
    responses(
        (status = 200, description = "The patient", body = PatientBody),
        (status = 404, description = "The location has no such patient", body = FailureBody),
        Refusals
    )
)]
pub async fn get_patient(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        let (access, Ok(Path(id))) = (access?, id) else { return Err(Failure::not_found()) };
        let found = reader.patient(&access.location, &id).await?.ok_or_else(Failure::not_found)?;
        Ok(answer::body(&PatientShape::from(&found)))
    };
    Ok(answer::respond(answer.await, allowance))
}
