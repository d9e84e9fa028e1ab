//! The server put together: the endpoints of the APIs and the pages, with what is around every request.

mod measure;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use frontdesk_domain::Clock;
use frontdesk_store::Store;

use crate::addresses::Addresses;
use crate::app::App;
use crate::limits::{Limits, RateLimit, SIGN_INS_PER_MINUTE};
use crate::mail::health::Health;
use crate::telemetry::Metrics;
use crate::{http, pages};

/// The names of all routes, for the metrics.
pub fn route_names() -> Vec<String> {
    http::routes()
        .1
        .paths
        .paths
        .into_keys()
        .chain(pages::ROUTES.iter().copied().flatten().map(|route| (*route).to_owned()))
        .collect()
}

/// Puts the server together.
pub fn service(
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    limit: RateLimit,
    addresses: Addresses,
    mail: Arc<Health>,
) -> Router {
    let (endpoints, description) = http::routes();
    let openapi = serde_json::to_vec_pretty(&description).expect("cannot fail: the description is plain data").into();
    let docs = pages::reference::render(&description).into();
    let (limits, sign_ins) = (Limits::new(limit), Limits::new(SIGN_INS_PER_MINUTE));
    let app = Arc::new(App { store, clock, metrics, limits, sign_ins, addresses, mail, openapi, docs });
    endpoints
        .merge(pages::routes())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), measure::measure))
        .with_state(app)
}

async fn not_found(request: Request) -> Response {
    let path = request.uri().path();
    if pages::owns(path) { pages::not_found(request.headers()) } else { http::not_found(path) }
}

async fn method_not_allowed(request: Request) -> Response {
    let path = request.uri().path();
    if pages::owns(path) { pages::method_not_allowed(request.headers()) } else { http::method_not_allowed(path) }
}

#[cfg(test)]
mod tests {
    use crate::{http, pages};

    fn page() -> (serde_json::Value, String) {
        let description = http::routes().1;
        let page = pages::reference::render(&description);
        (serde_json::to_value(description).unwrap(), page)
    }

    #[test]
    fn every_operation_has_one_place() {
        let (description, page) = page();
        let paths = description["paths"].as_object().unwrap();
        for operation in paths.values().flat_map(|item| item.as_object().unwrap().values()) {
            let id = operation["operationId"].as_str().unwrap();
            assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
    }

    #[test]
    fn every_anchor_exists() {
        let (_, page) = page();
        for anchor in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
        }
    }

    #[test]
    fn every_variable_of_the_examples_is_set() {
        let (_, page) = page();
        for rest in page.split('$').skip(1) {
            let name: String = rest.chars().take_while(char::is_ascii_uppercase).collect();
            assert!(name.is_empty() || page.contains(&format!("{name}=")), "{name}");
        }
    }

    #[test]
    fn the_page_asks_nothing_of_anybody() {
        let (_, page) = page();
        for load in ["<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "href=\"http", "href=\"//"] {
            assert!(!page.contains(load), "{load}");
        }
    }
}
