//! The Partner API's shapes for the description; the bodies themselves are written by [`crate::wire`].
#![expect(dead_code, reason = "read by the derived schemas only")]

use serde::Deserialize;
use utoipa::{IntoResponses, ToSchema};

/// Whether a session is in progress, and if not, how it ended
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusName {
    Active,
    Completed,
    Abandoned,
}

/// The furthest stage that the visitor reached
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    Started,
    ClientIdentification,
    AppointmentTypeSelection,
    Scheduling,
    Checkout,
    Completed,
}

/// Whether the visitor has been a client before
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientTypeName {
    New,
    Returning,
}

/// A booking session
#[derive(ToSchema)]
#[schema(example = json!({
    "id": "018ba844-155b-7cc1-8a3f-4d2b6c1e9f70",
    "status": "completed",
    "stage": "completed",
    "client_type": "returning",
    "appointment_id": "A-20418",
    "remote_appointment_id": "47113",
    "referral_source": "newsletter",
    "referral_campaign": "autumn-checkup",
    "referral_medium": "email",
    "created_at": "2023-11-07T05:31:56.123456Z",
    "updated_at": "2023-11-07T05:38:12.480913Z",
    "last_activity_at": "2023-11-07T05:38:12.480913Z",
}))]
pub struct BookingSession {
    id: String,
    status: StatusName,
    stage: StageName,
    #[schema(required)]
    client_type: Option<ClientTypeName>,
    /// Our id of the appointment booked
    #[schema(required)]
    appointment_id: Option<String>,
    /// Its id in the practice's own system, once that has it
    #[schema(required)]
    remote_appointment_id: Option<String>,
    /// `utm_source`
    #[schema(required)]
    referral_source: Option<String>,
    /// `utm_campaign`
    #[schema(required)]
    referral_campaign: Option<String>,
    /// `utm_medium`
    #[schema(required)]
    referral_medium: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The last change of the session
    #[schema(format = DateTime)]
    updated_at: String,
    /// The visitor's last action
    #[schema(required, format = DateTime)]
    last_activity_at: Option<String>,
}

/// A page of sessions
#[derive(ToSchema)]
pub struct SessionPage {
    #[schema(example = 0)]
    page: u64,
    #[schema(example = 10)]
    per_page: u32,
    /// Sessions in the whole window
    #[schema(example = 1)]
    total_count: u64,
    content: Vec<BookingSession>,
}

/// A page of sessions in the success envelope
#[derive(ToSchema)]
pub struct SessionPageBody {
    success: bool,
    data: SessionPage,
    #[schema(example = "OK")]
    message: String,
}

/// A session in the success envelope
#[derive(ToSchema)]
pub struct SessionBody {
    success: bool,
    data: BookingSession,
    #[schema(example = "OK")]
    message: String,
}

/// The failure envelope
#[derive(ToSchema)]
pub struct FailureBody {
    #[schema(example = false)]
    success: bool,
    /// What is wrong, naming the parameter and what it takes
    #[schema(example = "per_page takes an integer from 1 to 1000.")]
    message: String,
    /// Where a program may want to know more
    data: Option<FailureData>,
}

/// What a program may go by
#[derive(Deserialize, ToSchema)]
pub struct FailureData {
    #[schema(value_type = FailureCode)]
    code: String,
    /// Of `slot_taken` and `slot_not_open`: open times of the same type nearby
    open_times: Option<Vec<super::open_times::OpenTimeShape>>,
}

/// A code that programs may rely on
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    SlotTaken,
    SlotNotOpen,
    NotForThisClient,
    StatusDoesNotAllow,
    NoSuchClient,
    NoSuchPatient,
    RemoteIdTaken,
    IdempotencyKeyReused,
}

/// What every request may be refused for
#[derive(IntoResponses)]
pub enum Refusals {
    /// A header, a parameter or a field is missing or wrong
    #[response(status = 400)]
    BadRequest(FailureBody),
    /// No valid token
    #[response(status = 401)]
    Unauthorized(FailureBody),
    /// The token does not cover the location, or is for something else
    #[response(status = 403)]
    Forbidden(FailureBody),
    /// The body is too large
    #[response(status = 413)]
    TooLarge(FailureBody),
    /// The URL is too long
    #[response(status = 414)]
    TooLong(FailureBody),
    /// The token has used up its limit
    #[response(status = 429)]
    TooMany(FailureBody),
    /// Something broke
    #[response(status = 500)]
    Broken(FailureBody),
    /// The server is busy
    #[response(status = 503)]
    Busy(FailureBody),
}
