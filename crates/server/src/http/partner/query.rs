//! The query of the list endpoint (contract, "List booking sessions"): every parameter checked, none guessed.

use std::borrow::Cow;

use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::Status;
use frontdesk_domain::{Timestamp, TimestampWriter, text};
use memchr::{memchr, memchr2};

use super::cursor;
use super::failure::Failure;

/// The largest page number that every JSON reader holds exactly (RFC 8259, section 6).
const MOST_PAGE: u64 = (1 << 53) - 1;
const MOST_PER_PAGE: u32 = 1000;
/// The most bytes of a text to search by.
const MOST_SEARCH_BYTES: usize = 256;

/// A list request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListQuery {
    /// Which sessions.
    pub window: Window,
    /// Which page, from 0.
    pub page: u64,
    /// Sessions a page.
    pub per_page: u32,
    /// The cursor of a `Link`.
    pub after: Option<Place>,
}

/// Reads the query string. Unknown parameters are ignored.
pub fn parse(query: &str) -> Result<ListQuery, Failure> {
    let [start, end, status, page, per_page, after] =
        values(query, ["updated_at_start", "updated_at_end", "status", "page", "per_page", "after"])?;
    let (start, end) = window(start, end)?;
    Ok(ListQuery {
        window: Window { start, end, status: status.map(|status| status_of(&status)).transpose()? },
        page: page_number(page)?,
        per_page: page_size(per_page, 10, MOST_PER_PAGE)?,
        after: after.map(|after| cursor::read(&after)).transpose()?,
    })
}

/// The values of these parameters, each given once at most. Unknown parameters are ignored.
pub fn values<'q, const COUNT: usize>(
    query: &'q str,
    names: [&str; COUNT],
) -> Result<[Option<Cow<'q, str>>; COUNT], Failure> {
    let mut values = [const { None }; COUNT];
    for (name, value) in Parameters(query) {
        let Some(index) = names.iter().position(|known| *known == name) else { continue };
        if values[index].is_some() {
            return Err(Failure::bad_request(format!("{name} was given twice; it takes one value.")));
        }
        values[index] = Some(value);
    }
    Ok(values)
}

/// A window of `updated_at`, whose start has to be there.
pub fn window(
    start: Option<Cow<'_, str>>,
    end: Option<Cow<'_, str>>,
) -> Result<(Timestamp, Option<Timestamp>), Failure> {
    let start = start.ok_or_else(|| {
        Failure::bad_request("updated_at_start is required: an ISO 8601 date-time, for example 2023-11-07T05:31:56Z.")
    })?;
    let start = time("updated_at_start", &start)?;
    let end = end.map(|end| time("updated_at_end", &end)).transpose()?;
    if end.is_some_and(|end| end < start) {
        return Err(Failure::bad_request(
            "updated_at_end lies before updated_at_start; it takes the same instant or later.",
        ));
    }
    Ok((start, end))
}

/// The page that is asked for; the first one unless another is.
pub fn page_number(page: Option<Cow<'_, str>>) -> Result<u64, Failure> {
    page.map_or(Ok(0), |page| integer("page", &page, 0, MOST_PAGE))
}

/// How many a page has.
pub fn page_size(per_page: Option<Cow<'_, str>>, default: u32, most: u32) -> Result<u32, Failure> {
    let Some(per_page) = per_page else { return Ok(default) };
    integer("per_page", &per_page, 1, u64::from(most)).map(|per_page| u32::try_from(per_page).unwrap_or(most))
}

/// Whether a name has the text in it that is looked for; case does not matter.
pub fn name_matches(name: &str, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| name.to_lowercase().contains(&wanted.to_lowercase()))
}

/// A text to search by: not empty, of bearable length, without control characters.
pub fn search_text(name: &str, value: Option<Cow<'_, str>>) -> Result<Option<Box<str>>, Failure> {
    let Some(value) = value else { return Ok(None) };
    match text::optional(&value, MOST_SEARCH_BYTES) {
        Ok(Some(text)) => Ok(Some(text)),
        Ok(None) => Err(Failure::bad_request(format!("{name} takes a text that is not empty."))),
        Err(wrong) => Err(Failure::bad_request(format!("{name} {wrong}."))),
    }
}

/// The names and values of a query that is still to be read, decoded (URL standard, section 5.1). Most have nothing in
/// them to decode.
struct Parameters<'q>(&'q str);

impl<'q> Iterator for Parameters<'q> {
    type Item = (Cow<'q, str>, Cow<'q, str>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let (parameter, rest) = split_at_byte(self.0, b'&');
        self.0 = rest;
        if memchr2(b'%', b'+', parameter.as_bytes()).is_some() {
            return Some(form_urlencoded::parse(parameter.as_bytes()).next().unwrap_or_default());
        }
        let (name, value) = split_at_byte(parameter, b'=');
        Some((name.into(), value.into()))
    }
}

/// What stands before and after the first `byte` (ASCII); all and nothing when there is none.
fn split_at_byte(text: &str, byte: u8) -> (&str, &str) {
    memchr(byte, text.as_bytes()).map_or((text, ""), |at| (&text[..at], &text[at + 1..]))
}

fn time(name: &str, value: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse(value).map_err(|wrong| Failure::bad_request(format!("{name}: {wrong}.")))
}

fn status_of(value: &str) -> Result<Status, Failure> {
    Status::from_wire(value)
        .ok_or_else(|| Failure::bad_request("status takes one of active, completed, abandoned, in lower case."))
}

fn integer(name: &str, value: &str, least: u64, most: u64) -> Result<u64, Failure> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { value.parse().ok() } else { None };
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Failure::bad_request(format!("{name} takes an integer from {least} to {most}.")))
}

impl ListQuery {
    /// The `Link` (RFC 8288) to the next page, by cursor: the same query from `place` on. None of its values needs escaping
    /// in a query (RFC 3986, section 3.4).
    pub fn next_link(&self, path: &str, place: &Place) -> String {
        let mut times = TimestampWriter::default();
        let mut target = Vec::with_capacity(path.len() + 256);
        target.push(b'<');
        target.extend_from_slice(path.as_bytes());
        target.extend_from_slice(b"?updated_at_start=");
        times.write(&mut target, self.window.start);
        if let Some(end) = self.window.end {
            target.extend_from_slice(b"&updated_at_end=");
            times.write(&mut target, end);
        }
        let mut target = String::from_utf8(target).expect("cannot fail: instants are written in ASCII");
        if let Some(status) = self.window.status {
            target.push_str("&status=");
            target.push_str(status.as_str());
        }
        target.push_str("&page=");
        target.push_str(itoa::Buffer::new().format((self.page + 1).min(MOST_PAGE)));
        target.push_str("&per_page=");
        target.push_str(itoa::Buffer::new().format(self.per_page));
        target.push_str("&after=");
        cursor::append(&mut target, place);
        target.push_str(">; rel=\"next\"");
        target
    }
}

/// For the fuzzer: what is accepted leads to a next page whose query is accepted and asks for the same window.
#[cfg(fuzzing)]
pub fn fuzz(text: &str) {
    let Ok(query) = parse(text) else { return };
    let place = query.after.clone().unwrap_or_else(|| Place::before(query.window.start));
    let link = query.next_link("/", &place);
    let target = link.strip_prefix("</?").and_then(|link| link.strip_suffix(">; rel=\"next\""));
    let next = parse(target.expect("a query")).expect("our own link is a good query");
    assert_eq!((next.window, next.per_page, next.after), (query.window, query.per_page, Some(place)));
}
