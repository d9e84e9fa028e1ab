//! A mail as it goes over the wire: letter and calendar entry with their headers (RFC 5322, 2045 and 6047).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::Notice;
use frontdesk_store::OutgoingMail;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::Subject;
use super::letter::{Letter, one_line};
use crate::calendar::{Entry, Method, Parties};

/// Why a mail cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unwritable {
    /// There is nowhere to send it.
    #[error("the client has no email address")]
    NoAddress,
    /// What there is cannot be sent to.
    #[error("the client's email address cannot be sent to")]
    BadAddress,
}

/// Writes a mail from `sender` at `now`.
///
/// # Errors
/// When the client cannot be reached by mail.
pub fn write(
    mail: &OutgoingMail,
    subject: &Subject<'_>,
    sender: &Address,
    now: Timestamp,
) -> Result<Message, Unwritable> {
    let client = &mail.appointment.client;
    let address = client.email.as_deref().ok_or(Unwritable::NoAddress)?;
    let recipient: Address = address.trim().parse().map_err(|_| Unwritable::BadAddress)?;
    let practice = subject.setup.face.email.as_deref().and_then(|email| email.parse::<Address>().ok());
    let letter = Letter::of(subject, mail.notice, now);
    let entry = entry(mail.notice, subject, practice.as_ref().unwrap_or(sender), &recipient, now);
    let name = |text: &str| Some(one_line(text)).filter(|name| !name.is_empty());
    let client_name = name(&format!("{} {}", client.first_name, client.last_name));
    let mut builder = Message::builder()
        // The same at every attempt, so that whoever has seen it once can tell.
        .message_id(Some(format!("<{}@{}>", plain(mail.id.as_str()), sender.domain())))
        .date(date(now))
        .from(Mailbox::new(name(subject.practice), sender.clone()))
        .to(Mailbox::new(client_name, recipient))
        .subject(letter.subject.clone())
        .raw_header(header("Content-Language", subject.words().language.tag()))
        // No machine answers it (RFC 3834, section 5), not even those that never heard of the first.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    if let Some(practice) = practice {
        builder = builder.reply_to(Mailbox::new(name(subject.practice), practice));
    }
    let parts = MultiPart::alternative()
        .singlepart(SinglePart::plain(letter.text()))
        .singlepart(SinglePart::html(letter.html()))
        .singlepart(entry);
    Ok(builder.multipart(parts).expect("cannot fail: it has a sender and a recipient"))
}

/// The calendar entry as a part of the mail (RFC 6047, section 2.4).
fn entry(notice: Notice, subject: &Subject<'_>, organizer: &Address, attendee: &Address, now: Timestamp) -> SinglePart {
    let parties = Parties { organizer: organizer.as_ref(), attendee: attendee.as_ref() };
    let method = match notice {
        Notice::Requested | Notice::Booked | Notice::Moved => Method::Request(parties),
        Notice::Cancelled | Notice::Declined => Method::Cancel(parties),
    };
    let link = subject.appointment_page();
    let entry = Entry {
        location: subject.location,
        practice: subject.practice,
        setup: subject.setup,
        about: subject.about,
        language: subject.words().language.tag(),
        link: link.as_deref(),
        stamp: now,
    };
    let content_type = ContentType::parse(&format!("text/calendar; charset=utf-8; method={}", method.as_str()))
        .expect("cannot fail: the methods are plain names");
    SinglePart::builder().content_type(content_type).body(entry.write(method))
}

fn header(name: &'static str, value: &'static str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn date(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(at.as_micros()).unwrap_or(0))
}

/// An id as it may stand in a `Message-ID`; ours are UUIDs, which are left as they are.
fn plain(id: &str) -> String {
    id.chars().map(|one| if one.is_ascii_alphanumeric() || one == '-' { one } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use frontdesk_domain::access::SecretKey;
    use frontdesk_domain::appointment::Status;
    use frontdesk_domain::practice::Setup;
    use frontdesk_store::FullAppointment;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::mail::settings::PublicUrl;
    use crate::sample;

    /// A practice, an appointment, and what is told of it.
    struct Desk {
        practice: &'static str,
        setup: Setup,
        about: FullAppointment,
        public_url: Option<PublicUrl>,
    }

    impl Desk {
        fn new(status: Status) -> Self {
            let public_url = "https://book.example".parse().ok();
            Self { practice: "Paws Austin", setup: sample::setup(), about: sample::appointment(status), public_url }
        }

        fn with<T>(&self, look: impl FnOnce(&Subject<'_>) -> T) -> T {
            let subject = Subject {
                location: &sample::location(),
                practice: self.practice,
                setup: &self.setup,
                zone: &TimeZone::get("America/Chicago").unwrap(),
                about: &self.about,
                public_url: self.public_url.as_ref(),
                key: SecretKey([7; 32]),
            };
            look(&subject)
        }

        fn letter(&self, notice: Notice) -> Letter {
            self.with(|subject| Letter::of(subject, notice, now()))
        }

        fn message(&self, notice: Notice) -> Result<String, Unwritable> {
            let mail = OutgoingMail {
                id: "0195-m".parse().unwrap(),
                location: sample::location(),
                notice,
                appointment: self.about.clone(),
                sequence: 2,
                attempts: 0,
                created_at: now(),
            };
            let sender = "bookings@desk.example".parse().unwrap();
            let message = self.with(|subject| write(&mail, subject, &sender, now()))?;
            Ok(String::from_utf8(message.formatted()).unwrap())
        }

        /// The headers of the mail, each on one line.
        fn headers(&self, notice: Notice) -> String {
            let message = self.message(notice).unwrap();
            let head = message.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n", "\n");
            head.split("boundary=").next().unwrap().to_owned()
        }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-02-20T18:04:06.5Z").unwrap()
    }

    #[test]
    fn the_headers_say_from_whom_it_is_and_that_a_machine_wrote_it() {
        insta::assert_snapshot!(Desk::new(Status::Accepted).headers(Notice::Booked), @r#"
        Message-ID: <0195-m@desk.example>
        Date: Fri, 20 Feb 2026 18:04:06 +0000
        From: "Paws Austin" <bookings@desk.example>
        To: "Ana Ruiz" <Ana@example.com>
        Subject: Booked: Biscuit, Monday, March 2, 9:00 AM
        Content-Language: en
        Auto-Submitted: auto-generated
        X-Auto-Response-Suppress: All
        Reply-To: "Paws Austin" <hello@paws.example>
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
        "#);
    }

    #[test]
    fn a_mail_has_a_text_a_page_and_a_calendar_entry() {
        let message = Desk::new(Status::Deleted).message(Notice::Cancelled).unwrap();
        let types: Vec<_> = message.lines().filter(|line| line.starts_with("Content-Type: text")).collect();
        assert_eq!(
            types,
            [
                "Content-Type: text/plain; charset=utf-8",
                "Content-Type: text/html; charset=utf-8",
                "Content-Type: text/calendar; charset=utf-8; method=CANCEL"
            ]
        );
        assert!(message.is_ascii(), "no server has to take more");
    }

    #[test]
    fn what_is_booked_can_be_read_as_text_and_as_a_page() {
        let letter = Desk::new(Status::Accepted).letter(Notice::Booked);
        insta::assert_snapshot!(letter.text(), @r#"
        You’re booked.

        Hello Ana,

        When: Monday, March 2, 9:00 AM (Chicago time)
        Visit: Wellness exam
        With: Dr. Ada Moss
        For: Biscuit
        Where: 500 Barton Springs Rd, Austin, TX
        What to bring: Earlier records; a sample if you can

        Change the time or cancel:
        https://book.example/book/paws-austin/appointment/0195-a.nAed_eX0E2Iw_TOl7fjTuA

        -- 
        Paws Austin
        500 Barton Springs Rd, Austin, TX
        (512) 555-0100

        You get this mail because this address was given for an appointment at Paws Austin.
        "#);
        insta::assert_snapshot!("booked", letter.html());
    }

    #[test]
    fn without_an_address_of_its_own_the_server_says_whom_to_call() {
        let mut desk = Desk::new(Status::Deleted);
        desk.public_url = None;
        desk.about.appointment.language = "es-MX".into();
        insta::assert_snapshot!(desk.letter(Notice::Cancelled).text(), @r#"
        Su cita está cancelada.

        Hola, Ana:

        Cuándo: Lunes, 2 de marzo, 9:00 a. m. (hora de Chicago)
        Visita: Revisión anual
        Con: Dr. Ada Moss
        Para: Biscuit
        Dónde: 500 Barton Springs Rd, Austin, TX

        Para reservar otra visita, llame al (512) 555-0100.

        -- 
        Paws Austin
        500 Barton Springs Rd, Austin, TX
        (512) 555-0100

        Recibe este correo porque se dio esta dirección para una cita en Paws Austin.
        "#);
        desk.setup.face.phone = None;
        assert!(
            desk.letter(Notice::Moved)
                .text()
                .contains("\nPara cambiar la hora o cancelar, llame a la clínica, por favor.\n")
        );
    }

    #[test]
    fn every_notice_has_its_words() {
        let desk = Desk::new(Status::Requested);
        let all = [Notice::Requested, Notice::Booked, Notice::Moved, Notice::Cancelled, Notice::Declined];
        let said = all.map(|notice| {
            let letter = desk.letter(notice);
            let text = letter.text();
            format!("{}\n  {}", letter.subject, text.split("\nWhen").next().unwrap().replace('\n', "|"))
        });
        insta::assert_snapshot!(said.join("\n"), @r#"
        We’ve asked the practice: Biscuit, Monday, March 2, 9:00 AM
          We’ve asked the practice.||Hello Ana,||Paws Austin answers by email. The time is yours until then.|
        Booked: Biscuit, Monday, March 2, 9:00 AM
          You’re booked.||Hello Ana,|
        New time: Biscuit, Monday, March 2, 9:00 AM
          Your appointment has a new time.||Hello Ana,|
        Cancelled: Biscuit, Monday, March 2, 9:00 AM
          Your appointment is cancelled.||Hello Ana,|
        Not possible: Biscuit, Monday, March 2, 9:00 AM
          The practice could not take this appointment.||Hello Ana,||Another time may work. Please choose one, or ask us.|
        "#);
    }

    #[test]
    fn no_name_becomes_a_header_or_a_tag() {
        let mut desk = Desk::new(Status::Accepted);
        desk.practice = "Paws \"&\" Co, <b>Austin</b>\r\nBcc: eve@example.com";
        desk.about.client.first_name = "Ana\r\nBcc: eve@example.com\r\n\r\n<script>".into();
        desk.about.client.last_name = "Ru\u{ed}z, \"A\" <x@y.example>".into();
        desk.about.patient.name = "Bis\u{0}cuit \u{1f415}\r\nX-Evil: 1\r\n\r\n<img src=x>".into();
        insta::assert_snapshot!(desk.headers(Notice::Booked), @r#"
        Message-ID: <0195-m@desk.example>
        Date: Fri, 20 Feb 2026 18:04:06 +0000
        From: =?utf-8?b?UGF3cyAiJiIgQ28sIDxiPkF1c3RpbjwvYj4gQmNjOiBldmVAZXhhbXBs?= =?utf-8?b?ZS5jb20=?= <bookings@desk.example>
        To: =?utf-8?b?QW5hIEJjYzogZXZlQGV4YW1wbGUuY29tIDxzY3JpcHQ+IFJ1w616LCAi?= =?utf-8?b?QSIgPHhAeS5leGFtcGxlPg==?= <Ana@example.com>
        Subject: Booked: Bis cuit =?utf-8?b?8J+QlQ==?= X-Evil: 1 <img src=x>, Monday, March 2, 9:00 AM
        Content-Language: en
        Auto-Submitted: auto-generated
        X-Auto-Response-Suppress: All
        Reply-To: =?utf-8?b?UGF3cyAiJiIgQ28sIDxiPkF1c3RpbjwvYj4gQmNjOiBldmVAZXhh?= =?utf-8?b?bXBsZS5jb20=?= <hello@paws.example>
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
        "#);
        let html = desk.letter(Notice::Booked).html();
        for tag in ["<script", "<img", "<b>", "x@y.example>"] {
            assert!(!html.contains(tag), "{tag}");
        }
    }

    #[test]
    fn who_cannot_be_reached_is_not_written_to() {
        let mut desk = Desk::new(Status::Accepted);
        for (email, wrong) in [
            (None, Unwritable::NoAddress),
            (Some("ana"), Unwritable::BadAddress),
            (Some("ana@example.com, eve@example.com"), Unwritable::BadAddress),
            (Some("ana@example.com>\r\nRCPT TO:<eve@example.com"), Unwritable::BadAddress),
        ] {
            desk.about.client.email = email.map(Into::into);
            assert_eq!(desk.message(Notice::Booked), Err(wrong), "{email:?}");
        }
        desk.about.client.email = Some(" Ana@example.com ".into());
        desk.setup.face.email = Some("not an address".into());
        assert!(!desk.headers(Notice::Booked).contains("Reply-To"));
    }
}
