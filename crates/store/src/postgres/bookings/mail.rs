//! The outbox in PostgreSQL, from which any number of servers take.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use frontdesk_domain::appointment::Notice;
use frontdesk_domain::{Clock, MailId, SessionId, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::super::connection::{Connection, prepared};
use super::super::fault::Doing;
use super::super::records::{Asked, Loaded};
use super::super::tallies::LOWEST_LEVEL;
use super::super::{Store, saving, transaction};
use super::row::{self, appointment_columns, client_columns, patient_columns};
use crate::batch::{Batch, Failure, SendingMail, kept_reason};
use crate::booking::{MailOutcome, OutgoingMail};
use crate::catalog::Location;
use crate::error::StoreError;

const READING: &str = "read mails";

/// Locked, so that nobody says meanwhile that they are sent.
pub(super) const SENDING: &str = "/* mails that are being sent */ \
     SELECT m.location, m.id, m.notice, m.leased_until, s.id \
     FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN mails m ON m.location = asked.location AND m.id = asked.name AND m.state = 1 \
     LEFT JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     LEFT JOIN sessions s ON s.location = a.location AND s.id = a.session FOR UPDATE OF m";

const RAN_OUT: &str = "/* mails whose lease ran out */ SELECT location, id FROM mails \
     WHERE state = 1 AND leased_until <= $1 ORDER BY leased_until, id LIMIT $2";

/// What comes before the columns of an appointment.
const MAIL_COLUMNS: usize = 6;

/// Mails that another server takes at this moment are left to it.
pub(in super::super) const TAKE: &str = concat!(
    "/* take mails that are due */ WITH due AS (SELECT location, id FROM mails WHERE state = 0 AND due_at <= $1 \
     ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED), \
     taken AS (UPDATE mails SET state = 1, leased_until = $3 FROM due \
     WHERE mails.location = due.location AND mails.id = due.id RETURNING mails.*) \
     SELECT m.id, m.location, m.notice, m.sequence, m.attempts, m.created_at, ",
    appointment_columns!(),
    ", ",
    client_columns!(),
    ", ",
    patient_columns!(),
    " FROM taken m JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     JOIN clients c ON c.location = a.location AND c.id = a.client \
     JOIN patients p ON p.location = a.location AND p.id = a.patient ORDER BY m.due_at, m.id"
);

const SENT: &str = "/* a mail is sent */ UPDATE mails SET state = 2, attempts = attempts + 1, leased_until = NULL, \
     reason = NULL WHERE location = $1 AND id = $2 AND state = 1";

const LATER: &str = "/* a mail waits again */ UPDATE mails SET state = 0, attempts = attempts + 1, leased_until = NULL, \
     due_at = $3, reason = $4 WHERE location = $1 AND id = $2 AND state = 1";

/// The mail of a row of [`SENDING`], by location and id.
pub(super) fn sending(row: &Row) -> Result<((i64, String), SendingMail), StoreError> {
    let id: String = row.try_get(1).doing(READING)?;
    let corrupt = |column| StoreError::Corrupt { table: "mails", column, id: id.clone() };
    let session: Option<&str> = row.try_get(4).doing(READING)?;
    let mail = SendingMail {
        notice: Notice::from_name(row.try_get(2).doing(READING)?).ok_or_else(|| corrupt("notice"))?,
        leased_until: Timestamp::from_micros(row.try_get(3).doing(READING)?),
        session: session.map(SessionId::parse).transpose().map_err(|_| corrupt("appointment"))?,
    };
    Ok(((row.try_get(0).doing(READING)?, id), mail))
}

/// Takes mails that are due; those whose lease ran out have failed.
pub(in super::super) async fn take(
    store: &Store,
    limit: u32,
    lease_micros: i64,
) -> Result<Vec<OutgoingMail>, StoreError> {
    fail_those_that_ran_out(store).await?;
    let catalog = store.catalog()?;
    let locations: HashMap<i64, &Arc<Location>> =
        catalog.locations.values().map(|location| (location.key, location)).collect();
    let now = store.clock.now();
    let (now, until) = (now.as_micros(), now.plus_micros(lease_micros).as_micros());
    // Committed before anybody is handed a mail: should this server end, nobody sends it again.
    let rows = transaction::run(&store.pools, "take mail", |connection| async move {
        let statement = prepared(&connection, TAKE).await?;
        connection.query(&statement, &[&now, &i64::from(limit), &until]).await.doing("take mails")
    })
    .await?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in &rows {
        // A location that this server does not know yet: another one will.
        let Some(location) = locations.get(&row.try_get(1).doing(READING)?) else { continue };
        taken.push(outgoing(row, location)?);
    }
    Ok(taken)
}

fn outgoing(row: &Row, location: &Location) -> Result<OutgoingMail, StoreError> {
    let id: &str = row.try_get(0).doing(READING)?;
    let corrupt = |column| StoreError::Corrupt { table: "mails", column, id: id.to_owned() };
    let number = |index, column| {
        let number: i64 = row.try_get(index).doing(READING)?;
        u32::try_from(number).map_err(|_| corrupt(column))
    };
    Ok(OutgoingMail {
        id: MailId::parse(id).map_err(|_| corrupt("id"))?,
        location: location.id.clone(),
        notice: Notice::from_name(row.try_get(2).doing(READING)?).ok_or_else(|| corrupt("notice"))?,
        sequence: number(3, "sequence")?,
        attempts: number(4, "attempts")?,
        created_at: Timestamp::from_micros(row.try_get(5).doing(READING)?),
        appointment: row::full(row, MAIL_COLUMNS)?,
    })
}

async fn fail_those_that_ran_out(store: &Store) -> Result<(), StoreError> {
    /// The most that are failed at once.
    const MOST: i64 = 500;
    let ran_out = {
        let connection = store.pools.get().await?;
        let statement = prepared(&connection, RAN_OUT).await?;
        connection.query(&statement, &[&store.clock.now().as_micros(), &MOST]).await.doing(READING)?
    };
    let mut by_location: HashMap<i64, Vec<MailId>> = HashMap::new();
    for row in &ran_out {
        let id: &str = row.try_get(1).doing(READING)?;
        let corrupt = |_| StoreError::Corrupt { table: "mails", column: "id", id: id.to_owned() };
        let id = MailId::parse(id).map_err(corrupt)?;
        by_location.entry(row.try_get(0).doing(READING)?).or_default().push(id);
    }
    let catalog = store.catalog()?;
    for location in catalog.locations.values() {
        if let Some(mails) = by_location.remove(&location.key) {
            fail(store, location, &mails, Failure::LeaseRanOut).await?;
        }
    }
    Ok(())
}

/// Writes down that mails of a location have failed, unless somebody was quicker to say how they ended.
async fn fail(store: &Store, location: &Location, mails: &[MailId], failure: Failure<'_>) -> Result<(), StoreError> {
    let catalog = &store.catalog()?;
    let mut asked = Asked { locations: [location.key].into(), ..Asked::default() };
    asked.bookings.mails = mails.iter().map(|id| (location.key, id.to_string())).collect::<BTreeSet<_>>();
    let asked = &asked;
    transaction::run(&store.pools, "fail mail", |connection| async move {
        let loaded = Loaded::load(&connection, asked).await?;
        let now = store.clock.now();
        let mut batch = Batch::new(loaded, catalog, now, LOWEST_LEVEL);
        mails.iter().try_for_each(|id| batch.fail_mail(location, id, failure))?;
        let (loaded, changes) = batch.finish();
        saving::write(&connection, &loaded, changes, now).await
    })
    .await
}

/// Writes down how an attempt to send a mail ended. What comes after its lease ran out counts no more.
pub(in super::super) async fn attempted(
    store: &Store,
    mail: &OutgoingMail,
    outcome: &MailOutcome,
) -> Result<(), StoreError> {
    let catalog = store.catalog()?;
    let Some(location) = catalog.location(mail.location.as_str()) else { return Ok(()) };
    let (key, id) = (location.key, mail.id.as_str());
    let written = match outcome {
        MailOutcome::Sent => execute(store, SENT, &[&key, &id]).await?,
        MailOutcome::Later(reason, at) => {
            execute(store, LATER, &[&key, &id, &at.as_micros(), &kept_reason(reason)]).await?
        }
        MailOutcome::Failed(reason) => {
            let mails = std::slice::from_ref(&mail.id);
            return fail(store, location, mails, Failure::Refused(reason)).await;
        }
    };
    if written == 0 {
        tracing::warn!(location = %location.id, mail = %id, "what became of a mail was told too late to count");
    }
    Ok(())
}

async fn execute(
    store: &Store,
    statement: &'static str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<u64, StoreError> {
    transaction::run(&store.pools, "write the outcome of a mail", |connection| async move {
        let statement = prepared(&connection, statement).await?;
        run(&connection, &statement, parameters).await
    })
    .await
}

async fn run(
    connection: &Connection,
    statement: &tokio_postgres::Statement,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<u64, StoreError> {
    connection.execute(statement, parameters).await.doing("write the outcome of a mail")
}
