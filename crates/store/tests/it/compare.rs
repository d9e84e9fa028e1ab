//! Everything that can be read of the engine, held against the model.

use std::sync::Arc;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::{Place, Stretch, Window};
use frontdesk_domain::session::{Session, Status};
use frontdesk_store::{PageEnd, PageStart, Reader, Store};
use proptest::prelude::*;

use crate::model::{Model, Site};
use crate::support::page;

/// A question about the feed: which part of it, and where pages start.
#[derive(Clone, Debug)]
pub struct Question {
    /// Microseconds before the present at which the window starts and ends.
    start: i64,
    end: Option<i64>,
    status: Option<Status>,
    rank: prop::sample::Index,
    limit: u32,
    places: Vec<prop::sample::Index>,
}

/// From nothing to some days, so that windows end within every size of bucket.
fn ago() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 0..5_i64, 0..10_000_000_i64, 0..100_000_000_000_i64, 0..3_000_000_000_000_i64]
}

pub fn question() -> impl Strategy<Value = Question> {
    let places = prop::collection::vec(any::<prop::sample::Index>(), 1..5);
    let status = prop::option::of(prop::sample::select(Status::ALL));
    (ago(), prop::option::of(ago()), status, any::<prop::sample::Index>(), 1..6_u32, places)
        .prop_map(|(start, end, status, rank, limit, places)| Question { start, end, status, rank, limit, places })
}

fn shown(sessions: &[&Session]) -> Vec<String> {
    sessions.iter().map(|session| format!("{:?}", session.view())).collect()
}

fn place(session: &Session) -> Place {
    Place { updated_at: session.updated_at, id: session.id.as_str().into() }
}

/// Holds the engine against the model at `now`, at which the model must have been settled.
pub async fn compare(
    store: &Store,
    model: &Model,
    now: Timestamp,
    questions: &[Question],
) -> Result<(), TestCaseError> {
    let mut reader = store.reader().expect("a reader");
    for site in &model.sites {
        whole(&mut reader, site).await?;
        for question in questions {
            windows(&mut reader, site, now, question).await?;
        }
    }
    let by_status = reader.sessions_by_status().await.expect("the counts");
    for (status, count) in by_status {
        let sessions = model.sites.iter().flat_map(|site| site.sessions.values());
        let real = sessions.filter(|kept| kept.session.state.status() == status).count();
        prop_assert_eq!(count, real as u64);
    }
    Ok(())
}

/// The whole feed, every session by its id, every timeline.
async fn whole(reader: &mut Reader<'_>, site: &Site) -> Result<(), TestCaseError> {
    let feed = site.feed();
    let window = Window { start: Timestamp::MIN, end: None, status: None };
    let (rows, answer) = page(reader, site.id, window, PageStart::Rank(0), 1000).await;
    prop_assert_eq!(&rows, &shown(&feed), "the feed of {}", site.id);
    prop_assert_eq!(answer.matching, Some(feed.len() as u64));
    let location = Arc::clone(reader.catalog().location(site.id).expect("the location"));
    for (id, kept) in &site.sessions {
        let session = reader.session(&location, id).await.expect("the session is read");
        prop_assert_eq!(session.as_ref(), Some(&kept.session));
        prop_assert_eq!(&reader.timeline(&location, id).await.expect("the timeline is read"), &kept.timeline);
    }
    prop_assert!(!reader.has_session(&location, "nobody").await.expect("an answer"));
    Ok(())
}

async fn windows(
    reader: &mut Reader<'_>,
    site: &Site,
    now: Timestamp,
    question: &Question,
) -> Result<(), TestCaseError> {
    let Question { start, end, status, rank, limit, places } = question;
    let window = Window { start: now.plus_micros(-start), end: end.map(|end| now.plus_micros(-end)), status: *status };
    let inside = |session: &&Session| {
        session.updated_at >= window.start
            && window.end.is_none_or(|end| session.updated_at <= end)
            && status.is_none_or(|status| session.state.status() == status)
    };
    let feed = site.feed();
    let matching: Vec<&Session> = feed.iter().copied().filter(inside).collect();
    let limit_rows = *limit as usize;

    let rank = rank.index(matching.len() + 2);
    let (rows, answer) = page(reader, site.id, window, PageStart::Rank(rank as u64), *limit).await;
    let from_rank = &matching[rank.min(matching.len())..];
    let expected = &from_rank[..from_rank.len().min(limit_rows)];
    prop_assert_eq!(&rows, &shown(expected), "rank {} of {:?}", rank, window);
    let last = expected.last().map(|session| place(session));
    prop_assert_eq!(answer.matching, Some(matching.len() as u64), "{:?}", window);
    prop_assert_eq!(answer.ends, [end_of(last, expected.len(), from_rank.len())]);

    // Places from within the window, as cursors and walks have them; and the one before all of it.
    let mut stops: Vec<Place> = places.iter().filter_map(|index| pick(&matching, *index)).collect();
    stops.push(Place::before(window.start));
    stops.sort();
    stops.dedup();
    for stop in &stops {
        let after: Vec<&Session> = matching.iter().copied().filter(|session| place(session) > *stop).collect();
        let expected = &after[..after.len().min(limit_rows)];
        let (rows, answer) = page(reader, site.id, window, PageStart::Cursor(stop.clone()), *limit).await;
        prop_assert_eq!(&rows, &shown(expected), "after {:?} of {:?}", stop, window);
        let last = expected.last().map_or_else(|| stop.clone(), |session| place(session));
        let end = PageEnd { following: 0, ..end_of(Some(last), expected.len(), after.len()) };
        prop_assert_eq!((answer.matching, answer.ends), (Some(matching.len() as u64), vec![end]));
    }
    walks(reader, site, window, &matching, &stops, *limit).await
}

fn pick(matching: &[&Session], index: prop::sample::Index) -> Option<Place> {
    (!matching.is_empty()).then(|| place(matching[index.index(matching.len())]))
}

fn end_of(place: Option<Place>, rows: usize, following: usize) -> PageEnd {
    PageEnd { next: place.map(Into::into), rows: rows as u64, following: following as u64, more: following > rows }
}

/// The pages of several walks in one: from each of the stops, and from every other one through to the stop after it.
async fn walks(
    reader: &mut Reader<'_>,
    site: &Site,
    window: Window,
    matching: &[&Session],
    stops: &[Place],
    limit: u32,
) -> Result<(), TestCaseError> {
    let places: Vec<Place> = matching.iter().map(|session| place(session)).collect();
    let page_from = |stop: &Place| {
        let after: Vec<&Place> = places.iter().filter(|place| *place > stop).collect();
        let rows = after.len().min(limit as usize);
        (after[..rows].last().map_or(stop, |last| *last).clone(), rows, after.len())
    };
    let (mut starts, mut ends, mut union) = (Vec::new(), Vec::new(), std::collections::BTreeSet::new());
    for (index, from) in stops.iter().enumerate() {
        let through = stops.get(index + index % 2).unwrap_or(from);
        let ((end_of_from, rows, following), (end_of_through, ..)) = (page_from(from), page_from(through));
        union.extend(places.iter().filter(|place| *place > from && **place <= end_of_through).cloned());
        let next = Stretch::new(end_of_from, end_of_through);
        starts.push(Stretch::new(from.clone(), through.clone()));
        ends.push(PageEnd { next: Some(next), ..end_of(None, rows, following) });
    }
    let expected: Vec<&Session> = matching.iter().copied().filter(|session| union.contains(&place(session))).collect();
    let (rows, answer) = page(reader, site.id, window, PageStart::Walks(starts), limit).await;
    prop_assert_eq!(&rows, &shown(&expected), "walks from {:?} of {:?}", stops, window);
    prop_assert_eq!((answer.matching, answer.ends), (None, ends), "walks from {:?} of {:?}", stops, window);
    Ok(())
}
