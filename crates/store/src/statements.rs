//! Every statement of both engines against a fresh schema: that it can be prepared, and that on PostgreSQL what a request needs
//! is looked up by its location.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio_postgres::{Client, NoTls};

use crate::{postgres, sqlite};

/// Names and texts of the statements in the source of an engine: those that stand there as they are, and of `assembled` those
/// whose beginnings stand there.
fn statements(engine: &str, assembled: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in sources(&folder(engine)) {
        let source = fs::read_to_string(&path).expect("a source file");
        for (at, _) in source.match_indices("\"/* ") {
            let text = literal(&source[at + 1..]);
            if !source[..at].trim_end().ends_with("concat!(") {
                insert(&mut found, text);
                continue;
            }
            let whole: Vec<_> = assembled.iter().filter(|whole| whole.starts_with(&text)).collect();
            assert!(!whole.is_empty(), "{}: {text} is not among the assembled statements", path.display());
            whole.into_iter().for_each(|whole| insert(&mut found, (*whole).to_owned()));
        }
    }
    found
}

/// A name leads from the database's log to one place in the source.
fn insert(found: &mut BTreeMap<String, String>, text: String) {
    let before = found.insert(name(&text), text.clone());
    assert!(before.is_none_or(|before| before == text), "two statements have the name of {text}");
}

fn folder(engine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(engine)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            paths.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths
}

/// The text of a literal whose first quote is left out.
fn literal(source: &str) -> String {
    let mut text = String::new();
    let mut characters = source.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => return text,
            '\\' => match characters.next() {
                Some('\n') => while characters.next_if(|next| next.is_whitespace()).is_some() {},
                other => text.extend(other),
            },
            other => text.push(other),
        }
    }
    panic!("a literal without an end: {text}");
}

fn name(statement: &str) -> String {
    let named = statement.strip_prefix("/* ").and_then(|rest| rest.split_once(" */"));
    named.unwrap_or_else(|| panic!("a statement without a name: {statement}")).0.to_owned()
}

/// The schema changes of an engine, in order.
fn schema(engine: &str) -> Vec<String> {
    let folder = folder(engine).join("migrations");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the migrations").map(|entry| entry.expect("one").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).expect("a migration")).collect()
}

#[test]
fn every_statement_of_sqlite_can_be_prepared() {
    let connection = rusqlite::Connection::open_in_memory().expect("a database");
    schema("sqlite").iter().for_each(|change| connection.execute_batch(change).expect("the schema"));
    let statements = statements("sqlite", &sqlite::assembled_statements());
    assert!(statements.len() > 30, "{:?}", statements.keys());
    for (name, text) in statements {
        if let Err(wrong) = connection.prepare(&text) {
            panic!("{name}: {wrong}: {text}");
        }
    }
}

/// A database in the cluster of the tests, with the schema.
struct Fresh {
    runtime: tokio::runtime::Runtime,
    cluster: String,
    name: String,
    client: Client,
}

impl Fresh {
    fn new(purpose: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let cluster = std::env::var("FRONTDESK_TEST_POSTGRES")
            .expect("FRONTDESK_TEST_POSTGRES names a cluster; ./script/test starts one");
        let name = format!("statements_{purpose}_{}", std::process::id());
        let client = runtime.block_on(async {
            let maker = connect(&cluster).await;
            maker.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("a new database");
            let (server, _) = cluster.rsplit_once('/').expect("the URL ends with a database");
            let client = connect(&format!("{server}/{name}")).await;
            for change in schema("postgres") {
                client.batch_execute(&change).await.expect("the schema");
            }
            client
        });
        Self { runtime, cluster, name, client }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.runtime.block_on(async {
            let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            connect(&self.cluster).await.batch_execute(&statement).await.expect("it goes");
        });
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL answers");
    tokio::spawn(connection);
    client
}

#[test]
fn every_statement_of_postgres_can_be_prepared() {
    let fresh = Fresh::new("prepared");
    let statements = statements("postgres", &postgres::assembled_statements());
    assert!(statements.len() > 40, "{:?}", statements.keys());
    for (name, text) in statements {
        if let Err(wrong) = fresh.runtime.block_on(fresh.client.prepare(&text)) {
            panic!("{name}: {wrong:?}: {text}");
        }
    }
}

/// What a location owns.
const OWNED: [&str; 15] = [
    "sessions",
    "events",
    "tallies",
    "idempotency_keys",
    "clocks",
    "walks",
    "departures",
    "setups",
    "agendas",
    "appointments",
    "claims",
    "holds",
    "clients",
    "patients",
    "mails",
];

/// Statements that look across locations, and why they may.
const ACROSS: [(&str, &str); 10] = [
    ("locations with due sessions", "a job; one row for each location, and few of them"),
    ("next expiry of any location", "a job; the same rows"),
    ("forget answered requests", "a job, once an hour, by the index of its own"),
    ("forget walks", "a job, once a minute; the table holds minutes"),
    ("forget departures", "a job, once a minute; the table holds minutes"),
    ("mails that wait", "the operator's question; by the index of what waits"),
    ("check: locations", "a command of the operator"),
    ("new clock", "an insert"),
    ("the clock of a copied location", "an insert"),
    ("generation and clock", "the watch; nothing that a location owns"),
];

#[test]
fn every_statement_of_a_request_names_the_location_in_its_key() {
    let fresh = Fresh::new("keys");
    let statements = statements("postgres", &postgres::assembled_statements());
    assert!(ACROSS.iter().all(|(name, _)| statements.contains_key(*name)), "an exception for what there is not");
    let mut looked_at = 0;
    for (name, text) in &statements {
        if ACROSS.iter().any(|(across, _)| across == name) {
            continue;
        }
        let plan = fresh.runtime.block_on(plan(&fresh.client, text));
        look_at(&plan, "", &mut |table, condition| {
            looked_at += 1;
            assert!(condition.contains("location"), "{name}: {table} is read by {condition:?}: {plan:#}");
        });
    }
    assert!(looked_at > 30, "{looked_at} readings of tables");
}

/// The plan that a server uses.
async fn plan(client: &Client, statement: &str) -> Value {
    let settings = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off";
    client.batch_execute(settings).await.expect("settings");
    client.batch_execute(&format!("PREPARE looked_at AS {statement}")).await.expect("it can be prepared");
    let parameters = client
        .query_one("SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'looked_at'", &[])
        .await
        .expect("it is prepared");
    let nulls = vec!["NULL"; usize::try_from(parameters.get::<_, i32>(0)).expect("a number")];
    let arguments = if nulls.is_empty() { String::new() } else { format!("({})", nulls.join(", ")) };
    let explained = client
        .simple_query(&format!("EXPLAIN (FORMAT JSON) EXECUTE looked_at{arguments}"))
        .await
        .unwrap_or_else(|wrong| panic!("{wrong:?}: {statement}"));
    client.batch_execute("DEALLOCATE looked_at").await.expect("it goes");
    let plan = explained.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    serde_json::from_str(&plan.expect("a plan")).expect("JSON")
}

/// Shows every reading of a table that a location owns, with the conditions by which it is read or joined.
fn look_at(plan: &Value, joined_by: &str, show: &mut impl FnMut(&str, &str)) {
    match plan {
        Value::Array(plans) => plans.iter().for_each(|plan| look_at(plan, joined_by, show)),
        Value::Object(node) => {
            let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
            let joined_by = [joined_by, text("Hash Cond"), text("Merge Cond"), text("Join Filter")].join(" ");
            let kind = text("Node Type");
            if OWNED.contains(&text("Relation Name")) && kind.ends_with("Scan") {
                let own = ["Index Cond", "Recheck Cond", "Filter"].map(text).join(" ");
                show(text("Relation Name"), &format!("{own} {joined_by}"));
            }
            for key in ["Plan", "Plans"] {
                if let Some(inner) = node.get(key) {
                    look_at(inner, &joined_by, show);
                }
            }
        }
        _ => {}
    }
}
