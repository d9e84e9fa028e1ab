//! An appointment as an entry of the client's own calendar (RFC 5545), for the download and for mails.

use frontdesk_domain::appointment::Status;
use frontdesk_domain::practice::Setup;
use frontdesk_domain::{LocationId, Timestamp};
use frontdesk_store::FullAppointment;
use icalendar::{Calendar, Component, Event, EventStatus, Property};

/// How the entry comes to the client, and so what a calendar may do with it (RFC 5546, section 3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method<'a> {
    /// To be looked at and kept: the download.
    Publish,
    /// To be put into the calendar, or in the place of what was there: the mail of an appointment that stands.
    Request(Parties<'a>),
    /// To be taken out again: the mail of one that does not.
    Cancel(Parties<'a>),
}

/// Between whom a mail goes. The two methods of mails need both (RFC 5546, sections 3.2.2 and 3.2.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parties<'a> {
    /// The address that speaks for the practice.
    pub organizer: &'a str,
    /// The client's.
    pub attendee: &'a str,
}

impl Method<'_> {
    /// The name in the entry, and in the `method` parameter of its content type (RFC 6047, section 2.4).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Request(_) => "REQUEST",
            Self::Cancel(_) => "CANCEL",
        }
    }
}

/// What an entry is made of.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The location.
    pub location: &'a LocationId,
    /// Its name.
    pub practice: &'a str,
    /// Its set-up.
    pub setup: &'a Setup,
    /// The appointment.
    pub about: &'a FullAppointment,
    /// The language in which the type of appointment is named (BCP 47).
    pub language: &'a str,
    /// The page on which the client sees, moves or cancels it.
    pub link: Option<&'a str>,
    /// When the entry is written; of two with the same `SEQUENCE`, the one that was written later holds.
    pub stamp: Timestamp,
}

impl Entry<'_> {
    /// The entry as a file: UTF-8, lines that end with CRLF.
    pub fn write(&self, method: Method<'_>) -> String {
        let mut calendar = Calendar::empty();
        calendar.append_property(("VERSION", "2.0"));
        calendar.append_property(("PRODID", "-//Frontdesk//Frontdesk//EN"));
        calendar.append_property(("METHOD", method.as_str()));
        calendar.push(self.event(method));
        calendar.to_string()
    }

    fn event(&self, method: Method<'_>) -> Event {
        let appointment = &self.about.appointment;
        let uid = format!("{}@{}", appointment.id, self.location);
        let mut event = Event::with_uid(&uid);
        event.add_property("SEQUENCE", appointment.sequence.to_string());
        event.add_property("DTSTAMP", utc(self.stamp));
        // In UTC, which every calendar shows in its own time zone, rather than by name and with a table of its rules.
        event.add_property("DTSTART", utc(appointment.slot.start));
        event.add_property("DTEND", utc(appointment.end));
        event.add_property("SUMMARY", text(&self.summary()));
        event.add_property("LOCATION", text(&self.place()));
        event.add_property("DESCRIPTION", text(&self.description()));
        event.add_property("CLASS", "PRIVATE");
        event.status(status(appointment.status, method));
        if let Some(link) = self.link {
            event.add_property("URL", link);
        }
        if let Method::Request(parties) | Method::Cancel(parties) = method {
            event.append_property(person("ORGANIZER", self.practice, parties.organizer));
            event.append_property(self.attendee(parties.attendee));
        }
        event
    }

    /// The client, who has said already that they come: no calendar has to ask, or answer the practice.
    fn attendee(&self, address: &str) -> Property {
        let client = &self.about.client;
        let mut attendee = person("ATTENDEE", &format!("{} {}", client.first_name, client.last_name), address);
        attendee.add_parameter("PARTSTAT", "ACCEPTED").add_parameter("RSVP", "FALSE").done()
    }

    /// Without words of any language, so that it is the same in all: "Wellness exam: Biscuit (Paws Austin)".
    fn summary(&self) -> String {
        let id = &self.about.appointment.slot.appointment_type;
        let patient = &self.about.patient.name;
        match self.setup.appointment_type(id.as_str()) {
            Some(appointment_type) => {
                format!("{}: {patient} ({})", appointment_type.name_in(self.language), self.practice)
            }
            // The type is not offered any more, and its name has gone with it.
            None => format!("{patient} ({})", self.practice),
        }
    }

    fn place(&self) -> String {
        match &self.setup.face.address {
            Some(address) => format!("{}, {address}", self.practice),
            None => self.practice.to_owned(),
        }
    }

    /// With whom, how to reach the practice, what to bring, where to change it.
    fn description(&self) -> String {
        let provider = self.setup.provider(self.about.appointment.slot.provider.as_str());
        let face = &self.setup.face;
        let lines = [provider.map(|provider| &*provider.name), face.phone.as_deref(), face.bring.as_deref(), self.link];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}

/// Whether it stands, may come to stand, or does not (RFC 5545, section 3.8.1.11).
fn status(status: Status, method: Method<'_>) -> EventStatus {
    match (status, method) {
        (_, Method::Cancel(_)) | (Status::Deleted | Status::Declined, _) => EventStatus::Cancelled,
        (Status::Requested, _) => EventStatus::Tentative,
        (Status::Accepted | Status::Confirmed | Status::InProgress | Status::Done, _) => EventStatus::Confirmed,
    }
}

/// `20260302T150000Z`; fractions of a second do not count (RFC 5545, section 3.3.5).
fn utc(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as it may stand in an entry: without control characters, of which only the end of a line can be written
/// (RFC 5545, section 3.3.11).
fn text(value: &str) -> String {
    let value = value.replace("\r\n", "\n");
    value.chars().map(|one| if one.is_control() && one != '\n' { ' ' } else { one }).collect()
}

/// A person with a name and an address. A quotation mark cannot stand in a parameter (RFC 5545, section 3.2), nor can the
/// end of a line.
fn person(role: &str, name: &str, address: &str) -> Property {
    let plain = |value: &str| -> String {
        value
            .chars()
            .map(|one| {
                if one == '"' {
                    '\''
                } else if one.is_control() {
                    ' '
                } else {
                    one
                }
            })
            .collect()
    };
    let mut property = Property::new(role, format!("mailto:{}", plain(address)));
    let name = plain(name.trim());
    if !name.is_empty() {
        property.add_parameter("CN", &name);
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const PARTIES: Parties<'_> = Parties { organizer: "hello@paws.example", attendee: "Ana@example.com" };
    const LINK: &str = "https://book.example/book/paws-austin/appointment/0195-a.k";

    fn written(about: &FullAppointment, practice: &str, setup: &Setup, method: Method<'_>) -> String {
        let stamp = Timestamp::parse("2026-02-20T18:04:06.5Z").unwrap();
        let location = sample::location();
        Entry { location: &location, practice, setup, about, language: "en", link: Some(LINK), stamp }.write(method)
    }

    fn entry(status: Status, method: Method<'_>) -> String {
        written(&sample::appointment(status), "Paws Austin", &sample::setup(), method)
    }

    /// Its lines, folded ones put together again (RFC 5545, section 3.1).
    fn lines(entry: &str) -> Vec<String> {
        assert!(entry.split("\r\n").all(|line| line.len() <= 76 && !line.contains(['\r', '\n'])), "{entry:?}");
        entry.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_download_is_for_the_client_alone() {
        insta::assert_snapshot!(lines(&entry(Status::Accepted, Method::Publish)).join("\n"), @r#"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Frontdesk//Frontdesk//EN
        METHOD:PUBLISH
        BEGIN:VEVENT
        CLASS:PRIVATE
        DESCRIPTION:Dr. Ada Moss\n(512) 555-0100\nEarlier records\; a sample if you can\nhttps://book.example/book/paws-austin/appointment/0195-a.k
        DTEND:20260302T153000Z
        DTSTAMP:20260220T180406Z
        DTSTART:20260302T150000Z
        LOCATION:Paws Austin\, 500 Barton Springs Rd\, Austin\, TX
        SEQUENCE:2
        STATUS:CONFIRMED
        SUMMARY:Wellness exam: Biscuit (Paws Austin)
        UID:0195-a@paws-austin
        URL:https://book.example/book/paws-austin/appointment/0195-a.k
        END:VEVENT
        END:VCALENDAR
        "#);
    }

    #[test]
    fn a_mail_puts_it_in_and_takes_it_out_under_the_same_name() {
        let request = lines(&entry(Status::Requested, Method::Request(PARTIES)));
        insta::assert_snapshot!(request.join("\n"), @r#"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Frontdesk//Frontdesk//EN
        METHOD:REQUEST
        BEGIN:VEVENT
        ATTENDEE;CN=Ana Ruiz;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:Ana@example.com
        CLASS:PRIVATE
        DESCRIPTION:Dr. Ada Moss\n(512) 555-0100\nEarlier records\; a sample if you can\nhttps://book.example/book/paws-austin/appointment/0195-a.k
        DTEND:20260302T153000Z
        DTSTAMP:20260220T180406Z
        DTSTART:20260302T150000Z
        LOCATION:Paws Austin\, 500 Barton Springs Rd\, Austin\, TX
        ORGANIZER;CN=Paws Austin:mailto:hello@paws.example
        SEQUENCE:2
        STATUS:TENTATIVE
        SUMMARY:Wellness exam: Biscuit (Paws Austin)
        UID:0195-a@paws-austin
        URL:https://book.example/book/paws-austin/appointment/0195-a.k
        END:VEVENT
        END:VCALENDAR
        "#);
        let cancel = lines(&entry(Status::Deleted, Method::Cancel(PARTIES)));
        let changed: Vec<_> = cancel.iter().filter(|line| !request.contains(line)).collect();
        assert_eq!(changed, ["METHOD:CANCEL", "STATUS:CANCELLED"]);
    }

    #[test]
    fn no_name_breaks_out_of_its_line() {
        let mut about = sample::appointment(Status::Accepted);
        about.client.first_name = "Ana\";X=\"y\r\nATTENDEE:mailto:eve@example.com".into();
        about.client.last_name = "".into();
        about.patient.name = "Bis;cuit, \\n\r\nEND:VEVENT\u{7}🐕".into();
        let mut setup = sample::setup();
        setup.face.bring = Some("Línea uno\r\nlínea dos — ".repeat(20).into());
        let lines = lines(&written(&about, "Paws \"&\" Co: Austin", &setup, Method::Request(PARTIES)));
        insta::assert_snapshot!(lines.join("\n"), @r#"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Frontdesk//Frontdesk//EN
        METHOD:REQUEST
        BEGIN:VEVENT
        ATTENDEE;CN="Ana';X='y  ATTENDEE:mailto:eve@example.com";PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:Ana@example.com
        CLASS:PRIVATE
        DESCRIPTION:Dr. Ada Moss\n(512) 555-0100\nLínea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — Línea uno\nlínea dos — \nhttps://book.example/book/paws-austin/appointment/0195-a.k
        DTEND:20260302T153000Z
        DTSTAMP:20260220T180406Z
        DTSTART:20260302T150000Z
        LOCATION:Paws "&" Co: Austin\, 500 Barton Springs Rd\, Austin\, TX
        ORGANIZER;CN="Paws '&' Co: Austin":mailto:hello@paws.example
        SEQUENCE:2
        STATUS:CONFIRMED
        SUMMARY:Wellness exam: Bis\;cuit\, \\n\nEND:VEVENT 🐕 (Paws "&" Co: Austin)
        UID:0195-a@paws-austin
        URL:https://book.example/book/paws-austin/appointment/0195-a.k
        END:VEVENT
        END:VCALENDAR
        "#);
    }

    #[test]
    fn what_is_not_offered_any_more_has_no_name() {
        let mut setup = sample::setup();
        setup.appointment_types.clear();
        setup.providers.clear();
        setup.face = frontdesk_domain::practice::Face::default();
        let entry = written(&sample::appointment(Status::Done), "Paws Austin", &setup, Method::Publish);
        let lines = lines(&entry);
        let of = |name: &str| lines.iter().find(|line| line.starts_with(name)).unwrap().clone();
        assert_eq!(of("SUMMARY"), "SUMMARY:Biscuit (Paws Austin)");
        assert_eq!(of("LOCATION"), "LOCATION:Paws Austin");
        assert_eq!(of("DESCRIPTION"), format!("DESCRIPTION:{LINK}"));
    }
}
