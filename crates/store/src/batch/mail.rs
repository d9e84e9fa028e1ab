//! The outbox: what became of mails that could not be sent.

use frontdesk_domain::appointment::Notice;
use frontdesk_domain::session::{Event, Observation};
use frontdesk_domain::{MailId, SessionId, Timestamp};

use super::{Batch, Records};
use crate::catalog::Location;
use crate::error::StoreError;

/// The most characters of a reason that are kept.
const MOST_REASON: usize = 500;

/// A mail that somebody has taken to send it.
#[derive(Clone, Debug)]
pub(crate) struct SendingMail {
    pub(crate) notice: Notice,
    /// Until when nobody else takes it.
    pub(crate) leased_until: Timestamp,
    /// The session of its appointment, when there is one.
    pub(crate) session: Option<SessionId>,
}

/// Why a mail failed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure<'a> {
    /// In the words of whoever refused it.
    Refused(&'a str),
    /// Whoever took it has not said what became of it.
    LeaseRanOut,
}

/// A reason as it is kept: on one line, and not without end.
pub(crate) fn kept_reason(reason: &str) -> String {
    reason.chars().map(|one| if one.is_control() { ' ' } else { one }).take(MOST_REASON).collect()
}

impl<R: Records> Batch<'_, R> {
    /// A mail is never sent. The timeline of its session says so at a tick of its own; of the session itself nothing has
    /// changed, so it stays where it is in the feed. Nothing happens if somebody has said before how it ended.
    pub(crate) fn fail_mail(
        &mut self,
        location: &Location,
        id: &MailId,
        failure: Failure<'_>,
    ) -> Result<(), StoreError> {
        let Some(mail) = self.records.sending_mail(location.key, id)? else { return Ok(()) };
        let reason = match failure {
            Failure::Refused(reason) => kept_reason(reason),
            Failure::LeaseRanOut if mail.leased_until > self.now => return Ok(()),
            Failure::LeaseRanOut => "nobody knows whether it was sent".to_owned(),
        };
        self.records.fail_mail(location.key, id, &reason)?;
        if let Some(session) = &mail.session {
            let failed = Observation::MailFailed { notice: mail.notice, reason: reason.into() };
            let tick = self.tick(location)?;
            self.records.append(location.key, session, tick, &[Event::Observed(failed)])?;
        }
        Ok(())
    }
}
