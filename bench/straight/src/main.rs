//! The yardstick: the list endpoint and the stage updates as a straight axum + sqlx + SQLite server, written the way one
//! would in an afternoon. Good indexes, `count(*)`, `LIMIT`/`OFFSET`, one durable transaction for each update.
//!
//! It leaves out what the product does beyond that: no settling, no timeline, no page walks, no request limits.

mod access;
mod database;
mod failure;
mod import;
mod list;
mod session;
mod visit;

use std::collections::HashSet;
use std::path::Path;

use axum::Router;
use axum::routing::{get, patch, post};
use bench_support::options::Options;
use bench_support::{Fallible, LIST_PATH};
use sqlx::SqlitePool;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What every handler can reach.
#[derive(Debug)]
pub struct App {
    readers: SqlitePool,
    writer: SqlitePool,
    token: String,
    locations: HashSet<String>,
}

const USAGE: &str = "straight load FILE --database PATH\n\
                     straight serve --database PATH --token TOKEN [--listen ADDRESS] [--workers N] [--readers N]";

fn main() -> Fallible<()> {
    let options = Options::from_arguments()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(options.or("workers", 2)?).enable_all().build()?;
    match (options.word(0), options.word(1)) {
        (Some("load"), Some(file)) => {
            let database: String = options.required("database")?;
            runtime.block_on(import::run(Path::new(file), Path::new(&database)))
        }
        (Some("serve"), None) => runtime.block_on(serve(&options)),
        _ => Err(USAGE.into()),
    }
}

async fn serve(options: &Options) -> Fallible<()> {
    let database: String = options.required("database")?;
    let writer = database::writer(Path::new(&database)).await?;
    let readers = database::readers(Path::new(&database), options.or("readers", 8)?).await?;
    let locations = sqlx::query_scalar("SELECT id FROM locations").fetch_all(&readers).await?;
    let app = App { readers, writer, token: options.required("token")?, locations: HashSet::from_iter(locations) };
    let routes = Router::new()
        .route(LIST_PATH, get(list::list_sessions))
        .route("/booking/v1/sessions", post(visit::start_session))
        .route("/booking/v1/sessions/{id}", patch(visit::advance_session))
        .with_state(std::sync::Arc::new(app));

    use axum::serve::ListenerExt as _;
    let listen: String = options.or("listen", "127.0.0.1:18091".to_owned())?;
    let listener = tokio::net::TcpListener::bind(listen).await?.tap_io(|stream| {
        // Without it the numbers are worse; a stream that is already gone does not matter.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, routes).await?;
    Ok(())
}
