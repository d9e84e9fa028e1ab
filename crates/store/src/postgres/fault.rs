//! What the errors of PostgreSQL mean to us.

use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use super::connection::said;
use crate::error::StoreError;

/// Of what kind an error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Two transactions stood in each other's way; the same again may succeed at once.
    Conflict,
    /// The server is gone, restarts, is full, took too long: it may be better in a second.
    Unavailable,
    /// What an appointment would take is claimed already.
    Claimed,
    /// Anything else: a mistake of ours, or a damaged database.
    Broken,
}

/// The kind of an error (PostgreSQL, Appendix A, "PostgreSQL Error Codes").
pub(super) fn kind(error: &Error) -> Kind {
    let Some(state) = error.code() else {
        // Not an answer of the server: the connection is cut or was never made, or a value is not what we take it for.
        return if error.is_closed() || comes_of_io(error) { Kind::Unavailable } else { Kind::Broken };
    };
    if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(state) {
        return Kind::Conflict;
    }
    let is_of_claims = error.as_db_error().is_some_and(|error| error.table() == Some("claims"));
    if is_of_claims && [SqlState::EXCLUSION_VIOLATION, SqlState::UNIQUE_VIOLATION].contains(state) {
        return Kind::Claimed;
    }
    let single = [
        SqlState::READ_ONLY_SQL_TRANSACTION, // a server that is not the primary any more
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::IO_ERROR,
    ];
    // Connection exceptions, insufficient resources (a full disk), operator intervention (a restart, a timeout).
    let classes = ["08", "53", "57"];
    if single.contains(state) || classes.iter().any(|class| state.code().starts_with(class)) {
        Kind::Unavailable
    } else {
        Kind::Broken
    }
}

/// Whether the server has refused a statement. Then nothing of it is written, nor will be; after any other error it may be
/// carried out, or have been, though nobody hears of it.
pub(super) fn is_refusal(error: &Error) -> bool {
    error.as_db_error().is_some_and(|error| error.parsed_severity() == Some(Severity::Error))
}

fn comes_of_io(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<std::io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The fault of an error that came of `doing`.
pub(super) fn fault(doing: &'static str, cause: &Error) -> StoreError {
    let words = format!("{doing}: {}", said(cause));
    match kind(cause) {
        Kind::Conflict => StoreError::Conflict(words),
        Kind::Unavailable => StoreError::Unavailable(words),
        Kind::Claimed => StoreError::Claimed(words),
        Kind::Broken => StoreError::Postgres(words),
    }
}

/// Puts what was being done beside an error.
pub(super) trait Doing<T> {
    /// Names what was being done.
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|cause| fault(doing, &cause))
    }
}
