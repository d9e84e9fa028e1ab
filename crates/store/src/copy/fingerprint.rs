//! What tells two copies of a location apart: how much there is, and a checksum over all of it.

use frontdesk_domain::session::Session;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::CopiedSession;
use super::rows::RowsDigest;

/// What a location has: two that are the same have the same sessions with the same timelines, and the same bookings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// How many sessions.
    pub sessions: u64,
    /// How many events.
    pub events: u64,
    /// SHA-256 over every session and its events, in the order of the feed; and, where there are any, over all bookings.
    pub checksum: [u8; 32],
}

impl Fingerprint {
    /// The same with the bookings of the location.
    pub(super) fn with(self, rows: &RowsDigest) -> Self {
        if rows.rows == 0 {
            return self;
        }
        let checksum = Sha256::new().chain_update(self.checksum).chain_update(rows.checksum).finalize().into();
        Self { checksum, ..self }
    }

    /// The first twelve hexadecimal digits of the checksum, for people to compare.
    pub fn short_checksum(&self) -> String {
        self.checksum[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Takes the sessions of a location in the order of its feed.
#[derive(Default)]
pub(super) struct Fingerprinter {
    sessions: u64,
    events: u64,
    sum: Sha256,
    /// A session as it goes into the sum.
    text: Vec<u8>,
}

/// A session and its timeline as one JSON text, which has no two readings. The session is written by the same code that
/// knows all its fields, so that one that comes later is not forgotten here.
#[derive(Serialize)]
struct Text<'a> {
    session: &'a Session,
    events: Vec<(i64, i32, &'a str)>,
}

impl Fingerprinter {
    pub(super) fn take(&mut self, copied: &CopiedSession) {
        let CopiedSession { session, events } = copied;
        let events: Vec<_> =
            events.iter().map(|event| (event.at.as_micros(), event.position, event.event.as_str())).collect();
        self.sessions += 1;
        self.events += events.len() as u64;
        self.text.clear();
        serde_json::to_writer(&mut self.text, &Text { session, events })
            .expect("cannot fail: a session has no maps with other keys than texts, and a list takes every byte");
        self.sum.update(&self.text);
    }

    pub(super) fn finish(self) -> Fingerprint {
        Fingerprint { sessions: self.sessions, events: self.events, checksum: self.sum.finalize().into() }
    }
}

#[cfg(test)]
mod tests {
    use frontdesk_domain::session::{Referral, Stage, State};
    use frontdesk_domain::{SessionId, Timestamp};

    use super::super::CopiedEvent;
    use super::*;

    fn copied(id: &str, expires_at: i64, events: &[&str]) -> CopiedSession {
        let at = Timestamp::from_micros(1);
        let session = Session {
            id: SessionId::parse(id).unwrap(),
            state: State::Active { expires_at: Timestamp::from_micros(expires_at) },
            stage: Stage::Started,
            client_type: None,
            referral: Referral::default(),
            created_at: at,
            updated_at: at,
            last_activity_at: None,
        };
        let event = |(position, event): (i32, &&str)| CopiedEvent { at, position, event: (*event).to_owned() };
        CopiedSession { session, events: (0..).zip(events).map(event).collect() }
    }

    fn of(sessions: &[CopiedSession]) -> Fingerprint {
        let mut fingerprinter = Fingerprinter::default();
        sessions.iter().for_each(|session| fingerprinter.take(session));
        fingerprinter.finish()
    }

    #[test]
    fn it_tells_every_difference() {
        let (one, two) = (copied("S-1", 5, &["{}", "[]"]), copied("S-2", 5, &[]));
        let whole = of(&[one.clone(), two.clone()]);
        assert_eq!((whole.sessions, whole.events, whole.short_checksum().len()), (2, 2, 12));
        assert_eq!(of(&[one.clone(), two.clone()]), whole);
        let others = [
            of(&[two.clone(), one.clone()]),
            of(std::slice::from_ref(&one)),
            of(&[copied("S-1", 6, &["{}", "[]"]), two.clone()]),
            of(&[copied("S-1", 5, &["[]", "{}"]), two.clone()]),
            of(&[copied("S-1", 5, &["{}[]", ""]), two.clone()]),
            of(&[copied("S-1", 5, &["{}"]), copied("S-2", 5, &["[]"])]),
        ];
        assert!(others.iter().all(|other| other.checksum != whole.checksum));
    }
}
