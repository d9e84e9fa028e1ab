//! The wire shape of a session: its twelve keys as JSON, written straight into a buffer.

use frontdesk_domain::session::{ClientType, SessionView};
use frontdesk_domain::{Timestamp, TimestampWriter};

/// The twelve keys of a session in the order of the contract ("A booking session, 12 keys").
pub const SESSION_KEYS: [&str; 12] = [
    "id",
    "status",
    "stage",
    "client_type",
    "appointment_id",
    "remote_appointment_id",
    "referral_source",
    "referral_campaign",
    "referral_medium",
    "created_at",
    "updated_at",
    "last_activity_at",
];

/// Writes sessions as JSON objects.
#[derive(Debug, Default)]
pub struct SessionJson {
    times: TimestampWriter,
}

impl SessionJson {
    /// Appends a session.
    pub fn write(&mut self, out: &mut Vec<u8>, session: &SessionView<'_>) {
        out.push(b'{');
        self.write_members(out, session);
        out.push(b'}');
    }

    /// Appends the twelve members of a session, without the braces around them.
    pub fn write_members(&mut self, out: &mut Vec<u8>, session: &SessionView<'_>) {
        out.extend_from_slice(b"\"id\":");
        write_string(out, session.id);
        write_name(out, b",\"status\":\"", session.status.as_str());
        write_name(out, b",\"stage\":\"", session.stage.as_str());
        write_optional(out, b",\"client_type\":", session.client_type.map(ClientType::as_str));
        write_optional(out, b",\"appointment_id\":", session.appointment_id);
        write_optional(out, b",\"remote_appointment_id\":", session.remote_appointment_id);
        write_optional(out, b",\"referral_source\":", session.referral_source);
        write_optional(out, b",\"referral_campaign\":", session.referral_campaign);
        write_optional(out, b",\"referral_medium\":", session.referral_medium);
        self.write_time(out, b",\"created_at\":", session.created_at);
        self.write_time(out, b",\"updated_at\":", session.updated_at);
        match session.last_activity_at {
            Some(at) => self.write_time(out, b",\"last_activity_at\":", at),
            None => out.extend_from_slice(b",\"last_activity_at\":null"),
        }
    }

    fn write_time(&mut self, out: &mut Vec<u8>, key: &[u8], value: Timestamp) {
        out.extend_from_slice(key);
        out.push(b'"');
        self.times.write(out, value);
        out.push(b'"');
    }
}

/// A name that needs no escaping; `key` ends with the opening quote.
fn write_name(out: &mut Vec<u8>, key: &[u8], name: &str) {
    out.extend_from_slice(key);
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

fn write_optional(out: &mut Vec<u8>, key: &[u8], value: Option<&str>) {
    out.extend_from_slice(key);
    match value {
        Some(value) => write_string(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// A JSON string (RFC 8259, section 7). Nearly every value is plain, and copied as it is.
pub fn write_string(out: &mut Vec<u8>, value: &str) {
    // Every byte is looked at, without an early end, because that is done many bytes at a time.
    let escapes = value.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    if !escapes {
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    } else {
        serde_json::to_writer(out, value).expect("cannot fail: writing a text to memory");
    }
}
