//! Databases of their own in the cluster that `script/test` starts.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// The database that says where the cluster is; its user may make others.
const CLUSTER: &str = "FRONTDESK_TEST_POSTGRES";

/// An empty database, which goes when this does.
pub struct Database {
    /// Of one that is ours.
    name: Option<String>,
    pub url: String,
}

impl Database {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("server_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        statement(&cluster(), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        Self { url: sibling(&name), name: Some(name) }
    }

    /// One that somebody else takes away.
    pub const fn at(url: String) -> Self {
        Self { name: None, url }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            statement(&cluster(), &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// The cluster of the tests.
pub fn cluster() -> String {
    std::env::var(CLUSTER).unwrap_or_else(|_| {
        panic!(
            "{CLUSTER} names no cluster. ./script/test starts one; by hand: \
             export {CLUSTER}=$(./script/postgres start target/postgres --fast)"
        )
    })
}

/// The URL of another database of the same cluster.
fn sibling(name: &str) -> String {
    let url = cluster();
    let (server, _) = url.rsplit_once('/').expect("the URL ends with a database");
    format!("{server}/{name}")
}

/// Runs statements on a connection of its own.
pub fn statement(url: &str, sql: &str) {
    Session::open(url).run(sql);
}

/// The one text that a statement answers.
pub fn ask(url: &str, sql: &str) -> String {
    let session = Session::open(url);
    let rows =
        session.runtime.block_on(session.client.simple_query(sql)).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let value = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    value.unwrap_or_else(|| panic!("{sql} answers nothing"))
}

/// A connection of the test's own.
pub struct Session {
    runtime: Runtime,
    client: Client,
}

impl Session {
    pub fn open(url: &str) -> Self {
        let config: Config = url.parse().expect("a URL of PostgreSQL");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
            tokio::spawn(connection);
            client
        });
        Self { runtime, client }
    }

    pub fn run(&self, sql: &str) {
        self.runtime.block_on(self.client.batch_execute(sql)).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
