//! Sends the mails of the outbox, one after the other, each at most once (ADR 17).

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use frontdesk_domain::appointment::{Notice, Status};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{MailOutcome, OutgoingMail, Store, StoreError};
use lettre::Message;
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::watch;

use crate::entropy;
use crate::mail::health::Health;
use crate::mail::smtp::{Connection, SendError, Unreachable};
use crate::mail::{Post, Subject, message};
use crate::telemetry::Metrics;

/// How long between two looks at the outbox.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a mail may wait to be sent; news of an appointment that is older than that is no help.
const GIVE_UP_AFTER: i64 = 48 * 3600 * SECOND;
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4 * 3600);
/// How often it is tried to write down how an attempt ended, a second apart.
const TRIES_TO_RECORD: u32 = 20;
/// The steps of an attempt, each of which may take the server's timeout, and one for writing down how it ended.
const STEPS: u32 = 4;

/// The job.
pub struct Delivery {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    post: Post,
    hello: ClientId,
    random: Rng,
    connection: Option<Connection>,
    /// When the server is to be tried again that could not be reached, or has not been yet.
    try_at: Option<Timestamp>,
}

impl Delivery {
    /// The job of a server that has a way to send mail.
    pub fn new(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
        post: Post,
    ) -> Self {
        let hello = ClientId::Domain(post.sender.domain().to_owned());
        let random = Rng::with_seed(u64::from_le_bytes(entropy::random()));
        Self { store, clock, metrics, health, post, hello, random, connection: None, try_at: Some(Timestamp::MIN) }
    }

    /// Sends what is due until `stop` says so; a mail that is on its way then is still finished.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            self.run_once(&stop).await;
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                // An error means that whoever could say so is gone.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Sends everything that is due, unless the server cannot be reached: then nothing is taken from the outbox, and
    /// everything goes out once it can.
    pub async fn run_once(&mut self, stop: &watch::Receiver<bool>) {
        if let Some(at) = self.try_at
            && (self.clock.now() < at || !self.connect().await)
        {
            return;
        }
        while self.try_at.is_none() && !*stop.borrow() {
            let lease = self.post.server.timeout.saturating_mul(STEPS);
            match self.store.take_mail(1, i64::try_from(lease.as_micros()).unwrap_or(i64::MAX)).await {
                Ok(mails) if mails.is_empty() => break,
                Ok(mails) => {
                    for mail in mails {
                        self.attempt(mail).await;
                    }
                }
                Err(StoreError::Closing) => break,
                Err(fault) => {
                    tracing::error!(%fault, "the outbox cannot be read; it is tried again in half a second");
                    break;
                }
            }
        }
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    async fn attempt(&mut self, mail: OutgoingMail) {
        let outcome = self.deliver(&mail).await;
        let (name, reason) = match &outcome {
            MailOutcome::Sent => ("sent", None),
            MailOutcome::Later(reason, _) => ("later", Some(reason)),
            MailOutcome::Failed(reason) => ("failed", Some(reason)),
            MailOutcome::Dropped(reason) => ("dropped", Some(reason)),
        };
        self.metrics.mail_attempted(name);
        let (id, location, attempts) = (mail.id.as_str(), mail.location.as_str(), mail.attempts + 1);
        match name {
            "failed" => tracing::warn!(mail = id, location, attempts, reason, "a mail was not sent and will not be"),
            "later" => tracing::warn!(mail = id, location, attempts, reason, "a mail was not sent; it is tried again"),
            _ => tracing::debug!(mail = id, location, attempts, reason, outcome = name, "a mail"),
        }
        self.record(&mail, outcome).await;
    }

    /// Sends a mail, if it is still to be sent; says how that ended.
    async fn deliver(&mut self, mail: &OutgoingMail) -> MailOutcome {
        let now = self.clock.now();
        if now >= give_up_at(mail) {
            return MailOutcome::Failed("it has waited for two days".to_owned());
        }
        if let Some(reason) = overtaken(mail, now) {
            return MailOutcome::Dropped(reason.to_owned());
        }
        let message = match self.write(mail, now) {
            Ok(Ok(message)) => message,
            Ok(Err(reason)) => return MailOutcome::Failed(reason),
            Err(fault) => return self.later(mail, fault.to_string()),
        };
        if self.connection.is_none() && !self.connect().await {
            let reason = self.health.trouble().map(|trouble| trouble.error.to_string()).unwrap_or_default();
            return self.later(mail, reason);
        }
        let Some(mut connection) = self.connection.take() else {
            return self.later(mail, "there was no connection".to_owned());
        };
        match connection.send(&message).await {
            Ok(()) => {
                self.connection = Some(connection);
                MailOutcome::Sent
            }
            Err(error) => {
                // Servers like to repeat the address, which is nobody's business in a log or a timeline.
                let email = mail.appointment.client.email.as_deref().unwrap_or_default();
                let reason = error.to_string().replace(email.trim(), "…");
                match error {
                    SendError::NotNow(_) => self.later(mail, reason),
                    SendError::Refused(_) | SendError::Unknown(_) => MailOutcome::Failed(reason),
                }
            }
        }
    }

    /// Writes a mail; the inner error says why that cannot be done.
    fn write(&self, mail: &OutgoingMail, now: Timestamp) -> Result<Result<Message, String>, StoreError> {
        let reader = self.store.reader()?;
        let catalog = reader.catalog();
        let Some(location) = catalog.location(mail.location.as_str()) else {
            return Ok(Err("the location is gone".to_owned()));
        };
        let Some(booking) = &location.booking else {
            return Ok(Err("the location takes no bookings any more".to_owned()));
        };
        let subject = Subject {
            location: &location.id,
            practice: &location.settings.name,
            setup: &booking.setup,
            zone: &booking.zone,
            about: &mail.appointment,
            public_url: self.post.public_url.as_ref(),
            key: catalog.secret_key(),
        };
        Ok(message::write(mail, &subject, &self.post.sender, now).map_err(|error| error.to_string()))
    }

    /// Another try after a pause, unless that would be too late.
    fn later(&mut self, mail: &OutgoingMail, reason: String) -> MailOutcome {
        let pause = pause(self.post.first_pause, mail.attempts, self.random.f64());
        let at = self.clock.now().plus_micros(micros(pause));
        if at < give_up_at(mail) {
            MailOutcome::Later(reason, at)
        } else {
            MailOutcome::Failed(format!("{reason}; given up after two days"))
        }
    }

    /// Connects to the server; false when that fails, and then it is left alone for a while.
    async fn connect(&mut self) -> bool {
        match Connection::open(&self.post.server, &self.hello).await {
            Ok(connection) => {
                self.connection = Some(connection);
                self.try_at = None;
                if self.health.works() {
                    tracing::info!("mail goes out again");
                }
                true
            }
            Err(error) => {
                self.out_of_reach(error);
                false
            }
        }
    }

    fn out_of_reach(&mut self, error: Unreachable) {
        let now = self.clock.now();
        self.try_at = Some(now.plus_micros(micros(self.post.first_pause)));
        let said = error.to_string();
        if self.health.fails(error, now) {
            tracing::warn!(error = said, "no mail goes out; it is tried again and again");
        } else {
            tracing::debug!(error = said, "still no mail goes out");
        }
    }

    /// Writes down how an attempt ended. What is not written down counts as unknown, so it is worth some tries.
    async fn record(&self, mail: &OutgoingMail, outcome: MailOutcome) {
        for _ in 0..TRIES_TO_RECORD {
            match self.store.mail_attempted(mail, outcome.clone()).await {
                Ok(()) | Err(StoreError::Closing) => return,
                Err(fault) => {
                    tracing::error!(%fault, mail = mail.id.as_str(), "the end of an attempt was not recorded")
                }
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn give_up_at(mail: &OutgoingMail) -> Timestamp {
    mail.created_at.plus_micros(GIVE_UP_AFTER)
}

/// Why a mail is not to be sent any more: what it tells is not true, or comes too late. A mail that tells of a change is
/// written with the change, so whoever does not get this one gets another.
fn overtaken(mail: &OutgoingMail, now: Timestamp) -> Option<&'static str> {
    let appointment = &mail.appointment.appointment;
    let is_true = match mail.notice {
        Notice::Requested => appointment.status == Status::Requested,
        Notice::Booked => matches!(appointment.status, Status::Accepted | Status::Confirmed),
        Notice::Moved => matches!(appointment.status, Status::Requested | Status::Accepted | Status::Confirmed),
        Notice::Cancelled => return (appointment.status != Status::Deleted).then_some("it is not cancelled"),
        Notice::Declined => return (appointment.status != Status::Declined).then_some("it is not declined"),
    };
    if !is_true {
        Some("the appointment has gone on to another status")
    } else if now >= appointment.slot.start {
        Some("the appointment's time has come")
    } else {
        None
    }
}

/// The pause after an attempt: twice as long each time, up to four hours, and up to a quarter more or less, so that what
/// failed together is not tried together. `random` is 0 to 1.
fn pause(first: Duration, attempts: u32, random: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempts));
    doubled.min(LONGEST_PAUSE).mul_f64(0.75 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn pauses_double_up_to_four_hours() {
        let pauses =
            |random| [0, 1, 2, 8, 9, 40].map(|attempts| pause(Duration::from_secs(30), attempts, random).as_secs());
        assert_eq!(pauses(0.5), [30, 60, 120, 7_680, 14_400, 14_400]);
        assert_eq!(pauses(0.0), [22, 45, 90, 5_760, 10_800, 10_800]);
        assert_eq!(pauses(1.0), [37, 75, 150, 9_600, 18_000, 18_000]);
    }

    #[test]
    fn only_what_is_still_true_is_told() {
        let told = |notice, status, now: &str| {
            let now = Timestamp::parse(now).unwrap();
            let mail = OutgoingMail {
                id: "m".parse().unwrap(),
                location: sample::location(),
                notice,
                appointment: sample::appointment(status),
                sequence: 0,
                attempts: 0,
                created_at: now,
            };
            overtaken(&mail, now).is_none()
        };
        let (before, after) = ("2026-03-02T14:59:59Z", "2026-03-02T15:00:00Z");
        let statuses = |notice| Status::ALL.iter().filter(|status| told(notice, **status, before)).count();
        use Notice::{Booked, Cancelled, Declined, Moved, Requested};
        assert_eq!([Requested, Booked, Moved, Cancelled, Declined].map(statuses), [1, 2, 3, 1, 1]);
        assert!(told(Booked, Status::Confirmed, before) && !told(Booked, Status::Confirmed, after));
        assert!(told(Moved, Status::Requested, before) && !told(Moved, Status::Requested, after));
        assert!(told(Cancelled, Status::Deleted, after) && told(Declined, Status::Declined, after));
    }
}
