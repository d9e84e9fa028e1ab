//! What every handler can reach.

use std::sync::Arc;

use frontdesk_domain::Clock;
use frontdesk_store::Store;

use crate::addresses::Addresses;
use crate::limits::Limits;
use crate::mail::health::Health;
use crate::telemetry::Metrics;

/// What every handler can reach.
pub struct App {
    /// The record.
    pub store: Arc<Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Requests a minute for each token.
    pub limits: Limits,
    /// Attempts a minute to sign in as each token.
    pub sign_ins: Limits,
    /// Starts and holds a minute for each address.
    pub addresses: Addresses,
    /// Whether mail goes out.
    pub mail: Arc<Health>,
    /// The description of the APIs, as JSON.
    pub openapi: bytes::Bytes,
    /// The API reference, as a page.
    pub docs: bytes::Bytes,
}
