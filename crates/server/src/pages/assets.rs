//! Scripts and styles, each under a name that changes with its content, so that browsers keep it for good.

use std::io::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Where assets are.
pub const ROUTE: &str = "/assets/{file}";

pub const STYLE: &str = concat!(
    include_str!("../../templates/tokens.css"),
    include_str!("../../templates/book/tokens.css"),
    include_str!("../../templates/book/page.css"),
);
const SCRIPT: &str = include_str!("../../assets/book.js");
const HTMX: &str = include_str!("../../assets/htmx-2.0.11.min.js");
const EMBED_PAGE_SCRIPT: &str = include_str!("../../assets/embed-page.js");
const EMBED_PAGE_STYLE: &str =
    concat!(include_str!("../../templates/tokens.css"), include_str!("../../templates/embed/page.css"),);
const EMBED: &str = include_str!("../../assets/embed.js");

/// The addresses of all assets.
pub struct Assets {
    /// The style of booking pages.
    pub style: String,
    /// Their script.
    pub script: String,
    /// htmx.
    pub htmx: String,
    /// The style of the copy-and-paste page.
    pub embed_style: String,
    /// Its script.
    pub embed_script: String,
    /// Everything that can be had.
    files: Vec<(String, Packed)>,
    /// The script for host pages, which has an address of its own.
    embed: Packed,
}

/// A text as it goes over the wire.
pub struct Packed {
    kind: HeaderValue,
    plain: Bytes,
    packed: Bytes,
}

/// The assets of this program.
pub fn get() -> &'static Assets {
    static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::pack);
    &ASSETS
}

impl Assets {
    fn pack() -> Self {
        const CSS: &str = "text/css; charset=utf-8";
        const JS: &str = "text/javascript; charset=utf-8";
        let mut files = Vec::new();
        let mut add = |name: &str, end: &str, kind: &'static str, text: &'static str| {
            let file = format!("{name}-{}.{end}", digest(text.as_bytes()));
            let address = format!("/assets/{file}");
            files.push((file, Packed::new(kind, text)));
            address
        };
        Self {
            style: add("book", "css", CSS, STYLE),
            script: add("book", "js", JS, SCRIPT),
            htmx: add("htmx", "js", JS, HTMX),
            embed_style: add("embed", "css", CSS, EMBED_PAGE_STYLE),
            embed_script: add("embed-page", "js", JS, EMBED_PAGE_SCRIPT),
            files,
            embed: Packed::new(JS, EMBED),
        }
    }
}

impl Packed {
    fn new(kind: &'static str, text: &'static str) -> Self {
        let plain = Bytes::from_static(text.as_bytes());
        let packed = gzip(&plain, Compression::best()).into();
        Self { kind: HeaderValue::from_static(kind), plain, packed }
    }

    /// The answer, compressed when the browser can read that.
    fn answer(&self, headers: &HeaderMap, kept: &'static str) -> Response {
        let compressed = takes_gzip(headers);
        let body = if compressed { self.packed.clone() } else { self.plain.clone() };
        let mut response = body.into_response();
        let answer = response.headers_mut();
        answer.insert(header::CONTENT_TYPE, self.kind.clone());
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if compressed {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// `GET /assets/{file}`
pub async fn asset(file: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    match get().files.iter().find(|(name, _)| file.as_ref().is_ok_and(|file| **file == *name)) {
        Some((_, packed)) => packed.answer(&headers, "public, max-age=31536000, immutable"),
        None => super::not_found(&headers),
    }
}

/// `GET /embed.js`: under one address for good, so it is asked for again now and then.
pub async fn embed(headers: HeaderMap) -> Response {
    let mut response = get().embed.answer(&headers, "public, max-age=3600");
    // Any host page may load it.
    let anybody = HeaderValue::from_static("cross-origin");
    response.headers_mut().insert("cross-origin-resource-policy", anybody);
    response
}

/// The bytes of everything that a booking page loads besides itself, compressed.
#[cfg(test)]
pub fn first_load() -> usize {
    let assets = get();
    let of = |address: &String| {
        let packed = assets.files.iter().find(|(file, _)| address.ends_with(file.as_str()));
        packed.map_or(0, |(_, packed)| packed.packed.len())
    };
    [&assets.style, &assets.script, &assets.htmx].map(of).iter().sum()
}

/// A name for a content.
pub fn digest(content: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the client reads gzip (RFC 9110, section 12.5.3).
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let wanted =
            weight.trim().strip_prefix("q=").is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && wanted
    })
}

/// A content, compressed.
pub fn gzip(content: &[u8], how: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(content.len() / 3), how);
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("cannot fail: it is written to memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_for_host_pages_is_small() {
        let bytes = get().embed.packed.len();
        assert!(bytes <= 3 * 1024, "{bytes} bytes");
    }

    #[test]
    fn only_who_reads_gzip_gets_it() {
        let takes = |text: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]))
        };
        assert!(takes("gzip, deflate, br") && takes("br;q=1.0, GZIP;q=0.5"));
        assert!(!takes("") && !takes("br") && !takes("gzip;q=0") && !takes("gzip; q=0.0"));
    }
}
