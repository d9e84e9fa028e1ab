//! Plain page walks, over whichever servers: their state lies in the database, or is not needed at all
//! ([`frontdesk_domain::feed::walk`]).
//!
//! What a page changes is committed before it is answered, so whichever server is asked for the next page knows it. It is
//! not on the disk then: after a crash of the database a walk goes on by counting, as it does after a restart of a server
//! of the embedded engine.

use frontdesk_domain::Clock;
use frontdesk_domain::feed::walk::{Counted, Walks, earliest_begin, is_quiet};
use frontdesk_domain::session::SessionView;
use tokio_postgres::types::ToSql;

use super::connection::{Connection, GiveBack, prepared};
use super::fault::Doing;
use super::page::PageRead;
use super::reader::{Reader, within_patience};
use crate::error::StoreError;
use crate::page::PageStart;
use crate::walk::{WalkAnswer, WalkQuery, nexts};

/// How often the walks of a query are changed anew because another request changed them meanwhile.
const TRIES: u32 = 50;
/// How often a page is counted anew because sessions have left its window meanwhile.
const COUNTS: u32 = 5;

const KNOWN: &str = "/* walks of a query */ SELECT state FROM walks WHERE location = $1 AND token = $2 AND query = $3";

/// Changes nothing when the walks are not as they were read. Nobody waits for the disk for it.
const KEEP: &str = "/* keep the walks of a query */ \
     INSERT INTO walks (location, token, query, state, until) \
     SELECT $1, $2, $3, $4, $5 FROM (SELECT set_config('synchronous_commit', 'off', true)) AS setting \
     ON CONFLICT (location, token, query) DO UPDATE SET state = excluded.state, until = excluded.until \
     WHERE walks.state = $6";

impl Reader<'_> {
    /// Reads a page of a walk; `sink` gets its rows in the order of `updated_at`, then `id`.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn walk(
        &mut self,
        query: &WalkQuery,
        sink: impl FnMut(SessionView<'_>) + Send,
    ) -> Result<WalkAnswer, StoreError> {
        let (read, answer) = if query.page == 0 { self.begin(query).await? } else { self.go_on(query).await? };
        read.pass_on(sink)?;
        Ok(answer)
    }

    async fn begin(&self, query: &WalkQuery) -> Result<(PageRead, WalkAnswer), StoreError> {
        // As of before the page is read: what leaves it afterwards is counted.
        let quiet = is_quiet(&query.window, self.store.clock.now());
        let read = self.final_page(&query.starting_at(&[])).await?;
        // After an empty page nobody goes on, by whatever rule.
        if let Some(next) = query.after_page_0(&read.answer).filter(|next| !quiet && next.served > 0) {
            self.change(query, None, |walks| walks.begin(next.clone(), self.store.clock.now())).await?;
        }
        let answer = WalkAnswer::from(read.answer.clone());
        Ok((read, answer))
    }

    async fn go_on(&self, query: &WalkQuery) -> Result<(PageRead, WalkAnswer), StoreError> {
        let now = self.store.clock.now();
        let known = if is_quiet(&query.window, now) { None } else { self.known(query).await? };
        let starts = known.as_ref().map(|known| walks(known).starts(query.page, now)).unwrap_or_default();
        if starts.stops.is_empty() {
            return self.count(query).await;
        }
        let read = self.final_page(&query.starting_at(&starts.stops)).await?;
        let nexts = nexts(&starts.stops, &read.answer);
        self.change(query, known, |walks| walks.advance(query.page, &starts, &nexts, self.store.clock.now())).await?;
        let answer = WalkAnswer::walked(&starts.stops, &read.answer);
        Ok((read, answer))
    }

    /// A page of a walk of which nothing is known.
    async fn count(&self, query: &WalkQuery) -> Result<(PageRead, WalkAnswer), StoreError> {
        let mut page = query.starting_at(&[]);
        let mut departed = 0;
        for _ in 0..COUNTS {
            let Counted { rank, limit } = Counted::page(query.page, query.per_page, departed);
            page.start = PageStart::Rank(rank);
            page.limit = limit;
            let read = self.final_page_since(&page, earliest_begin(self.store.clock.now())).await?;
            if read.departed <= departed {
                let mut answer = WalkAnswer::from(read.answer.clone());
                answer.total += departed;
                return Ok((read, answer));
            }
            departed = read.departed;
        }
        Err(StoreError::Conflict("sessions keep leaving a window that ended long ago".to_owned()))
    }

    async fn known(&self, query: &WalkQuery) -> Result<Option<Vec<u8>>, StoreError> {
        const READING: &str = "read the walks of a query";
        let connection = self.store.pools.share().await?;
        let read = async {
            let statement = prepared(&connection, KNOWN).await?;
            let (token, bytes) = (query.token.to_bits(), query_bytes(query));
            let row = connection.query_opt(&statement, &[&query.location.key, &token, &bytes]).await.doing(READING)?;
            row.map(|row| row.try_get(0).doing(READING)).transpose()
        };
        let read = within_patience(read).await;
        connection.give_back(read)
    }

    /// Changes the walks of a query, which were last seen as `known`.
    async fn change(
        &self,
        query: &WalkQuery,
        mut known: Option<Vec<u8>>,
        change: impl Fn(&mut Walks),
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let mut changed = known.as_ref().map(|known| walks(known)).unwrap_or_default();
            change(&mut changed);
            let connection = self.store.pools.get().await?;
            let kept = within_patience(keep(&connection, query, &changed, known.as_deref())).await;
            if connection.give_back(kept)? {
                return Ok(());
            }
            known = self.known(query).await?;
        }
        Err(StoreError::Conflict("many requests change the walks of one query".to_owned()))
    }
}

/// Whether they were still as they were known.
async fn keep(
    connection: &Connection,
    query: &WalkQuery,
    walks: &Walks,
    known: Option<&[u8]>,
) -> Result<bool, StoreError> {
    let statement = prepared(connection, KEEP).await?;
    let (token, bytes, until) = (query.token.to_bits(), query_bytes(query), walks.until().as_micros());
    let parameters: [&(dyn ToSql + Sync); 6] = [&query.location.key, &token, &bytes, &walks.encode(), &until, &known];
    let kept = connection.execute(&statement, &parameters).await.doing("keep the walks of a query")?;
    Ok(kept == 1)
}

fn walks(bytes: &[u8]) -> Walks {
    // A server of another version may keep them in another form; then its walks go on by counting.
    Walks::decode(bytes).unwrap_or_default()
}

/// What of a query makes a walk another one, beside its location and its token.
fn query_bytes(query: &WalkQuery) -> Vec<u8> {
    let window = &query.window;
    let mut bytes = Vec::with_capacity(26);
    bytes.extend(query.per_page.to_be_bytes());
    bytes.push(window.status.map_or(u8::MAX, |status| status.number()));
    bytes.extend(window.start.as_micros().to_be_bytes());
    if let Some(end) = window.end {
        bytes.extend(end.as_micros().to_be_bytes());
    }
    bytes
}
