//! Mails to clients: what the operator sets, what they say, and the conversation that hands them over. `jobs::deliver` does
//! it.

pub mod health;
mod letter;
pub mod message;
pub mod settings;
pub mod smtp;

use std::time::Duration;

use frontdesk_domain::LocationId;
use frontdesk_domain::access::SecretKey;
use frontdesk_domain::practice::Setup;
use frontdesk_store::FullAppointment;
use jiff::tz::TimeZone;
use lettre::Address;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::words::Words;
use settings::PublicUrl;

/// What a part of a path may be without being escaped (RFC 3986, section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How mail goes out.
#[derive(Clone, Debug)]
pub struct Post {
    /// By which server.
    pub server: settings::Server,
    /// From whom.
    pub sender: Address,
    /// Where the pages are that mails link to.
    pub public_url: Option<PublicUrl>,
    /// How long until a mail is tried for the second time.
    pub first_pause: Duration,
}

/// What a mail is about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The location.
    pub location: &'a LocationId,
    /// Its name.
    pub practice: &'a str,
    /// Its set-up.
    pub setup: &'a Setup,
    /// Its time zone.
    pub zone: &'a TimeZone,
    /// The appointment, as of now.
    pub about: &'a FullAppointment,
    /// Where the pages are; without it there are no links.
    pub public_url: Option<&'a PublicUrl>,
    /// What signs the address of an appointment's page.
    pub key: SecretKey,
}

impl Subject<'_> {
    fn words(&self) -> Words {
        let face = &self.setup.face;
        let asked = Some(&*self.about.appointment.language);
        Words::negotiate(asked, None, face.language.as_deref(), face.calling_code())
    }

    /// The page on which the client sees, moves and cancels the appointment.
    fn appointment_page(&self) -> Option<String> {
        let id = &self.about.appointment.id;
        let key = self.key.appointment_key(self.location, id);
        let [location, id] = [self.location.as_str(), id.as_str()].map(|part| utf8_percent_encode(part, UNRESERVED));
        self.public_url.map(|url| url.join(&format!("/book/{location}/appointment/{id}.{key}")))
    }

    /// The page on which anybody books.
    fn booking_page(&self) -> Option<String> {
        let location = utf8_percent_encode(self.location.as_str(), UNRESERVED);
        self.public_url.map(|url| url.join(&format!("/book/{location}")))
    }
}
