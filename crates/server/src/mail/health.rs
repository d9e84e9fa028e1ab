//! Whether mail goes out, for `/readyz`.

use frontdesk_domain::Timestamp;
use parking_lot::Mutex;

use super::smtp::Unreachable;

/// Whether mail goes out.
#[derive(Debug)]
pub struct Health {
    is_set_up: bool,
    trouble: Mutex<Option<Trouble>>,
}

/// Why it does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// Since when.
    pub since: Timestamp,
    /// What is wrong, as of the last try.
    pub error: Unreachable,
}

impl Health {
    /// Nothing is known yet.
    pub fn new(is_set_up: bool) -> Self {
        Self { is_set_up, trouble: Mutex::new(None) }
    }

    /// Whether there is a server for mail at all.
    pub fn is_set_up(&self) -> bool {
        self.is_set_up
    }

    /// What is wrong at the moment.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().clone()
    }

    /// The server could not be reached; true when it could before.
    pub fn fails(&self, error: Unreachable, now: Timestamp) -> bool {
        let mut trouble = self.trouble.lock();
        let since = trouble.as_ref().map_or(now, |trouble| trouble.since);
        trouble.replace(Trouble { since, error }).is_none()
    }

    /// The server could be reached; true when it could not before.
    pub fn works(&self) -> bool {
        self.trouble.lock().take().is_some()
    }
}
