//! Opening a file: the settings of every connection, the schema, and who owns the file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::{Doing, OpenError, StoreError};

/// Marks a file as ours (`PRAGMA application_id`): "Fdsk".
const APPLICATION_ID: i64 = 0x4664_736b;

/// Schema changes in order, never edited once landed. `PRAGMA user_version` counts those that a file has.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_record.sql"), include_str!("migrations/0002_booking.sql")];

/// How long a write waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The path in `sqlite:PATH`.
pub(super) fn path_of(url: &str) -> Result<PathBuf, OpenError> {
    match url.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path.strip_prefix("//").unwrap_or(path))),
        _ => Err(OpenError::Url(url.to_owned())),
    }
}

/// A connection that may write. Makes the file when `create` is set, and brings its schema up to date.
pub(super) fn open_writer(path: &Path, create: bool, random_key: [u8; 32]) -> Result<Connection, OpenError> {
    let shown = path.display().to_string();
    // An empty file is no database either: to take it for one would hide that a record is lost.
    if !create && std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Err(OpenError::Missing(shown));
    }
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|cause| explain(&shown, "open the database", cause))?;
    (|| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let application_id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((application_id, tables))
    })()
    .map_err(|cause| explain(&shown, "read the database", cause))
    .and_then(|(application_id, tables)| match application_id {
        APPLICATION_ID => Ok(()),
        0 if tables == 0 => Ok(()),
        _ => Err(OpenError::NotOurs(shown.clone())),
    })?;
    settle_in(&connection, true).map_err(|cause| explain(&shown, "prepare the database", cause))?;
    migrate(&mut connection, &shown, random_key)?;
    Ok(connection)
}

/// A file that may not be written opens all the same, for tools that only look at it; a server would fail at its first
/// write.
pub(super) fn refuse_read_only(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let shown = path.display().to_string();
    match connection.is_readonly("main") {
        Ok(false) => Ok(()),
        Ok(true) => Err(OpenError::ReadOnly(shown)),
        Err(cause) => Err(explain(&shown, "look at the database", cause)),
    }
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).doing("open a read connection")?;
    connection.busy_timeout(BUSY_TIMEOUT).doing("set up a read connection")?;
    settle_in(&connection, false).doing("set up a read connection")?;
    Ok(connection)
}

/// The settings of a connection. The query planner stability guarantee keeps a statement from being prepared again
/// whenever a bound range changes; reading by memory map keeps a large file from being copied page by page.
fn settle_in(connection: &Connection, writes: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "mmap_size", 1_i64 << 40)?;
    if writes {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -8_000)?;
        connection.pragma_update(None, "wal_autocheckpoint", 8_000)?;
        connection.pragma_update(None, "journal_size_limit", 64_i64 << 20)?;
    } else {
        connection.pragma_update(None, "cache_size", -1_000)?;
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(())
}

fn migrate(connection: &mut Connection, shown: &str, random_key: [u8; 32]) -> Result<(), OpenError> {
    let failed = |cause| explain(shown, "bring the schema up to date", cause);
    let version = |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version(connection).map_err(failed)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Read again: another process may have migrated while this one waited for the lock.
    let found = version(&transaction).map_err(failed)?;
    let Some(missing) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)) else {
        return Err(OpenError::Newer { path: shown.to_owned(), found, known });
    };
    for migration in missing {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    if found == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        transaction
            .execute("INSERT INTO installation (one, generation, secret_key) VALUES (1, 1, ?1)", [random_key])
            .map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Tells the operator's mistakes from faults.
fn explain(shown: &str, doing: &'static str, cause: rusqlite::Error) -> OpenError {
    match cause.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotOurs(shown.to_owned()),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => OpenError::ReadOnly(shown.to_owned()),
        _ => OpenError::Store(StoreError::Engine { doing, cause }),
    }
}

/// A file beside the database, for locks between processes: beside the file itself, not beside a link to it, so that
/// those who come by different names meet at the same lock.
fn beside(path: &Path, ending: &str) -> Result<File, StoreError> {
    let path = std::fs::canonicalize(path)
        .map_err(|cause| StoreError::File { doing: format!("find {}", path.display()), cause })?;
    let mut name = path.into_os_string();
    name.push(ending);
    let name = PathBuf::from(name);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name)
        .map_err(|cause| StoreError::File { doing: format!("open {}", name.display()), cause })
}

/// Proof that this process is the one server of the file; the lock ends with the process, however it ends.
#[derive(Debug)]
pub(super) struct Ownership(#[expect(dead_code, reason = "held for its lock")] File);

impl Ownership {
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let mut file = beside(path, "-server")?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                // The number is only for the message; without it the refusal stands all the same.
                let _ = file.read_to_string(&mut process);
                let process = if process.is_empty() { "unknown".to_owned() } else { process };
                return Err(OpenError::Owned { path: path.display().to_string(), process });
            }
            Err(TryLockError::Error(cause)) => {
                return Err(StoreError::File { doing: format!("lock {}", path.display()), cause }.into());
            }
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        written.map_err(|cause| StoreError::File { doing: format!("write {}-server", path.display()), cause })?;
        Ok(Self(file))
    }

    /// Whether some server owns the file now.
    pub(super) fn is_taken(path: &Path) -> bool {
        beside(path, "-server").is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// Held by a tool of another process from before it changes the record, or takes ticks, until that is committed, so that
/// a server's reader knows that changes are on their way (see [`super::gate`]). The file holds a number that is odd while
/// the lock is held, and another one after each time (see [`super::snapshot`]).
#[derive(Debug)]
pub(super) struct TickLock(File);

impl TickLock {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        beside(path, "-ticks").map(Self)
    }

    /// Waits for the lock; it is released when the answer is dropped.
    pub(super) fn hold(&self) -> Result<HeldTicks<'_>, StoreError> {
        self.0.lock().map_err(|cause| StoreError::File { doing: "lock the ticks file".to_owned(), cause })?;
        self.begin()
    }

    /// Makes the number even again that a tool has left behind that was killed, unless another one is at work.
    pub(super) fn mend(&self) -> Result<(), StoreError> {
        if self.version()?.is_multiple_of(2) || self.0.try_lock().is_err() {
            return Ok(());
        }
        self.begin().map(drop)
    }

    /// Counts the beginning of a change; the lock is held.
    fn begin(&self) -> Result<HeldTicks<'_>, StoreError> {
        let held = HeldTicks { lock: self, odd: self.version()? | 1 };
        self.write(held.odd)
            .map_err(|cause| StoreError::File { doing: "write the ticks file".to_owned(), cause })
            .map(|()| held)
    }

    /// The number of the file.
    pub(super) fn version(&self) -> Result<u64, StoreError> {
        let mut number = [0; size_of::<u64>()];
        // The file is empty until the first tool comes; less than the whole number is never written.
        self.0
            .read_at(&mut number, 0)
            .map_err(|cause| StoreError::File { doing: "read the ticks file".to_owned(), cause })?;
        Ok(u64::from_le_bytes(number))
    }

    fn write(&self, number: u64) -> std::io::Result<()> {
        self.0.write_all_at(&number.to_le_bytes(), 0)
    }

    /// Whether a tool holds ticks that are not committed. A lock that cannot be asked for counts as held.
    pub(super) fn is_held(&self) -> bool {
        // The shared lock is only a question; a second thread that asks through the same file changes nothing.
        let free = self.0.try_lock_shared().is_ok();
        if free {
            let _ = self.0.unlock();
        }
        !free
    }
}

/// A change is being made.
#[derive(Debug)]
pub(super) struct HeldTicks<'a> {
    lock: &'a TickLock,
    /// The number while it is made.
    odd: u64,
}

impl Drop for HeldTicks<'_> {
    fn drop(&mut self) {
        // A number that cannot be written stays odd, by which a server goes on to look at the record itself. Closing the file
        // at the end of the process releases the lock in any case.
        let _ = self.lock.write(self.odd.wrapping_add(1));
        let _ = self.lock.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No test that kills the process can tell: what was written and not synced is lost only with the machine's power.
    #[test]
    fn a_commit_is_on_the_disk_before_it_returns() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_writer(&folder.path().join("record.db"), true, [7; 32]).unwrap();
        let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
        let journal_mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!((synchronous, journal_mode.as_str()), (2, "wal"), "2 is FULL: the log is synced with every commit");
    }
}
