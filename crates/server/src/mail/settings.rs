//! What the operator sets of mail: by which server it goes, from whom, and where clients find the pages.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// The shape of a good value, for those that are not.
const SHAPE: &str = "takes a URL, for example smtp://USER:PASSWORD@mail.example.com:587, smtps://… for a server that \
                     speaks TLS from the first byte, or smtp://localhost:1025?tls=none";
/// How long a step of the conversation may take when nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The URL of an SMTP server as the operator gives it. It has a password in it, so nothing shows it: not its `Debug`, and
/// not the command line's errors, which is why it is read only after them.
#[derive(Clone)]
pub struct SmtpUrl(String);

impl std::str::FromStr for SmtpUrl {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SmtpUrl(…)")
    }
}

/// An SMTP server, and how to talk to it.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the conversation is protected.
    pub protection: Protection,
    /// Who we are to it, when it asks.
    pub credentials: Option<Credentials>,
    /// How long each step of the conversation may take: to connect and log in, to announce a mail, to hand it over.
    pub timeout: Duration,
}

/// How the conversation with a server is protected.
#[derive(Clone)]
pub enum Protection {
    /// TLS from the first byte (RFC 8314).
    Tls(TlsParameters),
    /// TLS by `STARTTLS` (RFC 3207); nothing is said to a server that does not offer it.
    StartTls(TlsParameters),
    /// Not at all: for a server on the same machine.
    None,
}

impl fmt::Debug for Protection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tls(_) => "Tls",
            Self::StartTls(_) => "StartTls",
            Self::None => "None",
        })
    }
}

impl SmtpUrl {
    /// Reads it.
    ///
    /// # Errors
    /// When it is no such URL, or names a file of certificates that cannot be read; in words that say nothing of a password.
    pub fn read(&self) -> Result<Server, String> {
        let url = Url::parse(&self.0).map_err(|_| SHAPE.to_owned())?;
        let wrapped = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(SHAPE.to_owned()),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(SHAPE.to_owned()),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SHAPE.to_owned());
        }
        let options = Options::read(&url)?;
        let credentials = credentials(&url)?;
        let protection = if options.plain {
            refuse_plain(wrapped, &host, credentials.is_some())?;
            Protection::None
        } else {
            let parameters = tls(&host, options.authority.as_deref())?;
            if wrapped { Protection::Tls(parameters) } else { Protection::StartTls(parameters) }
        };
        let port = url.port().unwrap_or(if wrapped { 465 } else { 587 });
        Ok(Server { host, port, protection, credentials, timeout: options.timeout })
    }
}

/// What stands after the question mark.
struct Options {
    plain: bool,
    authority: Option<String>,
    timeout: Duration,
}

impl Options {
    fn read(url: &Url) -> Result<Self, String> {
        let mut options = Self { plain: false, authority: None, timeout: TIMEOUT };
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "required") => options.plain = false,
                ("tls", "none") => options.plain = true,
                ("tls", _) => return Err("tls= takes required or none".to_owned()),
                ("ca", path) => options.authority = Some(path.to_owned()),
                ("timeout", text) => options.timeout = timeout(text)?,
                _ => return Err("after the question mark, it takes tls=, ca= and timeout=".to_owned()),
            }
        }
        Ok(options)
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    let read = text.parse::<SignedDuration>().ok();
    let fits = |one: &SignedDuration| (SignedDuration::from_secs(1)..=SignedDuration::from_mins(10)).contains(one);
    read.filter(fits).map(SignedDuration::unsigned_abs).ok_or_else(|| "timeout= takes 1s to 10m".to_owned())
}

/// Nobody's password goes over a network for all to read.
fn refuse_plain(wrapped: bool, host: &str, has_credentials: bool) -> Result<(), String> {
    let own = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if wrapped {
        Err("smtps:// is TLS; tls=none goes with smtp://".to_owned())
    } else if has_credentials && !own {
        Err("tls=none would send the password in the clear; it goes with a password only to localhost".to_owned())
    } else {
        Ok(())
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, String> {
    let decode = |text| percent_decode_str(text).decode_utf8().map(String::from);
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => {
            let read = decode(user).and_then(|user| Ok(Credentials::new(user, decode(password)?)));
            read.map(Some).map_err(|_| "user and password take UTF-8".to_owned())
        }
        _ => Err("takes both a user and a password, or neither".to_owned()),
    }
}

/// Mozilla's authorities, which are in the binary; with `ca=FILE`, those of the file and no others.
fn tls(host: &str, authority: Option<&str>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = authority {
        let pem = std::fs::read(path).map_err(|cause| format!("ca={path} cannot be read: {cause}"))?;
        let wrong = || format!("ca={path} has no certificates in PEM");
        let certificate = Certificate::from_pem(&pem).map_err(|_| wrong())?;
        // A file without any is no error to the reader of PEM.
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(wrong());
        }
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|cause| format!("TLS cannot be set up: {cause}"))
}

/// Reads the address that mails come from.
///
/// # Errors
/// When it is not a plain address.
pub fn sender(text: &str) -> Result<Address, String> {
    let read = text.parse::<Address>().ok().filter(|_| text.is_ascii());
    read.ok_or_else(|| "takes an email address, for example bookings@example.com".to_owned())
}

/// Where clients reach this server, for the links in mails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address of a path, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = "takes the address that visitors type, for example https://book.example.com";
        let url = Url::parse(text).map_err(|_| shape)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        // As it was read, not as it was typed: nothing is left in it that would have to be escaped somewhere.
        if plain { Ok(Self(url.as_str().trim_end_matches('/').to_owned())) } else { Err(shape) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Server, String> {
        url.parse::<SmtpUrl>().unwrap().read()
    }

    #[test]
    fn a_url_says_how_to_reach_the_server() {
        let told = |url| {
            let server = read(url).unwrap();
            let Server { host, port, protection, credentials, timeout } = server;
            format!("{host} {port} {protection:?} {} {timeout:?}", credentials.is_some())
        };
        assert_eq!(told("smtp://mail.example.com"), "mail.example.com 587 StartTls false 120s");
        assert_eq!(told("smtps://u%40x:p%2Fq@mail.example.com/"), "mail.example.com 465 Tls true 120s");
        assert_eq!(told("smtp://[::1]:25?tls=none&timeout=5s"), "::1 25 None false 5s");
        assert_eq!(told("smtp://u:p@127.0.0.1:2525?tls=none"), "127.0.0.1 2525 None true 120s");
        assert_eq!(told("smtp://u:p@mail.example.com?tls=required"), "mail.example.com 587 StartTls true 120s");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (url, said) in [
            ("mail.example.com", "takes a URL"),
            ("http://mail.example.com", "takes a URL"),
            ("smtp://", "takes a URL"),
            ("smtp:///x", "takes a URL"),
            ("smtp://u:secret@mail.example.com/path", "takes a URL"),
            ("smtp://u:secret@mail.example.com:70000", "takes a URL"),
            ("smtp://u@mail.example.com", "takes both a user and a password"),
            ("smtp://:secret@mail.example.com", "takes both a user and a password"),
            ("smtp://u:secret%ff@mail.example.com", "user and password take UTF-8"),
            ("smtp://u:secret@mail.example.com?tls=none", "tls=none would send the password in the clear"),
            ("smtps://mail.example.com?tls=none", "smtps:// is TLS"),
            ("smtp://mail.example.com?tls=maybe", "tls= takes required or none"),
            ("smtp://mail.example.com?timeout=1h", "timeout= takes 1s to 10m"),
            ("smtp://mail.example.com?secret=1", "after the question mark, it takes tls=, ca= and timeout="),
            ("smtp://mail.example.com?ca=/nowhere", "ca=/nowhere cannot be read: No such file"),
            ("smtp://mail.example.com?ca=/dev/null", "ca=/dev/null has no certificates in PEM"),
        ] {
            let wrong = read(url).err().unwrap_or_else(|| panic!("{url}"));
            assert!(wrong.starts_with(said) && !wrong.contains("secret"), "{url}: {wrong}");
        }
        let shown = format!("{:?} {:?}", "smtp://u:secret@h".parse::<SmtpUrl>(), read("smtp://u:secret@h").unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn senders_and_public_addresses_are_plain() {
        assert!(sender("bookings@example.com").is_ok());
        for wrong in ["", "example.com", "Bookings <b@example.com>", "b@x y", "b@example.com\r\nBcc: x@y.z", "ñ@x.com"]
        {
            assert!(sender(wrong).is_err(), "{wrong}");
        }
        let link = |text: &str| text.parse::<PublicUrl>().map(|url| url.join("/book/x"));
        assert_eq!(link("https://book.example.com").as_deref(), Ok("https://book.example.com/book/x"));
        assert_eq!(link("http://x:8080/desk/").as_deref(), Ok("http://x:8080/desk/book/x"));
        assert_eq!(link("https://x/\"><b>").as_deref(), Ok("https://x/%22%3E%3Cb%3E/book/x"));
        for wrong in ["book.example.com", "ftp://x", "https://", "https://u:p@x", "https://x?y", "https://x#y"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
