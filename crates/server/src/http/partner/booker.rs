//! For whom a partner books: a client and a patient, named or described.

use frontdesk_domain::appointment::{
    ClientChoice, Known, NewClient, NewPatient, PatientChoice, normal_email, normal_phone,
};
use frontdesk_domain::id::{IdError, MAX_ID_BYTES};
use frontdesk_domain::{ClientId, PatientId, Timestamp};
use frontdesk_store::BookingSetup;

use crate::entropy;
use crate::http::fields::{BodyError, Fields};

/// The most bytes of a name.
const MOST_NAME_BYTES: usize = 100;

/// The client: by our id, by the practice's, or by name and a way to reach them.
pub fn client(fields: &mut Fields, setup: &BookingSetup, now: Timestamp) -> Result<ClientChoice, BodyError> {
    let ours = fields.id_or_number("client_id", ClientId::parse)?;
    let remote = fields.id_or_number("client_remote_id", remote_id)?;
    match (ours, remote) {
        (Some(_), Some(_)) => Err(BodyError::field("client_id", "client_id and client_remote_id exclude each other.")),
        (Some(id), None) => Ok(ClientChoice::Known(Known::Id(id))),
        (None, Some(id)) => Ok(ClientChoice::Known(Known::Remote(id))),
        (None, None) => described(fields, setup, now).map(ClientChoice::Described),
    }
}

/// Whether the client has been there before.
pub const fn is_known(client: &ClientChoice) -> bool {
    matches!(client, ClientChoice::Known(_))
}

fn described(fields: &mut Fields, setup: &BookingSetup, now: Timestamp) -> Result<NewClient, BodyError> {
    let first_name = fields.text("first_name", MOST_NAME_BYTES)?;
    let last_name = fields.text("last_name", MOST_NAME_BYTES)?;
    let email = fields.text("email", MAX_ID_BYTES * 2)?;
    let phone = fields.text("phone", MAX_ID_BYTES)?;
    let (Some(first_name), Some(last_name), true) = (first_name, last_name, email.is_some() || phone.is_some()) else {
        let message = "client_id, client_remote_id, or first_name and last_name with phone or email is required.";
        return Err(BodyError::field("client_id", message));
    };
    let wrong = |name: &'static str| move |wrong| BodyError::field(name, format!("{name} {wrong}."));
    email.as_deref().map(normal_email).transpose().map_err(wrong("email"))?;
    let calling_code = setup.setup.face.calling_code();
    phone.as_deref().map(|phone| normal_phone(phone, calling_code)).transpose().map_err(wrong("phone"))?;
    Ok(NewClient { id: ClientId::generate(now, entropy::random()), first_name, last_name, email, phone })
}

/// The patient: by our id, by the practice's, or by name.
pub fn patient(fields: &mut Fields, now: Timestamp) -> Result<PatientChoice, BodyError> {
    let ours = fields.id_or_number("patient_id", PatientId::parse)?;
    let remote = fields.id_or_number("patient_remote_id", remote_id)?;
    let name = fields.text("patient_name", MOST_NAME_BYTES)?;
    match (ours, remote, name) {
        (Some(_), Some(_), _) => {
            Err(BodyError::field("patient_id", "patient_id and patient_remote_id exclude each other."))
        }
        (Some(id), None, _) => Ok(PatientChoice::Known(Known::Id(id))),
        (None, Some(id), _) => Ok(PatientChoice::Known(Known::Remote(id))),
        (None, None, Some(name)) => Ok(PatientChoice::Described(NewPatient {
            id: PatientId::generate(now, entropy::random()),
            name,
            species: fields.text("species", MOST_NAME_BYTES)?,
            breed: fields.text("breed", MOST_NAME_BYTES)?,
        })),
        (None, None, None) => {
            Err(BodyError::field("patient_id", "patient_id, patient_remote_id or patient_name is required."))
        }
    }
}

/// An id of the practice's own system: the same rules as ours.
fn remote_id(text: &str) -> Result<Box<str>, IdError> {
    ClientId::parse(text).map(|id| id.as_str().into())
}
