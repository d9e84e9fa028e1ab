//! A row of a file: thirteen texts made into a session, each checked, with a reason when it is refused.

use frontdesk_domain::session::{ClientType, MAX_REFERRAL_BYTES, Referral, Session, Stage, State, Status};
use frontdesk_domain::{AppointmentId, LocationId, SessionId, Timestamp, text};
use frontdesk_store::ImportRow;

use super::{KEYS, LOCATION_KEY};
use crate::wire::SESSION_KEYS;

/// The texts of a row in the order of the wire's keys, then the location.
pub type Fields<'a> = [Option<&'a str>; KEYS];

/// Makes a session of a row's texts. Absent and null are the same.
pub fn parse(fields: &Fields<'_>) -> Result<ImportRow, String> {
    let [
        id,
        status,
        stage,
        client_type,
        appointment,
        remote,
        source,
        campaign,
        medium,
        created_at,
        updated_at,
        last_activity_at,
        location,
    ] = *fields;
    let status = choice(SESSION_KEYS[1], required(SESSION_KEYS[1], status)?, Status::ALL, Status::as_str)?;
    let stage = choice(SESSION_KEYS[2], required(SESSION_KEYS[2], stage)?, Stage::ALL, Stage::as_str)?;
    let session = Session {
        id: of("id", SessionId::parse(required("id", id)?))?,
        state: state(status, stage, appointment, remote)?,
        stage,
        client_type: client_type
            .map(|name| choice(SESSION_KEYS[3], name, ClientType::ALL, ClientType::as_str))
            .transpose()?,
        referral: Referral {
            source: referral(SESSION_KEYS[6], source)?,
            campaign: referral(SESSION_KEYS[7], campaign)?,
            medium: referral(SESSION_KEYS[8], medium)?,
        },
        created_at: instant(SESSION_KEYS[9], required(SESSION_KEYS[9], created_at)?)?,
        updated_at: instant(SESSION_KEYS[10], required(SESSION_KEYS[10], updated_at)?)?,
        last_activity_at: last_activity_at.map(|at| instant(SESSION_KEYS[11], at)).transpose()?,
    };
    if session.updated_at < session.created_at {
        return Err("updated_at lies before created_at".to_owned());
    }
    let location = of(LOCATION_KEY, LocationId::parse(required(LOCATION_KEY, location)?))?;
    Ok(ImportRow { location, session })
}

/// What a session of this status needs and cannot have, so that nothing of the row is lost without a word.
fn state(status: Status, stage: Stage, appointment: Option<&str>, remote: Option<&str>) -> Result<State, String> {
    if status == Status::Completed {
        return Ok(State::Completed {
            appointment_id: of(
                "appointment_id",
                AppointmentId::parse(appointment.ok_or("appointment_id is missing: a completed session has one")?),
            )?,
            remote_appointment_id: remote
                .map(|id| of("remote_appointment_id", AppointmentId::parse(id)))
                .transpose()?,
        });
    }
    if appointment.or(remote).is_some() {
        return Err(format!("an {} session has no appointment", status.as_str()));
    }
    if stage == Stage::Completed {
        return Err("stage completed goes with status completed".to_owned());
    }
    Ok(match status {
        // The import sets the expiry from the location's time to live.
        Status::Active => State::Active { expires_at: Timestamp::MAX },
        _ => State::Abandoned,
    })
}

fn required<'a>(key: &str, value: Option<&'a str>) -> Result<&'a str, String> {
    value.ok_or_else(|| format!("{key} is missing"))
}

fn of<T, E: std::fmt::Display>(key: &str, parsed: Result<T, E>) -> Result<T, String> {
    parsed.map_err(|wrong| format!("{key} {wrong}"))
}

fn instant(key: &str, text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|wrong| format!("{key}: {wrong}"))
}

fn referral(key: &str, value: Option<&str>) -> Result<Option<Box<str>>, String> {
    of(key, text::optional(value.unwrap_or_default(), MAX_REFERRAL_BYTES))
}

fn choice<T: Copy>(key: &str, value: &str, all: &[T], name_of: impl Fn(T) -> &'static str) -> Result<T, String> {
    all.iter().copied().find(|choice| name_of(*choice) == value).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|choice| name_of(*choice)).collect();
        format!("{key} takes one of {}", names.join(", "))
    })
}
