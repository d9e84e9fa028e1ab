//! Applying a set-up.

use frontdesk_domain::practice::Setup;
use frontdesk_domain::{AppointmentId, LocationId, Timestamp};
use rusqlite::Connection;

use super::catalog;
use crate::booking::SetupVerdict;
use crate::catalog::{LocationSettings, setup_to_json};
use crate::error::{AdminError, Doing, StoreError};
use crate::setup::{self, Needs};

/// Applies a set-up in the running transaction; with `dry_run` only says what would become of it.
pub(super) fn apply(
    connection: &Connection,
    id: &LocationId,
    settings: &LocationSettings,
    setup: &Setup,
    now: Timestamp,
    dry_run: bool,
) -> Result<SetupVerdict, AdminError> {
    let catalog = catalog::load(connection)?;
    let location = catalog.location(id.as_str()).ok_or_else(|| AdminError::NoSuchLocation(id.to_string()))?;
    let verdict = setup::verdict(location, settings, setup, &standing(connection, location.key, now)?);
    if verdict == SetupVerdict::Applied && !dry_run {
        connection
            .execute(
                "/* apply a set-up */ INSERT INTO setups (location, revision, document) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (location) DO UPDATE SET revision = excluded.revision, document = excluded.document",
                (location.key, location.setup_revision + 1, setup_to_json(setup)),
            )
            .doing("apply a set-up")?;
        catalog::set_location(connection, id, settings)?;
    }
    Ok(verdict)
}

/// What the appointments still to come need.
fn standing(connection: &Connection, location: i64, now: Timestamp) -> Result<Vec<Needs>, StoreError> {
    const READING: &str = "look for appointments still to come";
    let mut statement = connection
        .prepare(
            "/* appointments still to come */ SELECT id, provider, room, appointment_type FROM appointments \
             WHERE location = ?1 AND status < 5 AND occupied_until > ?2 AND ends_at > ?2 ORDER BY starts_at, id",
        )
        .doing(READING)?;
    let mut rows = statement.query((location, now.as_micros())).doing(READING)?;
    let mut standing = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        let (id, provider, room, appointment_type): (String, _, _, _) = row.try_into().doing(READING)?;
        let appointment =
            AppointmentId::parse(&id).map_err(|_| StoreError::Corrupt { table: "appointments", column: "id", id })?;
        standing.push(Needs { appointment, provider, room, appointment_type });
    }
    Ok(standing)
}
