//! A booking session: its row, its wire shape, its stages.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

/// The columns that [`Session`] reads.
#[macro_export]
macro_rules! session_columns {
    () => {
        "id, status, stage, client_type, appointment_id, remote_appointment_id, referral_source, referral_campaign, \
         referral_medium, created_at, updated_at, last_activity_at"
    };
}

/// How far a visitor came; the database has the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[repr(i64)]
pub enum Stage {
    /// The page was opened.
    Started,
    /// The visitor says who they are.
    ClientIdentification,
    /// What the appointment is for.
    AppointmentTypeSelection,
    /// When it is to be.
    Scheduling,
    /// A last look before booking.
    Checkout,
    /// Booked.
    Completed,
}

/// A row, which is at the same time the answer's JSON object.
#[derive(Debug, Serialize, sqlx::FromRow)]
pub struct Session {
    id: String,
    status: String,
    stage: Stage,
    client_type: Option<String>,
    appointment_id: Option<String>,
    remote_appointment_id: Option<String>,
    referral_source: Option<String>,
    referral_campaign: Option<String>,
    referral_medium: Option<String>,
    #[serde(serialize_with = "time")]
    created_at: i64,
    #[serde(serialize_with = "time")]
    updated_at: i64,
    #[serde(serialize_with = "optional_time")]
    last_activity_at: Option<i64>,
}

/// An instant in the contract's form.
pub fn format(micros: i64) -> Option<String> {
    let instant = DateTime::<Utc>::from_timestamp_micros(micros)?;
    Some(instant.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn time<S: Serializer>(micros: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    format(*micros).serialize(serializer)
}

fn optional_time<S: Serializer>(micros: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    micros.and_then(format).serialize(serializer)
}
