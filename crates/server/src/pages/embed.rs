//! `/embed/{location}`: what to copy into a website so that its visitors can book there; and a look at it that records
//! nothing.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use frontdesk_store::Location;

use super::assets::{self, Assets};
use super::{booking, escape, respond};
use crate::app::App;

/// The names of the routes, for the metrics.
pub const ROUTES: [&str; 3] = ["/embed.js", "/embed/{location}", "/embed/{location}/preview"];

/// The page, the look and the script.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/embed.js", get(assets::embed))
        .route("/embed/{location}", get(show))
        .route("/embed/{location}/preview", get(preview))
}

/// The page.
#[derive(Template)]
#[template(path = "embed/page.html")]
struct EmbedPage {
    assets: &'static Assets,
    theme: String,
    name: String,
    ways: Vec<Way>,
    /// Where the look is.
    preview: String,
    /// The booking page itself.
    page: String,
    /// What the button says.
    label: &'static str,
    origins: Vec<String>,
    /// The command that adds a website: it sets the whole list, so it names those that are there too.
    command: String,
    /// The same as a line of the practice's file.
    line: String,
}

/// A way of putting it on a website.
struct Way {
    id: &'static str,
    name: &'static str,
    help: &'static str,
    snippet: String,
    framed: bool,
}

async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    let (visitor, _) = match booking::Visitor::read(&app, request, "").await {
        Ok(read) => read,
        Err(instead) => return instead.into_response(),
    };
    respond::page(StatusCode::OK, &page(&visitor.location, &base(&visitor.headers)), None, &visitor.headers)
}

fn page(location: &Location, base: &str) -> EmbedPage {
    let id = attribute(location.id.as_str());
    let (command, line) = one_more(location);
    let colour = booking::colour(location);
    let ink = booking::ink_on(colour);
    let way = |id, name, help, more: String, framed| Way {
        id,
        name,
        help,
        snippet: format!("<script src=\"{base}/embed.js\" {more} async></script>"),
        framed,
    };
    EmbedPage {
        assets: assets::get(),
        theme: booking::theme_address(location),
        name: location.settings.name.clone(),
        ways: vec![
            way(
                "frame",
                "In the page",
                "The booking page appears where the script stands, as wide as its place and as high as it needs.",
                format!("data-location=\"{id}\""),
                true,
            ),
            way(
                "button",
                "As a button",
                "The button opens the booking page over yours; on a phone, in a tab of its own.",
                format!(
                    "data-location=\"{id}\" data-mode=\"button\" data-label=\"{LABEL}\" data-color=\"{colour}\" data-ink=\"{ink}\""
                ),
                false,
            ),
        ],
        preview: format!("/embed/{}/preview", escape(location.id.as_str())),
        page: format!("/book/{}", escape(location.id.as_str())),
        label: LABEL,
        origins: location.settings.origins.clone(),
        command,
        line,
    }
}

/// The command, and the line of the file, that let one more website show the page.
fn one_more(location: &Location) -> (String, String) {
    let all = location.settings.origins.iter().map(String::as_str).chain(["https://www.example.com"]);
    let mut command = format!("frontdesk location set {}", word(location.id.as_str()));
    let mut line = Vec::new();
    for origin in all {
        command += &format!(" --origin {}", word(origin));
        line.push(format!("\"{origin}\""));
    }
    (command, format!("origins = [{}]", line.join(", ")))
}

const LABEL: &str = "Book a visit";

/// A text as the value of an attribute in what is copied.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// A text as one word of a shell (POSIX, section 2.2.2).
fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@".contains(&byte);
    if text.bytes().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Where this server is, as whoever asks sees it: it goes into nothing but their own page.
fn base(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str())).unwrap_or("localhost");
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    format!("{scheme}://{}", attribute(host))
}

async fn preview(State(app): State<Arc<App>>, request: Request) -> Response {
    match booking::Visitor::read(&app, request, "").await {
        Ok((visitor, _)) => booking::preview(&visitor),
        Err(instead) => instead.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_into_a_shell_is_one_word() {
        for plain in ["paws-austin", "https://www.paws.example:8443", "47113"] {
            assert_eq!(word(plain), plain);
        }
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("o'malley; rm -r ~"), r"'o'\''malley; rm -r ~'");
        assert_eq!(word("http://[::1]:3000"), "'http://[::1]:3000'");
    }
}
