//! What an operator's commands do to a database of either engine, beside running servers or without one.

use std::path::Path;
use std::sync::Arc;

use frontdesk_domain::access::{TokenId, TokenRecord};
use frontdesk_domain::feed::Window;
use frontdesk_domain::practice::Setup;
use frontdesk_domain::scheduling::{Agenda, Interval};
use frontdesk_domain::session::SessionView;
use frontdesk_domain::{Clock, LocationId};
use jiff::tz::TimeZone;

use crate::booking::SetupVerdict;
use crate::catalog::{Catalog, Location, LocationSettings};
use crate::copy::{self, CopyError, CopyProgress, CopyReport, Side};
use crate::error::{AdminError, OpenError, StoreError};
use crate::record::{CheckReport, ImportRow, ImportVerdict};
use crate::{postgres, sqlite};

/// An operator's access to a database. Not for use within an asynchronous runtime: its methods wait.
pub struct Workbench(Engine);

enum Engine {
    Sqlite(sqlite::Workbench),
    Postgres(Box<postgres::Workbench>),
}

/// Does the same on whichever engine.
macro_rules! on_engine {
    ($self:expr, $workbench:ident => $call:expr) => {
        match $self {
            Engine::Sqlite($workbench) => $call,
            Engine::Postgres($workbench) => $call,
        }
    };
}

impl Workbench {
    /// Opens the database at `url` (`sqlite:PATH` or `postgres://…`); makes it, with `random_key` as its secret key, when
    /// `create` is set.
    ///
    /// # Errors
    /// When the URL or the database is not one of ours, does not exist, or cannot be used.
    pub fn open(url: &str, create: bool, clock: Arc<dyn Clock>, random_key: [u8; 32]) -> Result<Self, OpenError> {
        let engine = if postgres::owns(url) {
            Engine::Postgres(Box::new(postgres::Workbench::open(url, create, clock, random_key)?))
        } else {
            Engine::Sqlite(sqlite::Workbench::open(url, create, clock, random_key)?)
        };
        Ok(Self(engine))
    }

    /// Whether a server works on the database at this moment, as far as can be told.
    pub fn is_served(&self) -> bool {
        on_engine!(&self.0, workbench => workbench.is_served())
    }

    /// Locations and tokens.
    ///
    /// # Errors
    /// When something broke.
    pub fn catalog(&self) -> Result<Catalog, StoreError> {
        on_engine!(&self.0, workbench => workbench.catalog())
    }

    /// Adds a location.
    ///
    /// # Errors
    /// When the id is taken, nobody knows the time zone, or something broke.
    pub fn add_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        check_time_zone(settings)?;
        on_engine!(&mut self.0, workbench => workbench.add_location(id, settings))
    }

    /// Changes what is set of a location. Sessions that are active keep the expiry they have until their next action.
    ///
    /// # Errors
    /// When there is no such location or time zone, or something broke.
    pub fn set_location(&mut self, id: &LocationId, settings: &LocationSettings) -> Result<(), AdminError> {
        check_time_zone(settings)?;
        on_engine!(&mut self.0, workbench => workbench.set_location(id, settings))
    }

    /// Sets a location up for booking, and changes its settings, in one commit. What has appointments still to come is not
    /// taken away. With `dry_run` nothing is changed, and the verdict is what would have been.
    ///
    /// # Errors
    /// When there is no such location or time zone, or something broke.
    pub fn apply_setup(
        &mut self,
        id: &LocationId,
        settings: &LocationSettings,
        setup: &Setup,
        dry_run: bool,
    ) -> Result<SetupVerdict, AdminError> {
        check_time_zone(settings)?;
        on_engine!(&mut self.0, workbench => workbench.apply_setup(id, settings, setup, dry_run))
    }

    /// Everything that takes up time at a location and touches `span` ([`crate::Reader::agenda`]).
    ///
    /// # Errors
    /// When something broke.
    pub fn agenda(&self, location: &Location, span: Interval) -> Result<Agenda, StoreError> {
        on_engine!(&self.0, workbench => workbench.agenda(location, span))
    }

    /// Keeps a new token.
    ///
    /// # Errors
    /// When something broke.
    pub fn add_token(&mut self, token: &TokenRecord) -> Result<(), AdminError> {
        on_engine!(&mut self.0, workbench => workbench.add_token(token))
    }

    /// Revokes a token; from now on every server refuses it. Revoking it again changes nothing.
    ///
    /// # Errors
    /// When there is no such token, or something broke.
    pub fn revoke_token(&mut self, id: TokenId) -> Result<(), AdminError> {
        on_engine!(&mut self.0, workbench => workbench.revoke_token(id))
    }

    /// Takes rows of a file into the record, all in one commit, and says what became of each. `catalog` is where the
    /// rows' locations are looked up.
    ///
    /// # Errors
    /// When something broke; none of these rows is kept then.
    pub fn import(
        &mut self,
        catalog: &Catalog,
        rows: Vec<ImportRow>,
        touch: bool,
    ) -> Result<Vec<ImportVerdict>, StoreError> {
        match &mut self.0 {
            Engine::Sqlite(workbench) => workbench.import(catalog, rows, touch),
            Engine::Postgres(workbench) => workbench.import(catalog, &rows, touch),
        }
    }

    /// Lets the machine's memory speed up a long import.
    ///
    /// # Errors
    /// When the engine refuses.
    pub fn prepare_for_bulk(&self) -> Result<(), StoreError> {
        match &self.0 {
            Engine::Sqlite(workbench) => workbench.prepare_for_bulk(),
            // Its memory is set by whoever runs it.
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Gives the sessions of a window after the first `skip` to `sink`, in the order of the feed, as of one moment. `sink`
    /// answers whether it wants more.
    ///
    /// # Errors
    /// When something broke.
    pub fn sessions(
        &mut self,
        location: &Location,
        window: &Window,
        skip: u64,
        sink: impl FnMut(SessionView<'_>) -> bool + Send,
    ) -> Result<(), StoreError> {
        on_engine!(&mut self.0, workbench => workbench.sessions(location, window, skip, sink))
    }

    /// How many sessions a window has.
    ///
    /// # Errors
    /// When something broke.
    pub fn count(&self, location: &Location, window: &Window) -> Result<u64, StoreError> {
        on_engine!(&self.0, workbench => workbench.count(location, window))
    }

    /// Writes a consistent copy of the database to `target`, which must not exist, beside a running server. Answers its
    /// size in bytes.
    ///
    /// # Errors
    /// When the target exists or cannot be written; nothing is left of it then. PostgreSQL has tools of its own for this.
    pub fn backup(&self, target: &Path) -> Result<u64, StoreError> {
        match &self.0 {
            Engine::Sqlite(workbench) => workbench.backup(target),
            Engine::Postgres(_) => Err(StoreError::Unsupported(
                "backup copies a file; for PostgreSQL use its own tools (pg_dump, pg_basebackup)",
            )),
        }
    }

    /// Recounts everything that is kept twice: tallies against sessions, sessions against their timelines, ticks against
    /// locations, and (of a file) its own structure.
    ///
    /// # Errors
    /// When something broke while checking; what the check finds is in the report.
    pub fn check(&mut self, progress: impl FnMut(u64)) -> Result<CheckReport, StoreError> {
        on_engine!(&mut self.0, workbench => workbench.check(progress))
    }
    /// Copies everything of this database that `target` does not have yet, and compares both. A copy that was ended in the
    /// middle, or whose source has changed since, is made again by the same call.
    ///
    /// # Errors
    /// When the target is not for this copy, or something broke; what was committed until then stays.
    pub fn copy_into(
        &mut self,
        target: &mut Self,
        progress: &mut dyn FnMut(CopyProgress),
    ) -> Result<CopyReport, CopyError> {
        target.prepare_for_bulk()?;
        copy::run(self.side(), target.side(), progress)
    }

    fn side(&mut self) -> &mut dyn Side {
        match &mut self.0 {
            Engine::Sqlite(workbench) => workbench,
            Engine::Postgres(workbench) => &mut **workbench,
        }
    }
}

/// Refuses a zone that nobody knows: a server could not tell when such a location is open.
fn check_time_zone(settings: &LocationSettings) -> Result<(), AdminError> {
    TimeZone::get(&settings.time_zone).map(drop).map_err(|_| AdminError::NoSuchTimeZone(settings.time_zone.clone()))
}

/// The URL of a database for messages, without the password that it may have.
pub fn shown(url: &str) -> String {
    if postgres::owns(url) { postgres::shown(url) } else { url.to_owned() }
}
