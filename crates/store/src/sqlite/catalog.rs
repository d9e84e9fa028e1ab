//! Loading the catalogue, and the changes an operator makes to locations and tokens.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::access::{Scope, SecretKey, TokenId, TokenRecord};
use frontdesk_domain::{LocationId, Timestamp};
use rusqlite::{Connection, Row};

use crate::catalog::{
    BookingSetup, Catalog, Location, LocationSettings, origins_from_json, origins_to_json, reach_from_json,
    reach_to_json,
};
use crate::error::{AdminError, Doing, StoreError};

/// The generation of the installation as this transaction sees it.
pub(super) fn generation(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .prepare_cached("/* generation */ SELECT generation FROM installation WHERE one = 1")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .doing("read the generation")
}

/// Reads locations and tokens.
pub(super) fn load(connection: &Connection) -> Result<Catalog, StoreError> {
    let generation = generation(connection)?;
    let secret_key = connection
        .query_row("/* secret key */ SELECT secret_key FROM installation WHERE one = 1", [], |row| row.get(0))
        .map(SecretKey)
        .doing("read the secret key")?;
    let mut locations = HashMap::new();
    let mut statement = connection
        .prepare_cached(
            "/* locations */ SELECT key, id, name, time_zone, session_ttl, origins, created_at, revision, document \
             FROM locations LEFT JOIN setups ON setups.location = locations.key",
        )
        .doing("prepare the locations")?;
    let mut rows = statement.query([]).doing("read the locations")?;
    while let Some(row) = rows.next().doing("read the locations")? {
        let location = location(row)?;
        locations.insert(location.id.clone(), Arc::new(location));
    }
    let mut tokens = HashMap::new();
    let mut statement = connection
        .prepare_cached("/* tokens */ SELECT id, digest, scope, reach, note, created_at, revoked_at FROM tokens")
        .doing("prepare the tokens")?;
    let mut rows = statement.query([]).doing("read the tokens")?;
    while let Some(row) = rows.next().doing("read the tokens")? {
        let token = token(row)?;
        tokens.insert(token.id, Arc::new(token));
    }
    Ok(Catalog { generation, locations, tokens, secret_key })
}

fn location(row: &Row<'_>) -> Result<Location, StoreError> {
    let read = || {
        Ok((
            (row.get::<_, i64>(0)?, row.get::<_, String>(1)?),
            (row.get(2)?, row.get(3)?, row.get(4)?, row.get::<_, String>(5)?),
            row.get(6).map(Timestamp::from_micros)?,
            (row.get::<_, Option<i64>>(7)?, row.get::<_, Option<String>>(8)?),
        ))
    };
    let ((key, text), (name, time_zone, session_ttl, origins), created_at, (revision, document)) =
        read().doing("read a location")?;
    let corrupt = |column| StoreError::Corrupt { table: "locations", column, id: text.clone() };
    let id = LocationId::parse(&text).map_err(|_| corrupt("id"))?;
    let origins = origins_from_json(&origins).ok_or_else(|| corrupt("origins"))?;
    let settings = LocationSettings { name, time_zone, session_ttl, origins };
    let booking = document.map(|document| BookingSetup::read(&document, &settings.time_zone, &id)).transpose()?;
    Ok(Location { key, id, settings, created_at, booking, setup_revision: revision.unwrap_or_default() })
}

fn token(row: &Row<'_>) -> Result<TokenRecord, StoreError> {
    let read = || {
        Ok((
            (row.get(0).map(TokenId::from_bits)?, row.get(1)?),
            (row.get::<_, String>(2)?, row.get::<_, Option<String>>(3)?, row.get::<_, String>(4)?),
            (row.get(5).map(Timestamp::from_micros)?, row.get::<_, Option<i64>>(6)?),
        ))
    };
    let ((id, digest), (scope, reach, note), (created_at, revoked_at)) = read().doing("read a token")?;
    let corrupt = |column| StoreError::Corrupt { table: "tokens", column, id: id.to_string() };
    Ok(TokenRecord {
        id,
        digest,
        scope: Scope::from_name(&scope).ok_or_else(|| corrupt("scope"))?,
        reach: reach_from_json(reach.as_deref()).ok_or_else(|| corrupt("reach"))?,
        note: note.into(),
        created_at,
        revoked_at: revoked_at.map(Timestamp::from_micros),
    })
}

/// Tells running servers that locations or tokens have changed.
pub(super) fn next_generation(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute("/* next generation */ UPDATE installation SET generation = generation + 1 WHERE one = 1", [])
        .doing("raise the generation")
        .map(drop)
}

pub(super) fn add_location(
    connection: &Connection,
    id: &LocationId,
    settings: &LocationSettings,
    now: Timestamp,
) -> Result<(), AdminError> {
    let added = connection
        .execute(
            "/* new location */ INSERT INTO locations (id, name, time_zone, session_ttl, origins, created_at, last_tick) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
            (
                id.as_str(),
                &settings.name,
                &settings.time_zone,
                settings.session_ttl,
                origins_to_json(&settings.origins),
                now.as_micros(),
                i64::MIN,
            ),
        )
        .doing("add a location")?;
    if added == 0 {
        return Err(AdminError::LocationExists(id.to_string()));
    }
    Ok(next_generation(connection)?)
}

pub(super) fn set_location(
    connection: &Connection,
    id: &LocationId,
    settings: &LocationSettings,
) -> Result<(), AdminError> {
    let changed = connection
        .execute(
            "/* change a location */ UPDATE locations SET name = ?2, time_zone = ?3, session_ttl = ?4, origins = ?5 \
             WHERE id = ?1",
            (
                id.as_str(),
                &settings.name,
                &settings.time_zone,
                settings.session_ttl,
                origins_to_json(&settings.origins),
            ),
        )
        .doing("change a location")?;
    if changed == 0 {
        return Err(AdminError::NoSuchLocation(id.to_string()));
    }
    Ok(next_generation(connection)?)
}

pub(super) fn add_token(connection: &Connection, token: &TokenRecord) -> Result<(), AdminError> {
    connection
        .execute(
            "/* new token */ INSERT INTO tokens (id, digest, scope, reach, note, created_at, revoked_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                token.id.to_bits(),
                token.digest,
                token.scope.as_str(),
                reach_to_json(&token.reach),
                &*token.note,
                token.created_at.as_micros(),
                token.revoked_at.map(Timestamp::as_micros),
            ),
        )
        .doing("add a token")?;
    Ok(next_generation(connection)?)
}

pub(super) fn revoke_token(connection: &Connection, id: TokenId, now: Timestamp) -> Result<(), AdminError> {
    let revoked = connection
        .execute(
            "/* revoke a token */ UPDATE tokens SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1",
            (id.to_bits(), now.as_micros()),
        )
        .doing("revoke a token")?;
    if revoked == 0 {
        return Err(AdminError::NoSuchToken(id.to_string()));
    }
    Ok(next_generation(connection)?)
}
