//! The yardstick: the list endpoint and the stage updates as a straight axum + sqlx server on SQLite or PostgreSQL, written
//! the way one would in an afternoon. Good indexes, `count(*)`, `LIMIT`/`OFFSET`, one durable transaction for each update.
//!
//! It leaves out what the product does beyond that: no settling, no timeline, no page walks, no request limits.

mod access;
mod database;
mod failure;
mod import;
mod list;
mod postgres;
mod session;
mod sqlite;
mod visit;

use std::collections::HashSet;
use std::path::Path;

use axum::Router;
use axum::routing::{get, patch, post};
use bench_support::options::Options;
use bench_support::{Fallible, LIST_PATH};

use crate::database::Database;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What every handler can reach.
#[derive(Debug)]
pub struct App {
    database: Database,
    token: String,
    locations: HashSet<String>,
}

const USAGE: &str = "straight load FILE --database PATH|URL\n\
                     straight serve --database PATH|URL --token TOKEN [--listen ADDRESS] [--workers N] [--connections N]";

fn main() -> Fallible<()> {
    let options = Options::from_arguments()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(options.or("workers", 2)?).enable_all().build()?;
    match (options.word(0), options.word(1)) {
        (Some("load"), Some(file)) => {
            let database: String = options.required("database")?;
            runtime.block_on(async {
                if database::is_server(&database) {
                    postgres::import::run(Path::new(file), &database).await
                } else {
                    sqlite::import::run(Path::new(file), Path::new(&database)).await
                }
            })
        }
        (Some("serve"), None) => runtime.block_on(serve(&options)),
        _ => Err(USAGE.into()),
    }
}

async fn serve(options: &Options) -> Fallible<()> {
    let name: String = options.required("database")?;
    let database = Database::open(&name, options.optional("connections")?).await?;
    let locations = database.locations().await?;
    let app = App { database, token: options.required("token")?, locations: HashSet::from_iter(locations) };
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
