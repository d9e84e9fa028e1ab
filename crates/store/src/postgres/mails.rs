//! The outbox: mails are taken to be sent by one server at a time, and how that ended is written down.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::appointment::Notice;
use frontdesk_domain::{Clock, Timestamp};
use tokio_postgres::Row;

use super::connection::{Connection, prepared};
use super::fault::Doing;
use super::records::{Asked, Loaded};
use super::tallies::LOWEST_LEVEL;
use super::{Store, saving, transaction};
use crate::batch::Batch;
use crate::booking::{ENDED_WHILE_SENDING, MailOutcome, OutgoingMail};
use crate::booking_row::{self, Fields, mail_columns};
use crate::catalog::{Catalog, Location};
use crate::error::StoreError;

const DOING: &str = "take mails to be sent";

/// Those that another server is taking are not waited for.
const TAKE: &str = "/* take mails */ UPDATE mails SET state = 1, leased_until = $3 WHERE (location, id) IN \
     (SELECT location, id FROM mails WHERE state = 0 AND due_at <= $2 AND location = ANY($1) \
     ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) AND state = 0 RETURNING location, id";

const TAKEN: &str = concat!(
    "/* mails taken */ SELECT ",
    mail_columns!(),
    " FROM unnest($1::bigint[], $2::text[]) AS taken (location, id) JOIN mails m USING (location, id) \
     JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     JOIN clients c ON c.location = a.location AND c.id = a.client \
     JOIN patients p ON p.location = a.location AND p.id = a.patient ORDER BY m.created_at, m.id"
);

const OVERDUE: &str = "/* mails whose sender has gone */ SELECT DISTINCT location FROM mails \
     WHERE state = 1 AND leased_until <= $2 AND location = ANY($1)";

const GIVE_UP: &str = "/* give up mails whose sender has gone */ UPDATE mails SET state = 3, reason = $3, leased_until = NULL \
     FROM appointments a WHERE mails.location = $1 AND mails.state = 1 AND mails.leased_until <= $2 \
     AND a.location = mails.location AND a.id = mails.appointment RETURNING mails.notice, a.session";

const ATTEMPTED: &str = "/* how a mail ended */ UPDATE mails SET state = $3, reason = $4, due_at = coalesce($5, due_at), \
     attempts = attempts + 1, leased_until = NULL WHERE location = $1 AND id = $2 AND state = 1";

/// Those that do not stand in the source as they are.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[TAKEN];

impl Store {
    /// Takes mails that are due; those whose lease ran out fail.
    pub(crate) async fn take_mail(&self, limit: u32, lease_micros: i64) -> Result<Vec<OutgoingMail>, StoreError> {
        let catalog = self.catalog()?;
        let by_key: HashMap<i64, &Arc<Location>> =
            catalog.locations.values().map(|location| (location.key, location)).collect();
        let keys: Vec<i64> = by_key.keys().copied().collect();
        self.give_up_overdue(&catalog, &by_key, &keys).await?;
        let now = self.clock.now();
        let (due, lease) = (now.as_micros(), now.plus_micros(lease_micros).as_micros());
        let known = &keys;
        let rows = transaction::run(&self.pools, "take mail", |connection| async move {
            let take = prepared(&connection, TAKE).await?;
            let taken = prepared(&connection, TAKEN).await?;
            let rows = connection.query(&take, &[known, &due, &lease, &i64::from(limit)]).await.doing(DOING)?;
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let locations = rows.iter().map(|row| row.integer(0)).collect::<Result<Vec<_>, _>>()?;
            let ids = rows.iter().map(|row| row.text(1)).collect::<Result<Vec<_>, _>>()?;
            connection.query(&taken, &[&locations, &ids]).await.doing(DOING)
        })
        .await?;
        rows.iter().map(|row| mail(row, &by_key)).collect()
    }

    async fn give_up_overdue(
        &self,
        catalog: &Catalog,
        by_key: &HashMap<i64, &Arc<Location>>,
        keys: &[i64],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let overdue = {
            let connection = self.pools.get().await?;
            let statement = prepared(&connection, OVERDUE).await?;
            connection.query(&statement, &[&keys, &now.as_micros()]).await.doing(DOING)?
        };
        for row in &overdue {
            let Some(location) = by_key.get(&row.integer(0)?) else { continue };
            transaction::run(&self.pools, "give up mail", |connection| async move {
                let loaded = Loaded::load(&connection, &only(location)).await?;
                let give_up = prepared(&connection, GIVE_UP).await?;
                let rows = connection
                    .query(&give_up, &[&location.key, &now.as_micros(), &ENDED_WHILE_SENDING])
                    .await
                    .doing(DOING)?;
                let mut batch = Batch::new(loaded, catalog, self.clock.now(), LOWEST_LEVEL);
                for row in &rows {
                    if let (Some(notice), Some(session)) = (Notice::from_name(row.text(0)?), row.optional_text(1)?) {
                        batch.mail_failed(location, session, notice, ENDED_WHILE_SENDING)?;
                    }
                }
                self.write_down(&connection, batch).await
            })
            .await?;
        }
        Ok(())
    }

    /// Says how an attempt to send a mail ended.
    pub(crate) async fn mail_attempted(&self, mail: &OutgoingMail, outcome: MailOutcome) -> Result<(), StoreError> {
        let catalog = self.catalog()?;
        let Some(location) = catalog.location(mail.location.as_str()) else { return Ok(()) };
        let (catalog, outcome, session) = (&catalog, &outcome, mail.appointment.appointment.session.as_ref());
        transaction::run(&self.pools, "mail attempted", |connection| async move {
            let (state, reason, due) = outcome.kept();
            let loaded = Loaded::load(&connection, &only(location)).await?;
            let statement = prepared(&connection, ATTEMPTED).await?;
            let due = due.map(Timestamp::as_micros);
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                [&location.key, &mail.id.as_str(), &i16::from(state), &reason, &due];
            let changed = connection.execute(&statement, &parameters).await.doing("say how a mail ended")?;
            let mut batch = Batch::new(loaded, catalog, self.clock.now(), LOWEST_LEVEL);
            // None has changed when its lease ran out meanwhile: it has been given up already.
            if let (MailOutcome::Failed(reason), Some(session), 1) = (outcome, session, changed) {
                batch.mail_failed(location, session.as_str(), mail.notice, reason)?;
            }
            self.write_down(&connection, batch).await
        })
        .await
    }

    async fn write_down(&self, connection: &Connection, batch: Batch<'_, Loaded>) -> Result<(), StoreError> {
        let (loaded, changes) = batch.finish();
        saving::write(connection, &loaded, &changes, self.clock.now()).await
    }
}

/// Nothing but the clock of a location.
fn only(location: &Location) -> Asked {
    Asked { locations: [location.key].into(), ..Asked::default() }
}

fn mail(row: &Row, by_key: &HashMap<i64, &Arc<Location>>) -> Result<OutgoingMail, StoreError> {
    booking_row::mail(row, |key| by_key.get(&key).map(|location| location.id.clone()))
}
