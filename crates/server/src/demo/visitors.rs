//! The demo's present: visitors who keep coming while it runs, and book on the real page over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};

use super::browser::{Browser, BrowserError};
use super::page::{Form, Page};
use super::person::Person;
use super::practice::{Channel, PRACTICES, Practice};
use super::practice_system::PracticeSystem;

/// Seconds that a step takes; quicker than in life, so that a watcher sees something happen.
const PACE: std::ops::Range<i64> = 3..25;
/// Seconds between two visitors of a location.
const BETWEEN: std::ops::Range<i64> = 5..35;
/// Seconds between two looks of a practice's own system.
const LOOK_EVERY: i64 = 15;
/// Of the times on a page, a visitor looks at so many.
const TIMES_LOOKED_AT: usize = 60;

/// What happens at some moment.
enum Event {
    /// A new visitor comes to a practice.
    Arrival(&'static Practice),
    /// A visitor takes their next step.
    Next(Box<Visitor>),
    /// A practice's own system asks for what is new.
    Look(PracticeSystem),
}

/// Somebody on the booking page.
struct Visitor {
    channel: &'static Channel,
    person: Person,
    page: Page,
}

/// Lets visitors come for as long as the future is polled. `token` is the one of the practices' own systems.
pub async fn keep_coming(address: SocketAddr, token: String, clock: Arc<dyn Clock>, random: Rng) {
    let browser = Browser::new(address);
    let mut crowd = Crowd { browser, clock, random, events: BTreeMap::new(), planned: 0 };
    for practice in &PRACTICES {
        crowd.plan(0, Event::Arrival(practice));
        let system = PracticeSystem::new(practice.id, token.clone(), crowd.clock.now());
        crowd.plan(LOOK_EVERY * SECOND, Event::Look(system));
    }
    while let Some(((at, _), event)) = crowd.events.pop_first() {
        let wait = at.as_micros().saturating_sub(crowd.clock.now().as_micros());
        tokio::time::sleep(Duration::from_micros(wait.max(0).unsigned_abs())).await;
        if let Err(error) = crowd.happen(event).await {
            tracing::warn!(%error, "a visitor of the demo was sent away");
        }
    }
}

struct Crowd {
    browser: Browser,
    clock: Arc<dyn Clock>,
    random: Rng,
    /// What is going to happen, by time and by the order in which it was planned.
    events: BTreeMap<(Timestamp, u64), Event>,
    planned: u64,
}

impl Crowd {
    fn plan(&mut self, in_micros: i64, event: Event) {
        self.planned += 1;
        self.events.insert((self.clock.now().plus_micros(in_micros), self.planned), event);
    }

    async fn happen(&mut self, event: Event) -> Result<(), BrowserError> {
        match event {
            Event::Arrival(practice) => {
                let pause = self.random.i64(BETWEEN.start * SECOND..BETWEEN.end * SECOND);
                self.plan(pause, Event::Arrival(practice));
                let channel = practice.channel(&mut self.random);
                let page = self.browser.open(&channel.address(practice)).await?;
                let person = Person::make_up(&mut self.random);
                self.plan_next(Visitor { channel, person, page });
            }
            Event::Next(mut visitor) => {
                if let Some(page) = self.step(&visitor).await? {
                    visitor.page = page;
                    self.plan_next(*visitor);
                }
            }
            Event::Look(mut system) => {
                let done = system.take_over(&self.browser).await;
                self.plan(LOOK_EVERY * SECOND, Event::Look(system));
                done?;
            }
        }
        Ok(())
    }

    /// Some go on, some leave.
    fn plan_next(&mut self, visitor: Visitor) {
        if self.random.u32(0..100) < visitor.channel.goes_on {
            let pause = self.random.i64(PACE.start * SECOND..PACE.end * SECOND);
            self.plan(pause, Event::Next(Box::new(visitor)));
        }
    }

    /// What there is to do on the visitor's page. The next page; none when there is nothing to do any more.
    async fn step(&mut self, visitor: &Visitor) -> Result<Option<Page>, BrowserError> {
        let Visitor { channel, person, page } = visitor;
        if let Some(form) = page.form("client") {
            let is_new = self.random.u32(0..100) < channel.new_clients;
            let answer = if is_new { "new" } else { "returning" };
            return self.send(&form, &[("client_type", answer)]).await.map(Some);
        }
        if let Some(form) = page.form("hold") {
            let slots = page.buttons("slot");
            let Some(slot) = self.random.choice(slots.iter().take(TIMES_LOOKED_AT)) else { return Ok(None) };
            return self.send(&form, &[("slot", slot)]).await.map(Some);
        }
        if let Some(form) = page.form("confirm") {
            return self.send(&form, &person.fields()).await.map(Some);
        }
        if let Some(form) = page.form("book") {
            // What follows is the appointment, with which a visitor is done.
            return self.send(&form, &[]).await.map(|_| None);
        }
        match self.random.choice(page.links("time")) {
            Some(link) => self.browser.open(&link).await.map(Some),
            None => Ok(None),
        }
    }

    async fn send(&self, form: &Form, fields: &[(&str, &str)]) -> Result<Page, BrowserError> {
        let hidden = form.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        self.browser.send(&form.action, &all).await
    }
}
