//! The catalogue in PostgreSQL: loading it, and the changes an operator makes to locations and tokens.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::access::{Scope, SecretKey, TokenId, TokenRecord};
use frontdesk_domain::{LocationId, Timestamp};
use tokio_postgres::Row;

use super::connection::Connection;
use super::fault::Doing;
use crate::catalog::{
    BookingSetup, Catalog, Location, LocationSettings, origins_from_json, origins_to_json, reach_from_json,
    reach_to_json,
};
use crate::error::{AdminError, StoreError};

const LOADING: &str = "read the catalogue";

/// Reads locations and tokens; in a transaction of its own, so that they are of one moment.
pub(super) async fn load(connection: &mut Connection) -> Result<Catalog, StoreError> {
    let snapshot = connection
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .doing(LOADING)?;
    let installation = snapshot
        .query_one("/* installation */ SELECT generation, secret_key FROM installation WHERE one = 1", &[])
        .await
        .doing(LOADING)?;
    let locations = snapshot
        .query(
            "/* locations */ SELECT key, id, name, time_zone, session_ttl, origins, created_at, revision, document \
             FROM locations LEFT JOIN setups ON setups.location = locations.key",
            &[],
        )
        .await
        .doing(LOADING)?;
    let tokens = snapshot
        .query("/* tokens */ SELECT id, digest, scope, reach, note, created_at, revoked_at FROM tokens", &[])
        .await
        .doing(LOADING)?;
    snapshot.commit().await.doing(LOADING)?;
    let secret_key: &[u8] = installation.try_get(1).doing(LOADING)?;
    let secret_key = secret_key.try_into().map_err(|_| StoreError::Corrupt {
        table: "installation",
        column: "secret_key",
        id: "1".to_owned(),
    })?;
    Ok(Catalog {
        generation: installation.try_get(0).doing(LOADING)?,
        locations: collect(&locations, location, |location| location.id.clone())?,
        tokens: collect(&tokens, token, |token| token.id)?,
        secret_key: SecretKey(secret_key),
    })
}

fn collect<K: std::hash::Hash + Eq, V>(
    rows: &[Row],
    read: impl Fn(&Row) -> Result<V, StoreError>,
    key: impl Fn(&V) -> K,
) -> Result<HashMap<K, Arc<V>>, StoreError> {
    rows.iter().map(|row| read(row).map(|value| (key(&value), Arc::new(value)))).collect()
}

fn location(row: &Row) -> Result<Location, StoreError> {
    let read = || {
        Ok((
            (row.try_get(0)?, row.try_get::<_, &str>(1)?),
            (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get::<_, &str>(5)?),
            row.try_get(6).map(Timestamp::from_micros)?,
            (row.try_get::<_, Option<i64>>(7)?, row.try_get::<_, Option<&str>>(8)?),
        ))
    };
    let ((key, text), (name, time_zone, session_ttl, origins), created_at, (revision, document)) =
        read().doing(LOADING)?;
    let corrupt = |column| StoreError::Corrupt { table: "locations", column, id: text.to_owned() };
    let id = LocationId::parse(text).map_err(|_| corrupt("id"))?;
    let origins = origins_from_json(origins).ok_or_else(|| corrupt("origins"))?;
    let settings = LocationSettings { name, time_zone, session_ttl, origins };
    let booking = document.map(|document| BookingSetup::read(document, &settings.time_zone, &id)).transpose()?;
    Ok(Location { key, id, settings, created_at, booking, setup_revision: revision.unwrap_or_default() })
}

fn token(row: &Row) -> Result<TokenRecord, StoreError> {
    let read = || {
        Ok((
            (row.try_get(0).map(TokenId::from_bits)?, row.try_get::<_, &[u8]>(1)?),
            (row.try_get::<_, &str>(2)?, row.try_get::<_, Option<&str>>(3)?, row.try_get::<_, &str>(4)?),
            (row.try_get(5).map(Timestamp::from_micros)?, row.try_get::<_, Option<i64>>(6)?),
        ))
    };
    let ((id, digest), (scope, reach, note), (created_at, revoked_at)) = read().doing(LOADING)?;
    let corrupt = |column| StoreError::Corrupt { table: "tokens", column, id: id.to_string() };
    Ok(TokenRecord {
        id,
        digest: digest.try_into().map_err(|_| corrupt("digest"))?,
        scope: Scope::from_name(scope).ok_or_else(|| corrupt("scope"))?,
        reach: reach_from_json(reach).ok_or_else(|| corrupt("reach"))?,
        note: note.into(),
        created_at,
        revoked_at: revoked_at.map(Timestamp::from_micros),
    })
}

/// Tells running servers that locations or tokens have changed; until the commit nobody else can.
pub(super) async fn next_generation(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute("/* next generation */ UPDATE installation SET generation = generation + 1 WHERE one = 1", &[])
        .await
        .doing("raise the generation")
        .map(drop)
}

pub(super) async fn add_location(
    connection: &Connection,
    id: &LocationId,
    settings: &LocationSettings,
    now: Timestamp,
) -> Result<(), AdminError> {
    // First, because it keeps everybody else from choosing a key.
    next_generation(connection).await?;
    let added = connection
        .query_opt(
            "/* new location */ INSERT INTO locations (key, id, name, time_zone, session_ttl, origins, created_at) \
             SELECT coalesce(max(key), 0) + 1, $1, $2, $3, $4, $5, $6 FROM locations \
             ON CONFLICT (id) DO NOTHING RETURNING key",
            &[
                &id.as_str(),
                &settings.name,
                &settings.time_zone,
                &settings.session_ttl,
                &origins_to_json(&settings.origins),
                &now.as_micros(),
            ],
        )
        .await
        .doing("add a location")?;
    let Some(added) = added else { return Err(AdminError::LocationExists(id.to_string())) };
    let key: i64 = added.try_get(0).doing("add a location")?;
    connection
        .execute(
            "/* new clock */ INSERT INTO clocks (location, last_tick, seen, next_expiry) VALUES ($1, $2, $2, $3)",
            &[&key, &Timestamp::MIN.as_micros(), &Timestamp::MAX.as_micros()],
        )
        .await
        .doing("start the clock of a location")?;
    Ok(())
}

pub(super) async fn set_location(
    connection: &Connection,
    id: &LocationId,
    settings: &LocationSettings,
) -> Result<(), AdminError> {
    let changed = connection
        .execute(
            "/* change a location */ UPDATE locations SET name = $2, time_zone = $3, session_ttl = $4, origins = $5 \
             WHERE id = $1",
            &[
                &id.as_str(),
                &settings.name,
                &settings.time_zone,
                &settings.session_ttl,
                &origins_to_json(&settings.origins),
            ],
        )
        .await
        .doing("change a location")?;
    if changed == 0 {
        return Err(AdminError::NoSuchLocation(id.to_string()));
    }
    Ok(next_generation(connection).await?)
}

pub(super) async fn add_token(connection: &Connection, token: &TokenRecord) -> Result<(), AdminError> {
    connection
        .execute(
            "/* new token */ INSERT INTO tokens (id, digest, scope, reach, note, created_at, revoked_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &token.id.to_bits(),
                &&token.digest[..],
                &token.scope.as_str(),
                &reach_to_json(&token.reach),
                &&*token.note,
                &token.created_at.as_micros(),
                &token.revoked_at.map(Timestamp::as_micros),
            ],
        )
        .await
        .doing("add a token")?;
    Ok(next_generation(connection).await?)
}

pub(super) async fn revoke_token(connection: &Connection, id: TokenId, now: Timestamp) -> Result<(), AdminError> {
    let revoked = connection
        .execute(
            "/* revoke a token */ UPDATE tokens SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1",
            &[&id.to_bits(), &now.as_micros()],
        )
        .await
        .doing("revoke a token")?;
    if revoked == 0 {
        return Err(AdminError::NoSuchToken(id.to_string()));
    }
    Ok(next_generation(connection).await?)
}
