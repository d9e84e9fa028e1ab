//! "When suits you?"

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use frontdesk_domain::ProviderId;
use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::Hold;
use frontdesk_domain::practice::AppointmentType;
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::session::{Observation, Stage};
use frontdesk_store::StoreError;
use jiff::civil::Date;

use super::asked::{Answer, Asked, Instead};
use super::frame::Line;
use super::links::Place;
use super::search::{For, Found, Wall};
use super::views::{Jump, ProviderChoice, TimeChoice, TimePage};
use super::{client, kind};
use crate::app::App;

/// Why times are shown again.
#[derive(Clone, Debug)]
pub enum Told {
    /// Somebody else has the time.
    Lost(Slot),
    /// It cannot be booked any more.
    Closed(Option<Slot>),
    /// The visitor has asked for too many in a short while.
    Busy,
    /// No more can be kept.
    TooMany,
}

/// Asks.
pub async fn show(State(app): State<Arc<App>>, asked: Asked) -> Answer {
    client::must_be_answered(&app, &asked).await?;
    page(&app, &asked, StatusCode::OK, None).await
}

/// What was read for the page.
struct Seen<'a> {
    found: Found<'a>,
    nearest: Vec<TimeChoice>,
    hold: Option<Hold>,
}

/// The times, after something that is to be said first.
pub async fn page(app: &App, asked: &Asked, status: StatusCode, told: Option<Told>) -> Answer {
    let kind = kind::chosen(app, asked).await?;
    let visitor = &asked.visitor;
    let wall = Wall::new(visitor);
    let provider = asked.place.provider.as_deref().and_then(|id| visitor.booking().setup.provider(id));
    let provider = provider.filter(|provider| provider.appointment_types.contains(&kind.id)).map(|one| &one.id);
    let (from, wrong) = match &asked.place.from {
        None => (None, false),
        Some(text) => match text.parse::<Date>().ok().filter(|date| (wall.today()..=wall.last_day()).contains(date)) {
            Some(date) => (Some(date), false),
            None => (None, true),
        },
    };
    let wanted = For { kind, provider, session: Some(asked.id()), client_type: asked.session.client_type, moved: None };
    let seen = see(app, asked, &wall, &wanted, from.unwrap_or_else(|| wall.today()), told.as_ref()).await;
    let seen = seen.map_err(|wrong| visitor.fault(&wrong))?;
    note(app, asked, &wanted, &seen.found, wrong).await?;
    let page = view(asked, &wall, &wanted, &seen, told.as_ref(), (from, wrong));
    Ok(visitor.show(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { status }, &page))
}

async fn see<'a>(
    app: &App,
    asked: &Asked,
    wall: &Wall<'a>,
    wanted: &For<'_>,
    from: Date,
    told: Option<&Told>,
) -> Result<Seen<'a>, StoreError> {
    let mut reader = app.store.reader()?;
    let found = wall.look(&mut reader, wanted, from).await?;
    let nearest = match told {
        Some(Told::Lost(slot) | Told::Closed(Some(slot))) => wall.nearest(&mut reader, wanted, slot).await?,
        _ => Vec::new(),
    };
    let hold = reader.hold(&asked.visitor.location, asked.id()).await?;
    let hold = hold.filter(|hold| hold.until > asked.visitor.now && hold.slot.appointment_type == wanted.kind.id);
    let nearest = nearest.iter().map(|open| wall.soon(&open.slot(), false)).collect();
    Ok(Seen { found, nearest, hold })
}

/// Writes down what was found, for whoever asks why visitors leave.
async fn note(app: &App, asked: &Asked, wanted: &For<'_>, found: &Found<'_>, wrong: bool) -> Result<(), Instead> {
    let first = found.days.first().and_then(|(_, times)| times.first());
    let minutes = first.map(|open| (open.start.as_micros() - found.from.as_micros()).max(0) / 60_000_000);
    let count: usize = found.days.iter().map(|(_, times)| times.len()).sum();
    let mut observations = vec![Observation::Searched {
        appointment_type: wanted.kind.id.clone(),
        provider: wanted.provider.cloned(),
        from: found.from,
        found: u32::try_from(count).unwrap_or(u32::MAX),
        first_after_minutes: minutes.map(|minutes| u32::try_from(minutes).unwrap_or(u32::MAX)),
    }];
    if wrong {
        observations.push(Observation::FormRefused { fields: vec!["from".into()] });
    }
    asked.observe(app, Some(Stage::Scheduling), observations).await
}

fn view(
    asked: &Asked,
    wall: &Wall<'_>,
    wanted: &For<'_>,
    seen: &Seen<'_>,
    told: Option<&Told>,
    (from, wrong): (Option<Date>, bool),
) -> TimePage {
    let say = asked.visitor.say;
    let mut frame = asked.frame("time-title", Stage::Scheduling);
    frame.back = Some(asked.links.to("type", &Place::default()));
    frame.chosen = vec![Line::new(say.text("chosen-type"), wanted.kind.name_in(say.language.tag()))];
    let first = seen.found.days.first().and_then(|(_, times)| times.first());
    let next = match &seen.hold {
        Some(hold) => Some(wall.soon(&hold.slot, true)),
        None => first.filter(|_| from.is_none() && seen.nearest.is_empty()).map(|open| wall.soon(&open.slot(), false)),
    };
    let days = wall.days(&seen.found, seen.hold.as_ref());
    let until = say.within(&say.weekday(wall.last_day(), wall.today().year()));
    let href = |place: Place| asked.links.to("time", &place);
    let later = seen.found.later.map(|date| href(asked.place.starting(Some(date.to_string()))));
    TimePage {
        title: frame.title.clone(),
        zone: wall.zone(),
        method: "post",
        action: asked.links.to("hold", &asked.place),
        told: told.map(|told| sentence(told, &seen.nearest, asked)),
        nearest: seen.nearest.clone(),
        providers: providers(asked, wanted.kind, wanted.provider),
        provider: provider_name(asked, wanted.provider),
        filtered: wanted.provider.is_some(),
        none: days.is_empty().then(|| say.with("time-none-title", "date", &until)),
        anyone: wanted.provider.map(|_| href(Place { provider: None, ..asked.place.clone() })),
        next,
        days,
        later,
        first_days: from.map(|_| href(asked.place.starting(None))),
        jump: jump(asked, wall, from, wrong.then(|| say.with("time-jump-wrong", "date", &until))),
        frame,
    }
}

fn sentence(told: &Told, nearest: &[TimeChoice], asked: &Asked) -> String {
    let say = asked.visitor.say;
    match told {
        Told::Lost(_) if nearest.is_empty() => say.text("time-lost-none"),
        Told::Lost(_) => say.text("time-lost"),
        Told::Closed(_) => say.text("time-closed"),
        Told::Busy => say.text("time-busy"),
        Told::TooMany => say.text("time-too-many"),
    }
}

/// With whom one may look, when there is a choice.
fn providers(asked: &Asked, kind: &AppointmentType, chosen: Option<&ProviderId>) -> Vec<ProviderChoice> {
    let setup = &asked.visitor.booking().setup;
    let choice = |provider: Option<&ProviderId>, name: String| ProviderChoice {
        name,
        href: asked.links.to("time", &Place { provider: provider.map(ToString::to_string), ..asked.place.clone() }),
        current: provider == chosen,
    };
    let mut choices = vec![choice(None, asked.visitor.say.text("time-anyone"))];
    choices.extend(setup.providers_of(&kind.id).map(|one| choice(Some(&one.id), one.name.to_string())));
    if choices.len() > 2 { choices } else { Vec::new() }
}

fn provider_name(asked: &Asked, provider: Option<&ProviderId>) -> String {
    let provider = provider.and_then(|id| asked.visitor.booking().setup.provider(id.as_str()));
    provider.map_or_else(|| asked.visitor.say.text("time-anyone"), |provider| provider.name.to_string())
}

fn jump(asked: &Asked, wall: &Wall<'_>, from: Option<Date>, error: Option<String>) -> Jump {
    let place = asked.place.starting(None);
    Jump {
        action: asked.links.to("time", &Place::default()),
        hidden: place.parts(),
        min: wall.today().to_string(),
        max: wall.last_day().to_string(),
        value: from.map(|date| date.to_string()).unwrap_or_default(),
        error,
    }
}

/// "Tuesday, December 1, 9:30 AM is kept for you until 10:04 AM."
pub fn kept(asked: &Asked, start: Timestamp, until: Timestamp) -> String {
    let wall = Wall::new(&asked.visitor);
    let values = [("when", &*asked.visitor.say.within(&wall.moment(start))), ("until", &wall.time(until))];
    asked.visitor.say.with_all("details-kept", &values)
}
