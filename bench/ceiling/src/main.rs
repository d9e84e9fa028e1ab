//! The ceiling: a bare axum server that answers the list endpoint with a fixed JSON body, so that the cost of HTTP itself is known.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bench_support::options::Options;
use bench_support::{Fallible, LIST_PATH};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Fallible<()> {
    let options = Options::from_arguments()?;
    let listen: String = options.or("listen", "127.0.0.1:18090".to_owned())?;
    let body = body_of(options.or("size", 4_096)?);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(options.or("workers", 2)?).enable_io().build()?;
    runtime.block_on(serve(&listen, body))
}

async fn serve(listen: &str, body: Bytes) -> Fallible<()> {
    let answer = move || {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "application/json")], body) }
    };
    let routes = Router::new().route(LIST_PATH, get(answer));
    let listener = tokio::net::TcpListener::bind(listen).await?.tap_io(|stream| {
        // Without it the numbers are worse; a stream that is already gone does not matter.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, routes).await?;
    Ok(())
}

/// A JSON document of exactly that many bytes (more only when the envelope alone is longer).
fn body_of(size: usize) -> Bytes {
    let (head, tail) = (r#"{"success":true,"data":{"content":[""#, r#""]},"message":"OK"}"#);
    let filler = size.saturating_sub(head.len() + tail.len());
    Bytes::from([head, &"x".repeat(filler), tail].concat())
}
