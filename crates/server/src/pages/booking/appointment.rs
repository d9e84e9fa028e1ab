//! The appointment: just booked, or seen again by the link in its mail.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk_domain::appointment::{Actor, Rejection, Status};
use frontdesk_domain::session::{Stage, State as Standing};
use frontdesk_domain::{AppointmentId, Timestamp};
use frontdesk_store::FullAppointment;

use super::asked::{Answer, Asked, Instead, Visitor};
use super::frame::{Frame, Line, OtherLanguage};
use super::links::{self, Links, Place};
use super::search::Wall;
use super::trouble;
use super::views::{AppointmentPage, Change};
use crate::app::App;
use crate::calendar::{Entry, Method};
use crate::pages::respond;

/// A request about an appointment, by who has its link.
pub struct Linked {
    /// The client.
    pub visitor: Visitor,
    /// The appointment, as it was when the request came.
    pub about: FullAppointment,
    /// Its addresses.
    pub links: Links,
}

impl FromRequest<Arc<App>> for Linked {
    type Rejection = Instead;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Instead> {
        let (visitor, named) = Visitor::read(app, request, "link").await?;
        let missing = || trouble::missing(&visitor);
        let (id, key, _) = links::take_apart(&named).ok_or_else(missing)?;
        let id = AppointmentId::parse(id).map_err(|_| missing())?;
        if !visitor.catalog.secret_key().opens_appointment(&visitor.location.id, &id, key) {
            return Err(missing());
        }
        let links = Links::of_appointment(&visitor.location.id, id.as_str(), key, visitor.language);
        let about = read(app, &visitor, id.as_str()).await?.ok_or_else(missing)?;
        Ok(Self { visitor, about, links })
    }
}

async fn read(app: &App, visitor: &Visitor, id: &str) -> Result<Option<FullAppointment>, Instead> {
    let mut reader = app.store.reader().map_err(|wrong| visitor.fault(&wrong))?;
    reader.appointment(&visitor.location, id).await.map_err(|wrong| visitor.fault(&wrong))
}

impl Linked {
    /// Minutes before the beginning until which the client may change it.
    fn notice(&self) -> u32 {
        self.visitor.booking().setup.rules.change_notice_minutes
    }

    /// Whether the client may move it now.
    pub fn movable(&self) -> Result<(), Rejection> {
        self.about.appointment.check_movable(Actor::Client, self.visitor.now, self.notice())
    }

    /// A page about it, which has its like in the other languages.
    pub fn frame(&self, title: &str, step: &str) -> Frame {
        let mut frame = self.visitor.frame(title);
        let href = |language| self.links.speaking(language).to(step, &Place::default());
        frame.languages = OtherLanguage::besides(self.visitor.say.language, href);
        frame
    }

    /// What, when, with whom, for whom and where.
    pub fn lines(&self) -> Vec<Line> {
        let (say, setup) = (self.visitor.say, &self.visitor.booking().setup);
        let slot = &self.about.appointment.slot;
        let kind = setup.appointment_type(slot.appointment_type.as_str());
        let provider = setup.provider(slot.provider.as_str());
        let name = &self.visitor.location.settings.name;
        let place = setup.face.address.as_ref().map_or_else(|| name.clone(), |address| format!("{name}\n{address}"));
        let lines = [
            kind.map(|kind| Line::new(say.text("chosen-type"), kind.name_in(say.language.tag()))),
            Some(Line::new(say.text("chosen-when"), self.when(slot.start))),
            provider.map(|provider| Line::new(say.text("chosen-with"), &*provider.name)),
            Some(Line::new(say.text("chosen-who"), &*self.about.patient.name)),
            Some(Line::new(say.text("chosen-where"), place)),
        ];
        lines.into_iter().flatten().collect()
    }

    /// "Tuesday, December 1, 9:30 AM"
    pub fn when(&self, at: Timestamp) -> String {
        Wall::new(&self.visitor).moment(at)
    }

    /// The page, as it stands.
    fn page(&self, app: &App, just_booked: bool) -> Response {
        let visitor = &self.visitor;
        let appointment = &self.about.appointment;
        let movable = self.movable();
        let stands = appointment.status.occupies();
        let waits = appointment.status == Status::Requested;
        let over = appointment.end <= visitor.now || matches!(appointment.status, Status::InProgress | Status::Done);
        let (title, lead) = self.heading(app, just_booked && stands, over);
        let setup = &visitor.booking().setup;
        let mut frame = self.frame("appointment-title", "");
        frame.title.clone_from(&title);
        if just_booked {
            frame = frame.at(Stage::Completed);
        }
        let change = movable.is_ok().then(|| Change {
            move_href: self.links.to("time", &Place::default()),
            cancel_href: self.links.to("cancel", &Place::default()),
        });
        let ahead = stands && !over;
        let page = AppointmentPage {
            title,
            lead,
            stands,
            waits,
            lines: self.lines(),
            bring: setup.face.bring.as_deref().filter(|_| ahead).map(str::to_owned),
            calendar: ahead.then(|| self.links.to("appointment.ics", &Place::default())),
            change,
            again: (!ahead).then(|| links::start(&visitor.location.id)),
            note: ahead.then(|| self.note(movable)).flatten(),
            frame,
        };
        visitor.show(StatusCode::OK, &page)
    }

    fn heading(&self, app: &App, just_booked: bool, over: bool) -> (String, Option<String>) {
        let say = self.visitor.say;
        // Nobody is told of a mail that is not sent.
        let email = self.about.client.email.as_ref().filter(|_| app.mail.is_set_up());
        let to = |key: &str| email.map(|email| say.with(key, "email", email));
        match self.about.appointment.status {
            Status::Deleted => (say.text("appointment-cancelled"), None),
            Status::Declined => (say.text("appointment-declined"), None),
            _ if over => (say.text("appointment-over"), None),
            Status::Requested if just_booked => {
                (say.text("asked-title"), Some(to("asked-lead").unwrap_or_else(|| say.text("asked-lead-plain"))))
            }
            _ if just_booked => (say.text("done-title"), to("done-lead")),
            _ if self.visitor.query.get("moved").is_some() => (say.text("appointment-moved"), None),
            Status::Requested => (say.text("appointment-title"), Some(say.text("appointment-requested"))),
            _ => (say.text("appointment-title"), None),
        }
    }

    /// Until when it can be changed here, or that it is too late.
    fn note(&self, movable: Result<(), Rejection>) -> Option<String> {
        let say = self.visitor.say;
        let start = self.about.appointment.slot.start;
        let latest = start.plus_micros(-i64::from(self.notice()) * 60_000_000);
        match movable {
            Ok(()) => Some(say.with("done-later", "until", &say.within(&self.when(latest)))),
            Err(Rejection::TooLateToChange) => Some(self.too_late()),
            Err(_) => None,
        }
    }

    /// "It's too close to your visit to change it here."
    pub fn too_late(&self) -> String {
        let say = self.visitor.say;
        match &self.visitor.frame("appointment-title").practice.phone {
            Some(phone) => say.with("appointment-late", "phone", &phone.shown),
            None => say.text("appointment-late-no-phone"),
        }
    }
}

/// The appointment of a completed session: the last page of the flow, however often it is loaded.
pub async fn done(State(app): State<Arc<App>>, asked: Asked) -> Answer {
    let Standing::Completed { appointment_id, .. } = &asked.session.state else {
        asked.must_be_open(&app).await?;
        return Ok(asked.go(""));
    };
    let Some(about) = read(&app, &asked.visitor, appointment_id.as_str()).await? else {
        // The practice's own system completed the session with an appointment of its own.
        let mut frame = asked.frame("done-title", Stage::Completed);
        frame.languages.clear();
        let page = AppointmentPage {
            title: frame.title.clone(),
            lead: None,
            stands: true,
            waits: false,
            lines: Vec::new(),
            bring: None,
            calendar: None,
            change: None,
            again: Some(links::start(&asked.visitor.location.id)),
            note: None,
            frame,
        };
        return Ok(asked.visitor.show(StatusCode::OK, &page));
    };
    let location = &asked.visitor.location.id;
    let key = asked.visitor.catalog.secret_key().appointment_key(location, appointment_id);
    let links = Links::of_appointment(location, appointment_id.as_str(), &key, asked.visitor.language);
    Ok(Linked { visitor: asked.visitor, about, links }.page(&app, true))
}

/// The appointment, seen again.
pub async fn show(State(app): State<Arc<App>>, linked: Linked) -> Response {
    linked.page(&app, false)
}

/// The appointment as an entry of a calendar.
pub async fn calendar(linked: Linked) -> Response {
    let entry = Entry {
        location: &linked.visitor.location.id,
        practice: &linked.visitor.location.settings.name,
        setup: &linked.visitor.booking().setup,
        about: &linked.about,
        language: linked.visitor.say.language.tag(),
        link: None,
        stamp: linked.visitor.now,
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"appointment.ics\"")),
    ];
    let mut response = (headers, entry.write(Method::Publish)).into_response();
    respond::guard(&mut response, None);
    response
}
