//! The wire shape of an appointment (contract, "An appointment").

use frontdesk_domain::session::ClientType;
use frontdesk_store::FullAppointment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An appointment
#[derive(Serialize, ToSchema)]
#[schema(as = Appointment, example = json!({
    "id": "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2a",
    "remote_id": "47113",
    "status": "ACCEPTED",
    "booking_date": "2023-11-14T16:00:00.000000Z",
    "end_date": "2023-11-14T16:30:00.000000Z",
    "created_at": "2023-11-07T05:38:12.480913Z",
    "updated_at": "2023-11-07T05:40:02.011507Z",
    "referral_source": "newsletter",
    "referral_campaign": "autumn-checkup",
    "referral_medium": "email",
    "client_first_name": "Ana",
    "client_last_name": "Ruiz",
    "client_email": "ana@example.com",
    "client_phone": "512 555 0100",
    "client_type": "RETURNING",
    "patient_name": "Luna",
    "remote_client_id": "C-871",
    "remote_patient_id": null,
}))]
pub struct AppointmentShape<'a> {
    id: &'a str,
    /// Its id in the practice's own system, once that has it
    #[schema(required)]
    remote_id: Option<&'a str>,
    #[schema(value_type = AppointmentStatusName)]
    status: &'static str,
    #[schema(format = DateTime)]
    booking_date: String,
    #[schema(format = DateTime)]
    end_date: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// The last change of the appointment
    #[schema(format = DateTime)]
    updated_at: String,
    /// `utm_source` of the session that booked it
    #[schema(required)]
    referral_source: Option<&'a str>,
    /// `utm_campaign` of that session
    #[schema(required)]
    referral_campaign: Option<&'a str>,
    /// `utm_medium` of that session
    #[schema(required)]
    referral_medium: Option<&'a str>,
    client_first_name: &'a str,
    client_last_name: &'a str,
    #[schema(required)]
    client_email: Option<&'a str>,
    #[schema(required)]
    client_phone: Option<&'a str>,
    #[schema(value_type = Option<AppointmentClientType>, required)]
    client_type: Option<&'static str>,
    patient_name: &'a str,
    /// The client's id in the practice's own system
    #[schema(required)]
    remote_client_id: Option<&'a str>,
    /// The patient's id in the practice's own system
    #[schema(required)]
    remote_patient_id: Option<&'a str>,
}

/// Where an appointment stands
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AppointmentStatusName {
    Requested,
    Accepted,
    Confirmed,
    InProgress,
    Done,
    Deleted,
    Declined,
}

/// Whether the client has been there before
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AppointmentClientType {
    New,
    Returning,
}

/// An appointment in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct AppointmentBody<'a> {
    success: bool,
    data: AppointmentShape<'a>,
    #[schema(example = "OK")]
    message: String,
}

impl<'a> From<&'a FullAppointment> for AppointmentShape<'a> {
    fn from(FullAppointment { appointment, client, patient }: &'a FullAppointment) -> Self {
        Self {
            id: appointment.id.as_str(),
            remote_id: appointment.remote_id.as_ref().map(|id| id.as_str()),
            status: appointment.status.as_str(),
            booking_date: appointment.slot.start.to_string(),
            end_date: appointment.end.to_string(),
            created_at: appointment.created_at.to_string(),
            updated_at: appointment.updated_at.to_string(),
            referral_source: appointment.referral.source.as_deref(),
            referral_campaign: appointment.referral.campaign.as_deref(),
            referral_medium: appointment.referral.medium.as_deref(),
            client_first_name: &client.first_name,
            client_last_name: &client.last_name,
            client_email: client.email.as_deref(),
            client_phone: client.phone.as_deref(),
            client_type: appointment.client_type.map(|client_type| match client_type {
                ClientType::New => "NEW",
                ClientType::Returning => "RETURNING",
            }),
            patient_name: &patient.name,
            remote_client_id: client.remote_id.as_deref(),
            remote_patient_id: patient.remote_id.as_deref(),
        }
    }
}
