//! Applying a set-up.

use frontdesk_domain::practice::Setup;
use frontdesk_domain::{AppointmentId, Timestamp};

use super::catalog;
use super::connection::Connection;
use super::fault::Doing;
use crate::booking::SetupVerdict;
use crate::catalog::{Location, LocationSettings, setup_to_json};
use crate::error::{AdminError, StoreError};
use crate::setup::{self, Needs};

/// Keeps everybody from booking until the set-up is in force; whoever waits for it sees the new revision then.
const LOCK: &str = "/* lock the clock of a location */ SELECT location FROM clocks WHERE location = $1 FOR UPDATE";

const APPLY: &str = "/* apply a set-up */ INSERT INTO setups (location, revision, document) VALUES ($1, 1, $2) \
     ON CONFLICT (location) DO UPDATE SET revision = setups.revision + 1, document = excluded.document";

const STANDING: &str = "/* appointments still to come */ SELECT id, provider, room, appointment_type FROM appointments \
     WHERE location = $1 AND status < 5 AND occupied_until > $2 AND ends_at > $2 ORDER BY starts_at, id";

/// What is asked of [`apply`].
pub(super) struct Application<'a> {
    pub(super) location: &'a Location,
    pub(super) settings: &'a LocationSettings,
    pub(super) setup: &'a Setup,
    pub(super) now: Timestamp,
    /// Whether only the verdict is wanted.
    pub(super) dry_run: bool,
}

/// Applies a set-up to a location as it was just loaded, within a transaction.
pub(super) async fn apply(connection: &Connection, application: &Application<'_>) -> Result<SetupVerdict, AdminError> {
    const APPLYING: &str = "apply a set-up";
    let Application { location, settings, setup, now, dry_run } = application;
    connection.execute(LOCK, &[&location.key]).await.doing(APPLYING)?;
    let verdict = setup::verdict(location, settings, setup, &standing(connection, location.key, *now).await?);
    if verdict == SetupVerdict::Applied && !dry_run {
        connection.execute(APPLY, &[&location.key, &setup_to_json(setup)]).await.doing(APPLYING)?;
        catalog::set_location(connection, &location.id, settings).await?;
    }
    Ok(verdict)
}

/// What the appointments still to come need.
async fn standing(connection: &Connection, location: i64, now: Timestamp) -> Result<Vec<Needs>, StoreError> {
    const READING: &str = "look for appointments still to come";
    let rows = connection.query(STANDING, &[&location, &now.as_micros()]).await.doing(READING)?;
    rows.iter()
        .map(|row| {
            let id: &str = row.try_get(0).doing(READING)?;
            let corrupt = |_| StoreError::Corrupt { table: "appointments", column: "id", id: id.to_owned() };
            Ok(Needs {
                appointment: AppointmentId::parse(id).map_err(corrupt)?,
                provider: row.try_get(1).doing(READING)?,
                room: row.try_get(2).doing(READING)?,
                appointment_type: row.try_get(3).doing(READING)?,
            })
        })
        .collect()
}
