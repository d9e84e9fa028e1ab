//! Where a page starts and what it says of the total, with the walks of the last minutes in mind
//! ([`frontdesk_domain::feed::walk`]).

use frontdesk_domain::feed::Place;
use frontdesk_domain::feed::walk::{Stop, WalkKey};
use frontdesk_store::{PageAnswer, PageStart};

use super::access::Access;
use super::query::ListQuery;
use crate::http::App;

/// The start of a page, and what is to be remembered once it is served.
pub struct Walk {
    key: WalkKey,
    /// Where the walks that may be asking stand; empty for page 0, a cursor, or an unknown walk.
    stops: Vec<Stop>,
}

/// Decides where the page starts.
pub fn start(app: &App, access: &Access, query: &ListQuery) -> (Walk, PageStart) {
    let key = WalkKey {
        token: access.token,
        location: access.location.id.clone(),
        window: query.window,
        per_page: query.per_page,
    };
    if let Some(place) = &query.after {
        return (Walk { key, stops: Vec::new() }, PageStart::Cursor(place.clone()));
    }
    let stops = match query.page {
        0 => Vec::new(),
        page => app.walks.lock().starts(&key, page, app.clock.now()),
    };
    let start = if stops.is_empty() {
        PageStart::Rank(query.page.saturating_mul(u64::from(query.per_page)))
    } else {
        PageStart::Walks(stops.iter().map(|stop| stop.at.clone()).collect())
    };
    (Walk { key, stops }, start)
}

impl Walk {
    /// Remembers how the page ended and answers its `total_count`.
    pub fn served(self, app: &App, query: &ListQuery, answer: &PageAnswer) -> u64 {
        if let Some(total) = answer.matching {
            let begins = query.page == 0 && query.after.is_none();
            if let Some(end) = answer.ends.first().filter(|_| begins) {
                let at = end.next.clone().unwrap_or_else(|| Place::before(query.window.start).into());
                let next = Stop { at, served: end.rows, first_total: total };
                app.walks.lock().begin(self.key, next, app.clock.now());
            }
            return total;
        }
        let total = self.stops.iter().zip(&answer.ends).map(|(stop, end)| stop.total(end.following)).max();
        let served: Vec<(Stop, Stop)> = self
            .stops
            .into_iter()
            .zip(&answer.ends)
            .filter_map(|(stop, end)| {
                let next = stop.next(end.next.clone()?, end.rows);
                Some((stop, next))
            })
            .collect();
        app.walks.lock().advance(&self.key, query.page, &served, app.clock.now());
        total.unwrap_or(0)
    }
}
