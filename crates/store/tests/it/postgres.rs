//! Databases of their own in the cluster that `script/test` starts.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::{Config, NoTls};

/// The database that says where the cluster is; its user may make others.
const CLUSTER: &str = "FRONTDESK_TEST_POSTGRES";

/// An empty database, which goes when this does.
pub struct Database {
    name: String,
    pub url: String,
}

impl Database {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("store_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        statement(&cluster(), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        Self { url: sibling(&name), name }
    }

    /// Runs a statement of the test's own, to spoil what lies in the database.
    pub fn spoil(&self, sql: &str) {
        statement(&self.url, sql);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        statement(&cluster(), &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn cluster() -> String {
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

/// Runs a statement, whatever runtime the caller may be in.
fn statement(url: &str, sql: &str) {
    let config: Config = url.parse().expect("a URL of PostgreSQL");
    super::support::apart(|| {
        super::support::wait(async {
            let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
            tokio::spawn(connection);
            client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        });
    });
}
