//! The options of mail.

use std::time::Duration;

use lettre::Address;

use super::CliError;
use super::serve::timeout;
use crate::mail::Post;
use crate::mail::settings::{self, PublicUrl, SmtpUrl};

/// What a server is told of mail.
#[derive(clap::Args, Clone, Debug)]
pub struct MailOptions {
    /// Where visitors reach this server, for the links in mails, for example `https://book.example.com`
    #[arg(long, env = "FRONTDESK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// SMTP server for mails to clients, as smtp://USER:PASSWORD@HOST:PORT (STARTTLS) or smtps://…; without one, mails wait
    #[arg(long, env = "FRONTDESK_SMTP", value_name = "URL", hide_env_values = true, requires = "mail_from")]
    smtp: Option<SmtpUrl>,
    /// Address that mails come from; answers go to the location's own
    #[arg(long, env = "FRONTDESK_MAIL_FROM", value_name = "ADDRESS", value_parser = settings::sender)]
    mail_from: Option<Address>,
    /// How long until a mail that could not be sent is tried again; doubled each time, up to 4h
    #[arg(long, env = "FRONTDESK_MAIL_RETRY", default_value = "30s", value_name = "DURATION", value_parser = timeout)]
    mail_retry: Duration,
}

impl MailOptions {
    /// How mail goes out; none without a server.
    pub fn post(&self) -> Result<Option<Post>, CliError> {
        let Some((smtp, sender)) = self.smtp.as_ref().zip(self.mail_from.clone()) else {
            return Ok(None);
        };
        let server = smtp.read().map_err(|wrong| CliError::new(format!("--smtp (FRONTDESK_SMTP): {wrong}")))?;
        Ok(Some(Post { server, sender, public_url: self.public_url.clone(), first_pause: self.mail_retry }))
    }
}
