//! Why the store could not do what it was asked, each kind apart: the caller's mistake, the rules' no, and a fault.

use frontdesk_domain::session::Rejection;

/// Something broke that is nobody's mistake: the disk, the file, the engine.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine reported an error.
    #[error("{doing}: {cause}")]
    Engine {
        /// What was being done.
        doing: &'static str,
        /// The engine's own words.
        #[source]
        cause: rusqlite::Error,
    },
    /// A row that cannot be read.
    #[error("{table}.{column} of {id} holds what Frontdesk never writes")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        id: String,
    },
    /// A file operation failed.
    #[error("{doing}: {cause}")]
    File {
        /// What was being done, with the path.
        doing: String,
        /// The system's words.
        #[source]
        cause: std::io::Error,
    },
    /// PostgreSQL reported an error, in its own words.
    #[error("{0}")]
    Postgres(String),
    /// Changes of several servers stood in each other's way, and kept doing so when they were tried again.
    #[error("{0}")]
    Conflict(String),
    /// What an appointment would take is taken, although the decision did not know: the database itself refused it.
    #[error("{0}")]
    Claimed(String),
    /// The database cannot be used now, and perhaps again in a second: it restarts, is unreachable, full, or too slow; or
    /// this server may not use it, because its clock is off.
    #[error("{0}")]
    Unavailable(String),
    /// What this engine leaves to tools of its own.
    #[error("{0}")]
    Unsupported(&'static str),
    /// More writes are waiting than can be taken.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The writer has stopped: the server is shutting down.
    #[error("the store is closing")]
    Closing,
    /// A batch that shared a commit with this one failed.
    #[error("the commit failed: {0}")]
    Commit(String),
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no engine that is known.
    #[error(
        "--database takes sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME, for example sqlite:frontdesk.db, not {0}"
    )]
    Url(String),
    /// The URL of a PostgreSQL database says what cannot be had.
    #[error("--database: {0}")]
    PostgresUrl(String),
    /// The file is something else.
    #[error("{0} is not a Frontdesk database")]
    NotOurs(String),
    /// The file was written by a newer version.
    #[error("{path} was written by a newer version of Frontdesk (schema {found}, this one knows {known})")]
    Newer {
        /// The file.
        path: String,
        /// Its schema version.
        found: i64,
        /// The newest schema version known here.
        known: i64,
    },
    /// Another server owns the file.
    #[error("another server (process {process}) already serves {path}; stop it first, or serve another file")]
    Owned {
        /// The file.
        path: String,
        /// The owner, as it wrote itself down.
        process: String,
    },
    /// The file does not exist and this command does not make one.
    #[error("there is no database at {0}; `frontdesk location add` makes one, or name another with --database")]
    Missing(String),
    /// The file can be read but not written.
    #[error("{0} cannot be written; check the permissions of the file and of its folder")]
    ReadOnly(String),
    /// Anything else.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The rules say no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// No session of that id in that location.
    #[error("no such session")]
    NoSuchSession,
    /// No location of that id.
    #[error("no such location")]
    NoSuchLocation,
    /// The idempotency key was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// Something broke; nothing was changed.
    #[error(transparent)]
    Fault(#[from] StoreError),
}

/// Why a location or a token was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The id is taken.
    #[error("there is already a location {0}; change it with `frontdesk location set`")]
    LocationExists(String),
    /// No location of that id.
    #[error("there is no location {0}; `frontdesk location list` shows those there are")]
    NoSuchLocation(String),
    /// Nobody knows the time zone.
    #[error("there is no time zone {0}; it takes an IANA name, for example America/Chicago")]
    NoSuchTimeZone(String),
    /// No token of that id.
    #[error("there is no token {0}; `frontdesk token list` shows those there are")]
    NoSuchToken(String),
    /// Something broke; nothing was changed.
    #[error(transparent)]
    Fault(#[from] StoreError),
}

/// Puts what was being done beside an engine's error.
pub(crate) trait Doing<T> {
    /// Names what was being done.
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl StoreError {
    /// Whether the same request may well succeed in a second.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Overloaded | Self::Closing | Self::Unavailable(_) | Self::Conflict(_))
    }

    /// What the log should say of it; nothing when it only tells of load, which the metrics show.
    pub fn worth_a_word(&self) -> Option<String> {
        (!matches!(self, Self::Overloaded | Self::Closing)).then(|| self.to_string())
    }
}

impl<T> Doing<T> for Result<T, rusqlite::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|cause| StoreError::Engine { doing, cause })
    }
}
