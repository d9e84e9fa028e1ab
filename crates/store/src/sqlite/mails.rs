//! The outbox: mails are taken to be sent, and how that ended is written down, both by the writer.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::Notice;
use rusqlite::{Connection, Row};

use super::directory::all;
use super::records::Transaction;
use super::writer::Writer;
use crate::batch::Batch;
use crate::booking::{ENDED_WHILE_SENDING, MailOutcome, OutgoingMail};
use crate::booking_row::{self, Fields, mail_columns};
use crate::catalog::Location;
use crate::error::{Doing, StoreError};

const TAKING: &str = "take mails to be sent";

const ANY_DUE: &str = "/* is any mail due */ SELECT EXISTS (SELECT 1 FROM mails WHERE state = 0 AND due_at <= ?1) \
     OR EXISTS (SELECT 1 FROM mails WHERE state = 1 AND leased_until <= ?1)";

const DUE: &str = concat!(
    "/* mails that are due */ SELECT ",
    mail_columns!(),
    " FROM mails m JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     JOIN clients c ON c.location = a.location AND c.id = a.client \
     JOIN patients p ON p.location = a.location AND p.id = a.patient \
     WHERE m.state = 0 AND m.due_at <= ?1 ORDER BY m.due_at, m.id LIMIT ?2"
);

const LEASE: &str = "/* take a mail */ UPDATE mails SET state = 1, leased_until = ?3 \
     WHERE location = ?1 AND id = ?2 AND state = 0";

const OVERDUE: &str = "/* mails whose sender has gone */ SELECT m.location, m.id, m.notice, a.session FROM mails m \
     JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     WHERE m.state = 1 AND m.leased_until <= ?1";

const ATTEMPTED: &str = "/* how a mail ended */ UPDATE mails SET state = ?3, reason = ?4, due_at = coalesce(?5, due_at), \
     attempts = attempts + ?6, leased_until = NULL WHERE location = ?1 AND id = ?2 AND state = 1";

/// Those that do not stand in the source as they are.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[DUE];

/// A mail whose sender has gone.
struct Overdue {
    location: i64,
    id: String,
    notice: Option<Notice>,
    session: Option<String>,
}

impl Writer {
    /// Takes at most `limit` mails that are due; those whose lease ran out fail.
    pub(super) fn take_mail(&mut self, limit: u32, lease_micros: i64) -> Result<Vec<OutgoingMail>, StoreError> {
        let now = self.clock.now();
        // Asked often, and nearly always in vain.
        if all(&self.connection, ANY_DUE, [now.as_micros()], |row| row.integer(0))? == [0] {
            return Ok(Vec::new());
        }
        self.refresh_catalog()?;
        let catalog = Arc::clone(&self.catalog);
        let by_key: HashMap<i64, &Arc<Location>> =
            catalog.locations.values().map(|location| (location.key, location)).collect();
        let overdue = all(&self.connection, OVERDUE, [now.as_micros()], overdue)?;
        let locations: Vec<&str> =
            overdue.iter().filter_map(|mail| by_key.get(&mail.location)).map(|location| location.id.as_str()).collect();
        let (taken, _) = self.transaction(&locations, |batch| {
            for mail in &overdue {
                let Some(location) = by_key.get(&mail.location) else { continue };
                write(batch.records.connection, mail.location, &mail.id, &MailOutcome::given_up(), 0)?;
                if let (Some(notice), Some(session)) = (mail.notice, &mail.session) {
                    batch.mail_failed(location, session, notice, ENDED_WHILE_SENDING)?;
                }
            }
            let connection = batch.records.connection;
            let mails =
                all(connection, DUE, (now.as_micros(), limit), |row| Ok((row.integer(0)?, mail(row, &by_key)?)))?;
            for (location, mail) in &mails {
                let parameters = (location, mail.id.as_str(), now.plus_micros(lease_micros).as_micros());
                connection
                    .prepare_cached(LEASE)
                    .and_then(|mut statement| statement.execute(parameters))
                    .doing(TAKING)?;
            }
            Ok(mails.into_iter().map(|(_, mail)| mail).collect())
        })?;
        Ok(taken)
    }

    /// Says how an attempt to send a mail ended.
    pub(super) fn mail_attempted(&mut self, mail: &OutgoingMail, outcome: &MailOutcome) -> Result<(), StoreError> {
        self.refresh_catalog()?;
        let catalog = Arc::clone(&self.catalog);
        let Some(location) = catalog.location(mail.location.as_str()) else { return Ok(()) };
        let work = |batch: &mut Batch<'_, Transaction<'_>>| {
            let changed = write(batch.records.connection, location.key, mail.id.as_str(), outcome, 1)?;
            // None has changed when its lease ran out meanwhile: it has been given up already.
            match (outcome, &mail.appointment.appointment.session) {
                (MailOutcome::Failed(reason), Some(session)) if changed == 1 => {
                    batch.mail_failed(location, session.as_str(), mail.notice, reason)
                }
                _ => Ok(()),
            }
        };
        self.transaction(&[location.id.as_str()], work).map(drop)
    }
}

fn write(
    connection: &Connection,
    location: i64,
    id: &str,
    outcome: &MailOutcome,
    attempts: i64,
) -> Result<usize, StoreError> {
    let (state, reason, due) = outcome.kept();
    let parameters = (location, id, state, reason, due.map(Timestamp::as_micros), attempts);
    connection
        .prepare_cached(ATTEMPTED)
        .and_then(|mut statement| statement.execute(parameters))
        .doing("say how a mail ended")
}

fn overdue(row: &Row<'_>) -> Result<Overdue, StoreError> {
    Ok(Overdue {
        location: row.integer(0)?,
        id: row.text(1)?.to_owned(),
        notice: Notice::from_name(row.text(2)?),
        session: row.optional_text(3)?.map(str::to_owned),
    })
}

fn mail(row: &Row<'_>, by_key: &HashMap<i64, &Arc<Location>>) -> Result<OutgoingMail, StoreError> {
    booking_row::mail(row, |key| by_key.get(&key).map(|location| location.id.clone()))
}
