//! What an operator's commands do to a database, beside a running server or without one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use frontdesk_domain::access::{TokenId, TokenRecord};
use frontdesk_domain::feed::Window;
use frontdesk_domain::practice::Setup;
use frontdesk_domain::scheduling::{Agenda, Interval};
use frontdesk_domain::session::SessionView;
use frontdesk_domain::{Clock, LocationId};
use rusqlite::{Connection, TransactionBehavior};

use super::bookings::agenda;
use super::connection::{self, Ownership, TickLock};
use super::snapshot::Bounds;
use super::tally::{self, Span};
use super::{catalog, check, import, page, setup};
use crate::booking::SetupVerdict;
use crate::catalog::{Catalog, Location, LocationSettings};
use crate::error::{AdminError, Doing, OpenError, StoreError};
use crate::page::PageStart;
use crate::record::{CheckReport, ImportRow, ImportVerdict};

/// Sessions read at once when a window is read to its end.
const CHUNK: u32 = 1000;

/// An operator's access to a database.
pub(crate) struct Workbench {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    clock: Arc<dyn Clock>,
    /// While this is the target of a copy.
    pub(super) claim: Option<Ownership>,
}

impl Workbench {
    /// Opens the database at `url` (`sqlite:PATH`); makes it, with `random_key` as its secret key, when `create` is set.
    ///
    /// # Errors
    /// When the URL or the file is not one of ours, does not exist, or cannot be written.
    pub(crate) fn open(
        url: &str,
        create: bool,
        clock: Arc<dyn Clock>,
        random_key: [u8; 32],
    ) -> Result<Self, OpenError> {
        let path = connection::path_of(url)?;
        let connection = connection::open_writer(&path, create, random_key)?;
        Ok(Self { path, connection, clock, claim: None })
    }

    /// Whether a server owns the file at this moment.
    pub(crate) fn is_served(&self) -> bool {
        Ownership::is_taken(&self.path)
    }

    /// Locations and tokens.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn catalog(&self) -> Result<Catalog, StoreError> {
        catalog::load(&self.connection)
    }

    /// Adds a location.
    ///
    /// # Errors
    /// When the id is taken, or something broke.
    pub(crate) fn add_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        let now = self.clock.now();
        self.change(|connection| catalog::add_location(connection, id, settings, now))
    }

    /// Changes what is set of a location. Sessions that are active keep the expiry they have until their next action.
    ///
    /// # Errors
    /// When there is no such location, or something broke.
    pub(crate) fn set_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        self.change(|connection| catalog::set_location(connection, id, settings))
    }

    /// Sets a location up for booking.
    ///
    /// # Errors
    /// When there is no such location or time zone, or something broke.
    pub(crate) fn apply_setup(
        &mut self,
        id: &LocationId,
        settings: &LocationSettings,
        setup: &Setup,
        dry_run: bool,
    ) -> Result<SetupVerdict, AdminError> {
        let now = self.clock.now();
        self.change(|connection| setup::apply(connection, id, settings, setup, now, dry_run))
    }

    /// Everything that takes up time at a location and touches `span`.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn agenda(&self, location: &Location, span: Interval) -> Result<Agenda, StoreError> {
        Ok(Agenda::new(agenda::busy(&self.connection, location.key, span)?))
    }

    /// Keeps a new token.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn add_token(&mut self, token: &TokenRecord) -> Result<(), AdminError> {
        self.change(|connection| catalog::add_token(connection, token))
    }

    /// Revokes a token; from now on every server refuses it. Revoking it again changes nothing.
    ///
    /// # Errors
    /// When there is no such token, or something broke.
    pub(crate) fn revoke_token(&mut self, id: TokenId) -> Result<(), AdminError> {
        let now = self.clock.now();
        self.change(|connection| catalog::revoke_token(connection, id, now))
    }

    fn change<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, AdminError>) -> Result<T, AdminError> {
        let lock = TickLock::open(&self.path)?;
        // Until after the commit, so that a running server sees that something changes.
        let _held = lock.hold()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("begin a change of the catalogue")?;
        let value = work(&transaction)?;
        transaction.commit().doing("commit a change of the catalogue")?;
        Ok(value)
    }

    /// Takes rows of a file into the record, all in one commit, and says what became of each. `catalog` is where the
    /// rows' locations are looked up.
    ///
    /// # Errors
    /// When something broke; none of these rows is kept then.
    pub(crate) fn import(
        &mut self,
        catalog: &Catalog,
        rows: Vec<ImportRow>,
        touch: bool,
    ) -> Result<Vec<ImportVerdict>, StoreError> {
        let lock = TickLock::open(&self.path)?;
        // Before the clock is read, so that a reader of the present either waits for this commit or was earlier.
        let _held = lock.hold()?;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).doing("begin an import")?;
        let verdicts = import::write(&transaction, catalog, rows, touch, self.clock.now())?;
        transaction.commit().doing("commit an import")?;
        Ok(verdicts)
    }

    /// Lets the machine's memory speed up a long import.
    ///
    /// # Errors
    /// When the engine refuses.
    pub(crate) fn prepare_for_bulk(&self) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "cache_size", -32_000).doing("enlarge the cache")?;
        self.connection.pragma_update(None, "wal_autocheckpoint", 16_000).doing("space out checkpoints")
    }

    /// Gives the sessions of a window after the first `skip` to `sink`, in the order of the feed, as of one moment. `sink`
    /// answers whether it wants more.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn sessions(
        &mut self,
        location: &Location,
        window: &Window,
        skip: u64,
        mut sink: impl FnMut(SessionView<'_>) -> bool + Send,
    ) -> Result<(), StoreError> {
        let snapshot = self.connection.transaction().doing("begin to read a window")?;
        let span = Span::new(location.key, window, Bounds::read(&snapshot, location.key)?);
        let (mut start, mut wanted) = (PageStart::Rank(skip), true);
        while wanted {
            let answer = page::read(&snapshot, &span, &start, CHUNK, &mut |view| {
                wanted = wanted && sink(view);
            })?;
            let end = answer.ends.into_iter().next().filter(|end| end.more);
            let Some(next) = end.and_then(|end| end.next) else { break };
            start = PageStart::Cursor(next.from);
        }
        Ok(())
    }

    /// How many sessions a window has.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn count(&self, location: &Location, window: &Window) -> Result<u64, StoreError> {
        let span = Span::new(location.key, window, Bounds::read(&self.connection, location.key)?);
        Ok(tally::find(&self.connection, &span, None)?.0)
    }

    /// Writes a consistent copy of the database to `target`, which must not exist, beside a running server.
    ///
    /// # Errors
    /// When the target exists or cannot be written; nothing is left of it then.
    pub(crate) fn backup(&self, target: &Path) -> Result<u64, StoreError> {
        let file_error = |doing: &str, path: &Path| {
            let doing = format!("{doing} {}", path.display());
            move |cause| StoreError::File { doing, cause }
        };
        if target.exists() {
            let cause = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(file_error("write the backup to", target)(cause));
        }
        let mut unfinished = target.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        let written = self.write_copy(&unfinished).and_then(|()| {
            let file = File::open(&unfinished).map_err(file_error("open", &unfinished))?;
            file.sync_all().map_err(file_error("write out", &unfinished))?;
            std::fs::rename(&unfinished, target).map_err(file_error("name the backup", target))?;
            file.metadata().map(|metadata| metadata.len()).map_err(file_error("measure", target))
        });
        if written.is_err() {
            // What could not be finished is of no use; a file that is not there need not be removed.
            let _ = std::fs::remove_file(&unfinished);
        }
        written
    }

    fn write_copy(&self, target: &Path) -> Result<(), StoreError> {
        if target.exists() {
            std::fs::remove_file(target)
                .map_err(|cause| StoreError::File { doing: format!("remove {}", target.display()), cause })?;
        }
        let name = target.to_str().ok_or_else(|| StoreError::File {
            doing: format!("write the backup to {}", target.display()),
            cause: std::io::Error::from(std::io::ErrorKind::InvalidFilename),
        })?;
        self.connection.execute("/* backup */ VACUUM INTO ?1", [name]).doing("copy the database").map(drop)
    }

    /// Recounts everything that is kept twice: tallies against sessions, sessions against their timelines, ticks against
    /// locations, and the file's own structure.
    ///
    /// # Errors
    /// When something broke while checking; what the check finds is in the report.
    pub(crate) fn check(&mut self, progress: impl FnMut(u64)) -> Result<CheckReport, StoreError> {
        let snapshot = self.connection.transaction().doing("begin to check")?;
        check::run(&snapshot, progress)
    }
}
