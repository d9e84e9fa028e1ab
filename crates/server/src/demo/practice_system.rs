//! The practice's own system, as far as the demo has one: it asks for new appointments and says which id it has for them.

use axum::http::Method;
use frontdesk_domain::Timestamp;
use serde_json::{Value, json};

use super::browser::{Browser, BrowserError};

const APPOINTMENTS: &str = "/services/core/open_api/v1/appointments";

/// The system of one location.
pub struct PracticeSystem {
    location: &'static str,
    authorization: String,
    /// From when on it has not looked yet.
    since: String,
}

impl PracticeSystem {
    /// One that knows nothing from before `now`.
    pub fn new(location: &'static str, token: String, now: Timestamp) -> Self {
        Self { location, authorization: format!("Bearer {token}"), since: now.to_string() }
    }

    /// Takes over the appointments that have come since the last time.
    pub async fn take_over(&mut self, browser: &Browser) -> Result<(), BrowserError> {
        let target = format!("{APPOINTMENTS}?updated_at_start={}&per_page=100", self.since);
        let page = self.ask(browser, &Method::GET, &target, String::new()).await?;
        for appointment in page["data"]["content"].as_array().into_iter().flatten() {
            if let Some(updated_at) = appointment["updated_at"].as_str() {
                self.since = updated_at.to_owned();
            }
            let (Some(id), true) = (appointment["id"].as_str(), appointment["remote_id"].is_null()) else { continue };
            // Any id will do that no other appointment has.
            let remote_id = format!("A-{}", id.rsplit('-').next().unwrap_or(id));
            let body = json!({ "remote_id": remote_id }).to_string();
            self.ask(browser, &Method::PATCH, &format!("{APPOINTMENTS}/{id}"), body).await?;
        }
        Ok(())
    }

    async fn ask(&self, browser: &Browser, method: &Method, target: &str, body: String) -> Result<Value, BrowserError> {
        let headers = [
            ("authorization", self.authorization.as_str()),
            ("x-client-id", self.location),
            ("content-type", "application/json"),
        ];
        let answer = browser.ask(method, target, &headers, body).await?;
        serde_json::from_str(&answer.body)
            .map_err(|wrong| BrowserError::Unreachable(format!("{method} {target}: {wrong}")))
    }
}
