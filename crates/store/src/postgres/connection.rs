//! Connections: how a server of PostgreSQL is reached, and a pool of them for each thread.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts};
use parking_lot::RwLock;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls, Statement};

use super::fault::fault;
use crate::error::{OpenError, StoreError};

/// The most connections of one thread. The writer's needs one for each lane, some for what the lanes wait for, one for the watch.
const MOST_PER_THREAD: usize = 14;
/// How long a request waits for a connection of the pool, and a connection for its server.
const PATIENCE: Duration = Duration::from_secs(5);
/// When the server's machine is gone, it says nothing: what is sent has to be acknowledged within this time.
const UNHEARD: Duration = Duration::from_secs(10);

/// Settings of every connection. Statements are planned once, not for each value; none of them is long enough for
/// compiling it; what waits for a lock, or holds one, does not do so for ever.
const SETTINGS: &str = "-c plan_cache_mode=force_generic_plan -c jit=off -c lock_timeout=5s \
     -c idle_in_transaction_session_timeout=30s";
/// How long a statement of a server may take, and wait for a lock; for a row it may wait twice, for its turn and for the row.
const TIMEOUTS: &str = "-c statement_timeout=10s -c lock_timeout=3s";

/// A connection from the pool.
pub(super) type Connection = Object;

/// Who connects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// A server, whose statements are short.
    Serve,
    /// An operator's command, whose statements may take as long as they need.
    Operate,
}

impl Purpose {
    /// What the connections are called in `pg_stat_activity`.
    pub(super) const fn application_name(self) -> &'static str {
        match self {
            Self::Serve => "frontdesk server",
            Self::Operate => "frontdesk command",
        }
    }
}

/// Pools of connections, one for each thread that asks: a connection is read by the runtime of the thread that made it,
/// and a request that used another thread's would wake that one for every statement.
pub(super) struct Pools {
    config: Config,
    by_thread: RwLock<HashMap<ThreadId, Pool>>,
}

impl Pools {
    /// Pools of connections to the database at `url`; nothing is connected yet.
    ///
    /// # Errors
    /// When the URL says what cannot be had.
    pub(super) fn new(url: &str, purpose: Purpose) -> Result<Arc<Self>, OpenError> {
        let mut config: Config =
            url.parse().map_err(|cause: tokio_postgres::Error| OpenError::PostgresUrl(said(&cause)))?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(OpenError::PostgresUrl("sslmode=require is not supported".to_owned()));
        }
        let timeout = if purpose == Purpose::Serve { TIMEOUTS } else { "" };
        let options = [config.get_options().unwrap_or_default(), SETTINGS, timeout].join(" ");
        config
            .options(options.trim())
            .application_name(purpose.application_name())
            // After a failover the old address may lead to a server that only reads.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(PATIENCE)
            .keepalives_idle(UNHEARD)
            .tcp_user_timeout(UNHEARD);
        Ok(Arc::new(Self { config, by_thread: RwLock::default() }))
    }

    /// A connection of this thread's pool.
    ///
    /// # Errors
    /// When there is none within some seconds.
    pub(super) async fn get(&self) -> Result<Connection, StoreError> {
        let thread = std::thread::current().id();
        let known = self.by_thread.read().get(&thread).cloned();
        let pool = match known {
            Some(pool) => pool,
            None => self.by_thread.write().entry(thread).or_insert_with(|| self.pool()).clone(),
        };
        pool.get().await.map_err(|cause| match cause {
            PoolError::Backend(cause) => fault("connect to PostgreSQL", &cause),
            other => StoreError::Unavailable(format!("no connection to PostgreSQL: {other}")),
        })
    }

    fn pool(&self) -> Pool {
        let manager =
            Manager::from_config(self.config.clone(), NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        Pool::builder(manager)
            .max_size(MOST_PER_THREAD)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: Some(PATIENCE) })
            .build()
            .expect("cannot fail: timeouts have the runtime that they need")
    }
}

/// A prepared statement of this connection.
pub(super) async fn prepared(connection: &Connection, statement: &str) -> Result<Statement, StoreError> {
    connection.prepare_cached(statement).await.map_err(|cause| fault("prepare a statement", &cause))
}

/// An error in its own words, with those of what caused it.
pub(super) fn said(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}
