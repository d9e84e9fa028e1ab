//! `/docs`: the API reference, rendered once from the description; one page without script or request to anywhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

use crate::http::App;

/// The API reference
#[utoipa::path(
    get,
    path = "/docs",
    tag = "Operations",
    responses((status = 200, description = "The reference as a page", body = String, content_type = "text/html"))
)]
pub async fn docs(State(app): State<Arc<App>>) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, app.docs.clone()).into_response()
}

/// Renders the page.
pub fn render(description: &OpenApi) -> String {
    crate::pages::reference::render(description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> (serde_json::Value, String) {
        let description = crate::http::routes().1;
        let page = render(&description);
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
