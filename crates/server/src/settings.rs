//! What an operator sets, as it is typed: on the command line and in a practice's file.

use axum::http::Uri;
use frontdesk_domain::text;
use frontdesk_domain::time::SECOND;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// How long a session lives beyond the visitor's last action, unless the location says otherwise (contract, `status`).
pub const DEFAULT_TIME_TO_LIVE: &str = "30m";
/// The longest that makes sense: nobody comes back to a booking page after a week and finds the same times.
const LONGEST_TIME_TO_LIVE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The most bytes of a name or a note.
const MOST_TEXT_BYTES: usize = 200;

/// Reads a text that is shown to people: a control character would break the tables that it is shown in.
pub fn plain_text(text: &str) -> Result<String, String> {
    text::optional(text, MOST_TEXT_BYTES).map(|text| text.unwrap_or_default().into()).map_err(|wrong| wrong.to_string())
}

/// A duration as it is kept.
pub fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The IANA name of a time zone, as its database writes it.
pub fn time_zone(name: &str) -> Result<String, String> {
    // The machine's own zone is in the database of zones as well, but is another one on another machine.
    TimeZone::get(name)
        .ok()
        .filter(|zone| !zone.is_unknown() && !name.eq_ignore_ascii_case("localtime"))
        .and_then(|zone| zone.iana_name().map(str::to_owned))
        .ok_or_else(|| "there is no such time zone; takes an IANA name, for example America/Chicago".to_owned())
}

/// A name that people read.
pub fn name(text: &str) -> Result<String, String> {
    plain_text(text).and_then(|name| match name.is_empty() {
        true => Err("takes a name".to_owned()),
        false => Ok(name),
    })
}

/// How long a session lives.
pub fn time_to_live(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration =
        text.parse().map_err(|_| "takes a duration, for example 30m, 1h or 48h".to_owned())?;
    if duration < SignedDuration::from_micros(SECOND) || duration > LONGEST_TIME_TO_LIVE {
        return Err("takes 1s to 168h (seven days)".to_owned());
    }
    Ok(duration)
}

/// An origin as browsers write it (RFC 6454, section 6.2): without a path, in lower case, without a scheme's own port.
pub fn origin(text: &str) -> Result<String, String> {
    let wrong = || {
        "takes the address of a website as browsers send it: without a path, for example https://paws.example"
            .to_owned()
    };
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let (scheme, host) = (uri.scheme_str().ok_or_else(wrong)?, uri.host().ok_or_else(wrong)?);
    let own_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err(wrong()),
    };
    let userinfo = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if uri.path() != "/" || uri.query().is_some() || userinfo {
        return Err(wrong());
    }
    let port = uri.port_u16().filter(|port| *port != own_port).map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{}{port}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::{origin, time_to_live, time_zone};

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        assert_eq!(origin("HTTPS://Paws.Example:443/").as_deref(), Ok("https://paws.example"));
        assert_eq!(origin("http://localhost:8080").as_deref(), Ok("http://localhost:8080"));
        for wrong in ["paws.example", "https://paws.example/book", "https://me@paws.example", "ftp://paws.example", "*"]
        {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_and_zones_are_checked() {
        assert_eq!(time_to_live("30m").map(|duration| duration.as_secs()), Ok(1800));
        for wrong in ["30", "0s", "-5m", "8d", "1 fortnight"] {
            assert!(time_to_live(wrong).is_err(), "{wrong}");
        }
        assert!(time_zone("America/Chicago").is_ok() && time_zone("Chicago").is_err());
    }
}
