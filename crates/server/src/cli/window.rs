//! Which sessions a command is about: a window of `updated_at`, and a status.

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::Window;
use frontdesk_domain::session::Status;

use super::CliError;

/// A window as it is typed.
#[derive(clap::Args, Clone, Debug)]
pub struct WindowOptions {
    /// Only sessions updated at this instant or later, for example 2026-11-01T00:00:00Z
    #[arg(long, value_name = "DATE-TIME", value_parser = instant)]
    pub start: Option<Timestamp>,
    /// Only sessions updated at this instant or earlier
    #[arg(long, value_name = "DATE-TIME", value_parser = instant)]
    pub end: Option<Timestamp>,
    /// Only sessions of this status: active, completed or abandoned
    #[arg(long, value_parser = status)]
    pub status: Option<Status>,
}

impl WindowOptions {
    /// The window; without a start it begins at `start`.
    pub fn window(&self, start: Timestamp) -> Result<Window, CliError> {
        let start = self.start.unwrap_or(start);
        if self.end.is_some_and(|end| end < start) {
            return Err(CliError::new("--end lies before --start; it takes the same instant or a later one"));
        }
        Ok(Window { start, end: self.end, status: self.status })
    }
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|wrong| wrong.to_string())
}

fn status(text: &str) -> Result<Status, String> {
    Status::from_wire(text).ok_or_else(|| "takes active, completed or abandoned".to_owned())
}
