//! A plain page walk ([`frontdesk_domain::feed::walk`]): where a page starts, what it says of the total, and the book of the
//! embedded engine.

use std::sync::Arc;

use frontdesk_domain::access::TokenId;
use frontdesk_domain::feed::walk::{Stop, WalkBook, WalkKey};
use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::SessionView;
use frontdesk_domain::{Clock, Timestamp};
use parking_lot::Mutex;

use crate::error::StoreError;
use crate::page::{PageAnswer, PageQuery, PageStart};
use crate::{Location, sqlite};

/// Places of page walks that are remembered, about 300 bytes each.
const MOST_STOPS: usize = 65_536;

/// A page of a plain walk.
#[derive(Clone, Debug)]
pub struct WalkQuery {
    /// Who asks.
    pub token: TokenId,
    /// Whose feed.
    pub location: Arc<Location>,
    /// Which part of it.
    pub window: Window,
    /// Which page, from 0.
    pub page: u64,
    /// Sessions a page.
    pub per_page: u32,
}

/// What a page of a walk says beside its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalkAnswer {
    /// The `total_count`.
    pub total: u64,
    /// The place after the page, when there are sessions after it.
    pub next: Option<Place>,
}

impl WalkQuery {
    pub(crate) fn key(&self) -> WalkKey {
        WalkKey { token: self.token, location: self.location.id.clone(), window: self.window, per_page: self.per_page }
    }

    /// The page of the feed that is meant, when its walk stands at `stops`.
    pub(crate) fn starting_at(&self, stops: &[Stop]) -> PageQuery {
        let start = if stops.is_empty() {
            PageStart::Rank(self.page.saturating_mul(u64::from(self.per_page)))
        } else {
            PageStart::Walks(stops.iter().map(|stop| stop.at.clone()).collect())
        };
        let location = Arc::clone(&self.location);
        PageQuery { location, window: self.window, start, limit: self.per_page }
    }

    /// Where page 1 starts, when page 0 was answered so.
    pub(crate) fn after_page_0(&self, answer: &PageAnswer) -> Option<Stop> {
        let (end, first_total) = (answer.ends.first()?, answer.matching?);
        let at = end.next.clone().unwrap_or_else(|| Place::before(self.window.start).into());
        Some(Stop { at, served: end.rows, first_total })
    }
}

impl WalkAnswer {
    /// Of a page that started at these stops.
    pub(crate) fn walked(stops: &[Stop], answer: &PageAnswer) -> Self {
        let total = stops.iter().zip(&answer.ends).map(|(stop, end)| stop.total(end.following)).max();
        Self { total: total.unwrap_or(0), next: next(answer) }
    }
}

impl From<PageAnswer> for WalkAnswer {
    /// Of a page that counted its window.
    fn from(answer: PageAnswer) -> Self {
        Self { total: answer.matching.unwrap_or(0), next: next(&answer) }
    }
}

/// Of several walks in one page the one that is furthest behind: between two of them rows may be left out.
fn next(answer: &PageAnswer) -> Option<Place> {
    answer.ends.first().filter(|end| end.more).and_then(|end| end.next.as_ref()).map(|next| next.from.clone())
}

/// Where the walks that a page was served to stand before and after it.
pub(crate) fn served(stops: &[Stop], answer: &PageAnswer) -> Vec<(Stop, Stop)> {
    let after = |(stop, end): (&Stop, &crate::page::PageEnd)| {
        let next = stop.next(end.next.clone()?, end.rows);
        Some((stop.clone(), next))
    };
    stops.iter().zip(&answer.ends).filter_map(after).collect()
}

/// The walks of a process that is its database's one server.
pub(crate) struct OwnWalks {
    book: Mutex<WalkBook>,
    clock: Arc<dyn Clock>,
}

impl OwnWalks {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { book: Mutex::new(WalkBook::new(MOST_STOPS)), clock }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads a page of a walk.
    pub(crate) async fn page(
        &self,
        reader: &mut sqlite::Reader<'_>,
        query: &WalkQuery,
        sink: impl FnMut(SessionView<'_>) + Send,
    ) -> Result<WalkAnswer, StoreError> {
        let key = query.key();
        let stops = match query.page {
            0 => Vec::new(),
            page => self.book.lock().starts(&key, page, self.now()),
        };
        let answer = reader.page(&query.starting_at(&stops), sink).await?;
        if stops.is_empty() {
            if let Some(next) = query.after_page_0(&answer).filter(|_| query.page == 0) {
                self.book.lock().begin(key, next, self.now());
            }
            return Ok(answer.into());
        }
        self.book.lock().advance(&key, query.page, &served(&stops, &answer), self.now());
        Ok(WalkAnswer::walked(&stops, &answer))
    }
}
