//! The two databases behind the one set of handlers; each has its own tables and statements.

use sqlx::PgPool;

use crate::list::Window;
use crate::session::Session;
use crate::visit::{Arrival, Progress, Report};
use crate::{postgres, sqlite};

/// What the URL or path of the database names.
#[derive(Debug)]
pub enum Database {
    /// A file.
    Sqlite(sqlite::Pools),
    /// A server.
    Postgres(PgPool),
}

/// Whether it is the URL of a server; anything else is a file's path.
pub fn is_server(name: &str) -> bool {
    name.starts_with("postgres://") || name.starts_with("postgresql://")
}

impl Database {
    /// Connects; without a number of connections it is what suits the kind of database.
    pub async fn open(name: &str, connections: Option<u32>) -> sqlx::Result<Self> {
        if is_server(name) {
            Ok(Self::Postgres(postgres::connect(name, connections.unwrap_or(16)).await?))
        } else {
            Ok(Self::Sqlite(sqlite::Pools::open(name.as_ref(), connections.unwrap_or(8)).await?))
        }
    }

    /// The ids of all locations.
    pub async fn locations(&self) -> sqlx::Result<Vec<String>> {
        const LOCATIONS: &str = "SELECT id FROM locations";
        match self {
            Self::Sqlite(pools) => sqlx::query_scalar(LOCATIONS).fetch_all(&pools.readers).await,
            Self::Postgres(pool) => sqlx::query_scalar(LOCATIONS).fetch_all(pool).await,
        }
    }

    /// How many sessions the window has, and those of the page.
    pub async fn page(&self, window: &Window<'_>) -> sqlx::Result<(i64, Vec<Session>)> {
        match self {
            Self::Sqlite(pools) => {
                let mut connection = pools.readers.acquire().await?;
                let total_count = sqlite::count(&mut connection, window).await?;
                Ok((total_count, sqlite::rows(&mut connection, window).await?))
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let total_count = postgres::count(&mut connection, window).await?;
                Ok((total_count, postgres::rows(&mut connection, window).await?))
            }
        }
    }

    /// Keeps a new session.
    pub async fn start(&self, arrival: &Arrival) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(pools) => sqlite::start(&pools.writer, arrival).await,
            Self::Postgres(pool) => postgres::start(pool, arrival).await,
        }
    }

    /// Moves a live session on; None when there is none with that id and secret. The one statement is a transaction of its
    /// own, and on the disk when this returns.
    pub async fn advance(&self, report: &Report<'_>) -> sqlx::Result<Option<Progress>> {
        match self {
            Self::Sqlite(pools) => sqlite::advance(&pools.writer, report).await,
            Self::Postgres(pool) => postgres::advance(pool, report).await,
        }
    }
}
