//! A visitor's browser, as far as the demo needs one: it loads pages, follows redirections, and sends forms.

use std::fmt::Write as _;
use std::net::SocketAddr;

use axum::http::{Method, Request, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::page::Page;

/// The most bytes of a page.
const MOST_BYTES: usize = 4 << 20;
/// The most redirections from one page to the next.
const MOST_REDIRECTIONS: usize = 5;

/// Why a visitor saw no page.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The server could not be asked, or its answer could not be read.
    #[error("{0}")]
    Unreachable(String),
    /// It answered something else than a page.
    #[error("{method} {target} was answered {status}")]
    Refused {
        /// The method.
        method: Method,
        /// The path and the query.
        target: String,
        /// The status.
        status: u16,
    },
}

/// An answer: its status, where it leads, and its body.
pub struct Answer {
    status: u16,
    location: Option<String>,
    /// The body.
    pub body: String,
}

/// A browser; cheap to clone.
#[derive(Clone)]
pub struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
}

impl Browser {
    /// One that knows one server.
    pub fn new(address: SocketAddr) -> Self {
        // Whoever listens everywhere is reached here.
        let here = match address {
            SocketAddr::V4(_) => std::net::IpAddr::from([127, 0, 0, 1]),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        let ip = if address.ip().is_unspecified() { here } else { address.ip() };
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, address: SocketAddr::new(ip, address.port()) }
    }

    /// Opens an address.
    pub async fn open(&self, target: &str) -> Result<Page, BrowserError> {
        self.go(Method::GET, target.to_owned(), String::new()).await
    }

    /// Sends a form.
    pub async fn send(&self, action: &str, fields: &[(&str, &str)]) -> Result<Page, BrowserError> {
        let mut body = String::new();
        for (name, value) in fields {
            let separator = if body.is_empty() { "" } else { "&" };
            let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            write!(body, "{separator}{name}={value}").expect("cannot fail: writing to memory");
        }
        self.go(Method::POST, action.to_owned(), body).await
    }

    async fn go(&self, mut method: Method, mut target: String, mut body: String) -> Result<Page, BrowserError> {
        let form = [(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")];
        for _ in 0..MOST_REDIRECTIONS {
            let answer = self.ask(&method, &target, &form, body).await?;
            match (answer.status, answer.location) {
                (303, Some(location)) => (method, target, body) = (Method::GET, location, String::new()),
                (200..300, _) => return Ok(Page::new(answer.body)),
                (status, _) => return Err(BrowserError::Refused { method, target, status }),
            }
        }
        Err(BrowserError::Unreachable(format!("{target} leads nowhere")))
    }

    /// Makes one request.
    pub async fn ask(
        &self,
        method: &Method,
        target: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, BrowserError> {
        let broken = |cause: &dyn std::error::Error| BrowserError::Unreachable(format!("{method} {target}: {cause}"));
        let mut request = Request::builder().method(method).uri(format!("http://{}{target}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body)).map_err(|wrong| broken(&wrong))?;
        let answer = self.client.request(request).await.map_err(|cause| broken(&cause))?;
        let location = answer.headers().get(header::LOCATION).and_then(|to| Some(to.to_str().ok()?.to_owned()));
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await;
        let body = body.map_err(|cause| BrowserError::Unreachable(format!("{method} {target}: {cause}")))?.to_bytes();
        Ok(Answer { status, location, body: String::from_utf8_lossy(&body).into_owned() })
    }
}
