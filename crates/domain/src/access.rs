//! Who may do what: bearer tokens with a scope and a reach, and the secrets by which a visitor's page reports.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{AppointmentId, LocationId, SessionId, Timestamp};

/// What a token is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reads the record over the Partner API, and books.
    Partner,
    /// Completes sessions and reads timelines over the Session API, and changes appointments.
    Booking,
    /// Both.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] = &[Self::Partner, Self::Booking, Self::Admin];

    /// The name on the command line and on the disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Booking => "booking",
            Self::Admin => "admin",
        }
    }

    /// The scope of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name)
    }

    /// Whether a token of this scope may do what asks for `needed`.
    pub fn allows(self, needed: Self) -> bool {
        self == needed || self == Self::Admin
    }
}

/// The locations that a token is bound to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Reach {
    /// Every location, those of the future included.
    All,
    /// These.
    Locations(Vec<LocationId>),
}

impl Reach {
    /// Whether `location` is within reach. Says nothing of whether it exists.
    pub fn covers(&self, location: &str) -> bool {
        match self {
            Self::All => true,
            Self::Locations(locations) => locations.iter().any(|covered| covered.as_str() == location),
        }
    }
}

/// The public part of a token: it names the token in lists and finds its row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct TokenId(u64);

impl TokenId {
    /// From the number on the disk.
    pub const fn from_bits(bits: i64) -> Self {
        Self(bits.cast_unsigned())
    }

    /// The number on the disk.
    pub const fn to_bits(self) -> i64 {
        self.0.cast_signed()
    }

    /// Reads sixteen hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// A token as its holder presents it: `fd_<id>_<secret>`. It is never stored, printed once, and has no `Debug`.
pub struct Token {
    id: TokenId,
    secret: [u8; 32],
}

impl Token {
    /// A new token from forty random bytes.
    pub fn generate(random: [u8; 40]) -> Self {
        let (id, secret) = random.split_at(8);
        let mut token = Self { id: TokenId(0), secret: [0; 32] };
        token.secret.copy_from_slice(secret);
        token.id = TokenId(id.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)));
        token
    }

    /// Reads what a client presents; `None` for anything that cannot be a token.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix("fd_")?.split_at_checked(16)?;
        let id = TokenId::parse(id)?;
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(secret.strip_prefix('_')?, &mut bytes).ok()?;
        (length == bytes.len()).then_some(Self { id, secret: bytes })
    }

    /// Its public part.
    pub const fn id(&self) -> TokenId {
        self.id
    }

    /// Its secret alone, as a password beside its id.
    pub fn reveal_secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret)
    }

    /// What is stored of it. The secret is 256 random bits, so one round of SHA-256 is as good as a slow hash.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// The text for its holder.
    pub fn reveal(&self) -> String {
        format!("fd_{}_{}", self.id, self.reveal_secret())
    }
}

/// What is kept of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRecord {
    /// Its public part.
    pub id: TokenId,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// What it is for.
    pub scope: Scope,
    /// The locations it is bound to.
    pub reach: Reach,
    /// Whom it was given to, in the operator's words.
    pub note: Box<str>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl TokenRecord {
    /// Whether `token` is this one and still good; takes the same time for every wrong secret.
    pub fn admits(&self, token: &Token) -> bool {
        bool::from(self.digest.ct_eq(&token.digest())) && self.revoked_at.is_none()
    }
}

/// The key from which every secret of a link or a session is derived; one per database.
#[derive(Clone, Copy)]
pub struct SecretKey(pub [u8; 32]);

impl SecretKey {
    /// The secret by which a page reports on `session`. Derived rather than stored, so that a repeated start (same
    /// `Idempotency-Key`) can be answered again and no row holds a secret.
    pub fn session_secret(&self, location: &LocationId, session: &SessionId) -> String {
        let tag = self.tag(location.as_str(), session.as_str()).finalize().into_bytes();
        format!("fs_{}.{}", URL_SAFE_NO_PAD.encode(tag), URL_SAFE_NO_PAD.encode(location.as_str()))
    }

    /// The location of `session` when `secret` is its secret.
    pub fn open_session_secret(&self, session: &str, secret: &str) -> Option<LocationId> {
        let (tag, location) = secret.strip_prefix("fs_")?.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let location = String::from_utf8(URL_SAFE_NO_PAD.decode(location).ok()?).ok()?;
        self.tag(&location, session).verify_slice(&tag).ok()?;
        LocationId::parse(&location).ok()
    }

    /// What stands beside a session's id in the addresses of its booking page, where only the visitor sees it. Another
    /// one than [`Self::session_secret`], so that an address is worth nothing at an API.
    pub fn page_key(&self, location: &LocationId, session: &SessionId) -> String {
        short(self.mac("page", location.as_str(), session.as_str()))
    }

    /// Whether `key` is the page key of `session`; takes the same time for every wrong one.
    pub fn opens_page(&self, location: &LocationId, session: &SessionId, key: &str) -> bool {
        verify_short(self.mac("page", location.as_str(), session.as_str()), key)
    }

    /// What stands beside an appointment's id in the links by which its client sees, moves or cancels it.
    pub fn appointment_key(&self, location: &LocationId, appointment: &AppointmentId) -> String {
        short(self.mac("appointment", location.as_str(), appointment.as_str()))
    }

    /// Whether `key` is the key of `appointment`; takes the same time for every wrong one.
    pub fn opens_appointment(&self, location: &LocationId, appointment: &AppointmentId, key: &str) -> bool {
        verify_short(self.mac("appointment", location.as_str(), appointment.as_str()), key)
    }

    /// The key that signs what a sign-in gives (ADR 16).
    pub fn sign_in_key(&self) -> [u8; 32] {
        self.mac("sign-in", "", "").finalize().into_bytes().into()
    }

    fn tag(&self, location: &str, session: &str) -> Hmac<Sha256> {
        self.mac("session", location, session)
    }

    /// What is for one purpose is worth nothing for another. No part has a NUL in it: ids take no control characters.
    fn mac(&self, purpose: &str, location: &str, id: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length (RFC 2104)");
        mac.update(purpose.as_bytes());
        for part in [location, id] {
            mac.update(b"\0");
            mac.update(part.as_bytes());
        }
        mac
    }
}

/// The bytes of a key that stands in an address: 128 bits, which is as much as HMAC needs against guessing (RFC 2104,
/// section 5), in 22 characters.
const SHORT_BYTES: usize = 16;

fn short(mac: Hmac<Sha256>) -> String {
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..SHORT_BYTES])
}

fn verify_short(mac: Hmac<Sha256>, key: &str) -> bool {
    URL_SAFE_NO_PAD.decode(key).is_ok_and(|tag| tag.len() == SHORT_BYTES && mac.verify_truncated_left(&tag).is_ok())
}
