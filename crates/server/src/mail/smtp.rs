//! The conversation with an SMTP server (RFC 5321), a step at a time: lettre's transport does it in one go, and so cannot say
//! whether a mail that failed may have been delivered all the same.

use std::time::Duration;

use lettre::Message;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::time::timeout;

use super::settings::{Protection, Server};

/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// A connection that can take mails.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    timeout: Duration,
}

/// Why a mail was not sent, as far as anybody knows.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// It was not, for a reason that may pass.
    #[error("{0}")]
    NotNow(String),
    /// It was not, and it will not be.
    #[error("{0}")]
    Refused(String),
    /// Its end was sent, and no answer came: it may have been delivered.
    #[error("{0}; it may have been delivered")]
    Unknown(String),
}

/// Why there is no connection, in words that hold nothing the server or the client would keep to themselves.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(String);

impl Connection {
    /// Connects, protects the connection, and logs in.
    ///
    /// # Errors
    /// When any of that fails.
    pub async fn open(server: &Server, hello: &ClientId) -> Result<Self, Unreachable> {
        let opening = Self::greet(server, hello);
        let smtp = timeout(server.timeout, opening).await.map_err(|_| {
            Unreachable(format!("the SMTP server did not answer within {} seconds", server.timeout.as_secs()))
        })??;
        Ok(Self { smtp, timeout: server.timeout })
    }

    async fn greet(server: &Server, hello: &ClientId) -> Result<AsyncSmtpConnection, Unreachable> {
        let address = (server.host.as_str(), server.port);
        let wrapper = match &server.protection {
            Protection::Tls(parameters) => Some(parameters.clone()),
            Protection::StartTls(_) | Protection::None => None,
        };
        let mut smtp = AsyncSmtpConnection::connect_tokio1(address, Some(server.timeout), hello, wrapper, None)
            .await
            .map_err(|error| unreachable("the SMTP server cannot be reached", &error))?;
        if let Protection::StartTls(parameters) = &server.protection {
            if !smtp.can_starttls() {
                return Err(Unreachable("the SMTP server does not offer STARTTLS".to_owned()));
            }
            let started = smtp.starttls(parameters.clone(), hello).await;
            started.map_err(|error| unreachable("TLS with the SMTP server failed", &error))?;
        }
        if let Some(credentials) = &server.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let logged_in = smtp.auth(&mechanisms, credentials).await;
            logged_in.map_err(|error| unreachable("the SMTP server refused the log-in", &error))?;
        }
        Ok(smtp)
    }

    /// Hands a mail over. After an error the connection is good for nothing more.
    ///
    /// # Errors
    /// When the server did not take it, or did not say.
    pub async fn send(&mut self, message: &Message) -> Result<(), SendError> {
        let seconds = self.timeout.as_secs();
        match timeout(self.timeout, announce(&mut self.smtp, message.envelope())).await {
            Ok(announced) => announced?,
            Err(_) => return Err(SendError::NotNow(format!("no answer within {seconds} seconds"))),
        }
        let content = message.formatted();
        let mut all_of_it = false;
        // Asked for a second part once the first is written: from then on the server may have the end of the mail.
        let parts = std::iter::once(content.as_slice()).chain(std::iter::from_fn(|| {
            all_of_it = true;
            None
        }));
        let answer = timeout(self.timeout, self.smtp.message_iter(parts)).await;
        match answer {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.status().is_some() => Err(refusal("the mail", &error)),
            Ok(Err(error)) if all_of_it => Err(SendError::Unknown(cause("no answer to the mail", &error))),
            Ok(Err(error)) => Err(SendError::NotNow(cause("the connection broke", &error))),
            Err(_) if all_of_it => Err(SendError::Unknown(format!("no answer to the mail within {seconds} seconds"))),
            Err(_) => Err(SendError::NotNow(format!("the mail was not taken within {seconds} seconds"))),
        }
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        // There is nothing to be done about a server that does not.
        let _ = timeout(GOODBYE, self.smtp.command(Quit)).await;
    }
}

/// Says from whom a mail is and for whom, and that it comes now.
async fn announce(smtp: &mut AsyncSmtpConnection, envelope: &Envelope) -> Result<(), SendError> {
    let mut parameters = Vec::new();
    if !envelope.to().iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
            let why = "the SMTP server takes no addresses beyond ASCII (RFC 6531)";
            return Err(SendError::Refused(why.to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    // Whoever may not send from this address may not send any mail: that is for the operator to mend, not the end of this one.
    let taken = smtp.command(Mail::new(envelope.from().cloned(), parameters)).await;
    taken.map_err(|error| SendError::NotNow(cause("the sender was refused", &error)))?;
    for recipient in envelope.to() {
        let taken = smtp.command(Rcpt::new(recipient.clone(), Vec::new())).await;
        taken.map_err(|error| refusal("the recipient", &error))?;
    }
    smtp.command(Data).await.map_err(|error| refusal("the mail", &error))?;
    Ok(())
}

/// What an error means before the end of a mail was sent: only a permanent answer (5yz) is for good.
fn refusal(what: &str, error: &Error) -> SendError {
    if error.is_permanent() {
        SendError::Refused(cause(&format!("{what} was refused"), error))
    } else {
        SendError::NotNow(cause(&format!("{what} was not taken"), error))
    }
}

/// What happened, with the server's answer or the error beneath; for the outbox and the log. Servers are free to answer a
/// book.
fn cause(what: &str, error: &Error) -> String {
    let beneath = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let beneath: String = beneath.chars().map(|one| if one.is_control() { ' ' } else { one }).take(200).collect();
    match (error.status(), beneath.trim()) {
        (Some(code), "") => format!("{what} ({code})"),
        (Some(code), beneath) => format!("{what} ({code} {beneath})"),
        (None, "") => what.to_owned(),
        (None, beneath) => format!("{what} ({beneath})"),
    }
}

/// What happened, for everybody to read: a server's answer may name the user, so of that there is the code alone.
fn unreachable(what: &str, error: &Error) -> Unreachable {
    Unreachable(match error.status() {
        Some(code) => format!("{what} ({code})"),
        None => cause(what, error),
    })
}
