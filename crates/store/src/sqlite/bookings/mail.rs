//! The outbox in the embedded engine.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::appointment::Notice;
use frontdesk_domain::{LocationId, MailId, SessionId, Timestamp};
use rusqlite::{Connection, params};

use super::super::writer::Writer;
use super::records::{all, one, write};
use super::row::{self, Columns, appointment_columns, client_columns, patient_columns};
use crate::batch::{Failure, SendingMail, kept_reason};
use crate::booking::{MailOutcome, OutgoingMail};
use crate::catalog::Location;
use crate::error::{Doing, StoreError};

const SENDING: &str = "/* a mail that is being sent */ SELECT m.notice, m.leased_until, s.id FROM mails m \
     LEFT JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     LEFT JOIN sessions s ON s.location = a.location AND s.id = a.session \
     WHERE m.location = ?1 AND m.id = ?2 AND m.state = 1";

const FAIL: &str = "/* a mail has failed */ UPDATE mails SET state = 3, attempts = attempts + 1, leased_until = NULL, \
     reason = ?3 WHERE location = ?1 AND id = ?2 AND state = 1";

const RAN_OUT: &str = "/* mails whose lease ran out */ SELECT location, id FROM mails \
     WHERE state = 1 AND leased_until <= ?1 ORDER BY leased_until, id LIMIT ?2";

/// What comes before the columns of an appointment.
const MAIL_COLUMNS: usize = 6;

pub(in super::super) const DUE: &str = concat!(
    "/* mails that are due */ SELECT m.id, m.location, m.notice, m.sequence, m.attempts, m.created_at, ",
    appointment_columns!(),
    ", ",
    client_columns!(),
    ", ",
    patient_columns!(),
    " FROM mails m JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     JOIN clients c ON c.location = a.location AND c.id = a.client \
     JOIN patients p ON p.location = a.location AND p.id = a.patient \
     WHERE m.state = 0 AND m.due_at <= ?1 ORDER BY m.due_at, m.id LIMIT ?2"
);

const LEASE: &str = "/* lease a mail */ UPDATE mails SET state = 1, leased_until = ?3 \
     WHERE location = ?1 AND id = ?2 AND state = 0";

const SENT: &str = "/* a mail is sent */ UPDATE mails SET state = 2, attempts = attempts + 1, leased_until = NULL, \
     reason = NULL WHERE location = ?1 AND id = ?2 AND state = 1";

const LATER: &str = "/* a mail waits again */ UPDATE mails SET state = 0, attempts = attempts + 1, leased_until = NULL, \
     due_at = ?3, reason = ?4 WHERE location = ?1 AND id = ?2 AND state = 1";

/// The mail of that id, if somebody has taken it.
pub(super) fn sending(connection: &Connection, location: i64, id: &MailId) -> Result<Option<SendingMail>, StoreError> {
    one(connection, SENDING, (location, id.as_str()), |row| {
        const READING: &str = "read a mail";
        let corrupt = |column| StoreError::Corrupt { table: "mails", column, id: id.to_string() };
        let (notice, leased_until, session): (String, i64, Option<String>) =
            (row.get(0).doing(READING)?, row.get(1).doing(READING)?, row.get(2).doing(READING)?);
        Ok(SendingMail {
            notice: Notice::from_name(&notice).ok_or_else(|| corrupt("notice"))?,
            leased_until: Timestamp::from_micros(leased_until),
            session: session.map(SessionId::try_from).transpose().map_err(|_| corrupt("appointment"))?,
        })
    })
}

pub(super) fn fail(connection: &Connection, location: i64, id: &MailId, reason: &str) -> Result<(), StoreError> {
    write(connection, FAIL, (location, id.as_str(), reason))
}

impl Writer {
    /// Takes mails that are due; those whose lease ran out have failed.
    pub(in super::super) fn take_mail(
        &mut self,
        limit: u32,
        lease_micros: i64,
    ) -> Result<Vec<OutgoingMail>, StoreError> {
        self.fail_those_that_ran_out()?;
        let (now, locations) = (self.clock.now(), self.locations_by_key()?);
        if read_due(&self.connection, &locations, now, 1)?.is_empty() {
            return Ok(Vec::new());
        }
        let (taken, _) = self.transaction(&[], |batch| {
            let connection = batch.records.connection;
            let due = read_due(connection, &locations, now, limit)?;
            for (location, mail) in &due {
                let until = now.plus_micros(lease_micros).as_micros();
                write(connection, LEASE, (location.key, mail.id.as_str(), until))?;
            }
            Ok(due)
        })?;
        Ok(taken.into_iter().map(|(_, mail)| mail).collect())
    }

    fn fail_those_that_ran_out(&mut self) -> Result<(), StoreError> {
        /// The most that one commit fails.
        const MOST: i64 = 500;
        loop {
            let now = self.clock.now();
            let ran_out = all(&self.connection, RAN_OUT, (now.as_micros(), MOST), |row| {
                let columns = Columns::new(row, "mails", 1);
                Ok((row.get(0).doing("read a mail")?, columns.id::<MailId>(0, "id")?))
            })?;
            if ran_out.is_empty() {
                return Ok(());
            }
            let by_key = self.locations_by_key()?;
            let ran_out: Vec<(Arc<Location>, MailId)> =
                ran_out.into_iter().filter_map(|(key, id)| Some((Arc::clone(by_key.get(&key)?), id))).collect();
            let locations: Vec<&str> = ran_out.iter().map(|(location, _)| location.id.as_str()).collect();
            self.transaction(&locations, |batch| {
                ran_out.iter().try_for_each(|(location, id)| batch.fail_mail(location, id, Failure::LeaseRanOut))
            })?;
        }
    }

    /// Writes down how an attempt to send a mail ended. What comes after its lease ran out counts no more.
    pub(in super::super) fn mail_attempted(
        &mut self,
        location: &LocationId,
        id: &MailId,
        outcome: &MailOutcome,
    ) -> Result<(), StoreError> {
        self.refresh_catalog()?;
        let Some(location) = self.catalog.location(location.as_str()).map(Arc::clone) else { return Ok(()) };
        let (statement, due_at, reason) = match outcome {
            MailOutcome::Sent => (SENT, None, None),
            MailOutcome::Later(reason, at) => (LATER, Some(at.as_micros()), Some(kept_reason(reason))),
            MailOutcome::Failed(reason) => {
                let failure = Failure::Refused(reason);
                return self
                    .transaction(&[location.id.as_str()], |batch| batch.fail_mail(&location, id, failure))
                    .map(drop);
            }
        };
        let mut prepared = self.connection.prepare_cached(statement).doing("prepare the outcome of a mail")?;
        let written = match due_at {
            Some(due_at) => prepared.execute(params![location.key, id.as_str(), due_at, reason]),
            None => prepared.execute((location.key, id.as_str())),
        };
        if written.doing("write the outcome of a mail")? == 0 {
            tracing::warn!(location = %location.id, mail = %id, "what became of a mail was told too late to count");
        }
        Ok(())
    }

    fn locations_by_key(&mut self) -> Result<HashMap<i64, Arc<Location>>, StoreError> {
        self.refresh_catalog()?;
        Ok(self.catalog.locations.values().map(|location| (location.key, Arc::clone(location))).collect())
    }
}

/// The mails that are due, the oldest first.
fn read_due(
    connection: &Connection,
    locations: &HashMap<i64, Arc<Location>>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Arc<Location>, OutgoingMail)>, StoreError> {
    const READING: &str = "read a mail";
    let due = all(connection, DUE, (now.as_micros(), limit), |row| {
        let columns = Columns::new(row, "mails", 0);
        let Some(location) = locations.get(&row.get(1).doing(READING)?) else { return Ok(None) };
        let notice: String = row.get(2).doing(READING)?;
        let mail = OutgoingMail {
            id: columns.id(0, "id")?,
            location: location.id.clone(),
            notice: Notice::from_name(&notice).ok_or_else(|| columns.corrupt("notice"))?,
            sequence: row.get(3).doing(READING)?,
            attempts: row.get(4).doing(READING)?,
            created_at: Timestamp::from_micros(row.get(5).doing(READING)?),
            appointment: row::full(row, MAIL_COLUMNS)?,
        };
        Ok(Some((Arc::clone(location), mail)))
    })?;
    Ok(due.into_iter().flatten().collect())
}
