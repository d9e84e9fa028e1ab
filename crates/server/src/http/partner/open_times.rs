//! `POST /open_times`: the times of thirty days that can be booked.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use frontdesk_domain::access::SecretKey;
use frontdesk_domain::practice::Category;
use frontdesk_domain::scheduling::Interval;
use frontdesk_domain::{Timestamp, practice};
use frontdesk_store::{BookingSetup, Location, Reader};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::answer;
use super::failure::Failure;
use super::schema::Refusals;
use super::times::{DAY, Times, TimesWriter};
use crate::app::App;
use crate::http::fields::{self, Fields, required};

/// As many dates are answered, the one of `search_from_date` the first.
const DAYS: i64 = 30;

/// What is looked for
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "search_from_date": "2025-01-01T00:00:00-06:00", "appointment_type": "wellness" }))]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct OpenTimesRequest {
    /// The earliest beginning; one in the past is now
    #[schema(format = DateTime)]
    search_from_date: String,
    appointment_type: CategoryName,
}

/// A kind of appointment
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CategoryName {
    Wellness,
    Sick,
    Technician,
    Recheck,
}

/// A date, by the location's calendar
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct OpenDate {
    /// `MM/DD/YYYY`
    #[schema(example = "01/01/2025")]
    date: String,
    /// Whether it has any open time
    available: bool,
    times: Vec<OpenTimeShape>,
}

/// A time that can be booked
#[derive(Deserialize, ToSchema)]
#[schema(as = OpenTime, example = json!({
    "start": "2025-01-01T16:00:00-06:00", "end": "2025-01-01T16:30:00-06:00", "provider_id": "dr-lee", "room_id": "room-1",
    "appointment_type_ids": ["check-up"], "value": "16:00", "label": "4:00 pm",
    "uuid": "01b90b2c-5d3e-8f10-9a7b-3c1d2e4f5a6b",
}))]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct OpenTimeShape {
    #[schema(format = DateTime)]
    start: String,
    #[schema(format = DateTime)]
    end: String,
    provider_id: String,
    /// The room that it would take, when the provider works in rooms
    room_id: Option<String>,
    /// The types of the category that can be booked then; the slot id books the first
    appointment_type_ids: Vec<String>,
    value: String,
    label: String,
    /// The slot id
    uuid: String,
}

/// Dates in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct OpenTimesBody {
    success: bool,
    data: Vec<OpenDate>,
    #[schema(example = "OK")]
    message: String,
}

/// Open times of thirty days
///
/// Of every type of appointment of a kind, by date, in the location's time zone, within its notice and horizon.
#[utoipa::path(
    post,
    path = "/services/core/open_api/v1/open_times",
    tag = "Partner API",
    security(("token" = [])),
    params(("X-Client-Id" = String, Header, description = "The location id of the practice")),
    request_body = OpenTimesRequest,
    responses(
        (status = 200, description = "Thirty dates; none of a location that is not set up for booking", body = OpenTimesBody),
        Refusals
    )
)]
pub async fn open_times(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, Failure> {
    // Whatever the answer will be: a client that still sends when it is refused may never read why.
    let body = fields::receive(&headers, body).await;
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        let access = access?;
        let (from, category) = parse(&body?)?;
        match &access.location.booking {
            Some(booking) => search(&mut reader, &access.location, booking, from, category, app.clock.now()).await,
            None => Ok(answer::body(&[(); 0])),
        }
    };
    Ok(answer::respond(answer.await, allowance))
}

fn parse(body: &[u8]) -> Result<(Timestamp, Category), Failure> {
    let mut fields = Fields::parse(body)?;
    let from = required("search_from_date", fields.time("search_from_date")?)?;
    let category = fields.choice("appointment_type", Category::ALL, Category::as_str)?;
    Ok((from, required("appointment_type", category)?))
}

/// What has to be known of a location's time around `span` to say what is open in it.
pub fn around(span: Interval) -> Interval {
    Interval { start: span.start.plus_micros(-DAY), end: span.end.plus_micros(DAY) }
}

async fn search(
    reader: &mut Reader<'_>,
    location: &Location,
    booking: &BookingSetup,
    from: Timestamp,
    category: Category,
    now: Timestamp,
) -> Result<Vec<u8>, Failure> {
    let from = from.max(now);
    let (first, end) = dates(booking, from)
        .ok_or_else(|| Failure::bad_request("search_from_date lies too far in the future for any calendar."))?;
    let span = Interval { start: from, end };
    let agenda = reader.agenda(location, around(span)).await?;
    let key: SecretKey = reader.catalog().secret_key();
    let wanted = |one: &&practice::AppointmentType| one.category == category;
    let times = Times::new(key, location, booking, booking.setup.appointment_types.iter().filter(wanted));
    let found = times.find(&agenda, span, now);
    let mut body = Vec::with_capacity(2048 + 256 * found.len());
    body.extend_from_slice(answer::BEFORE);
    let mut writer = TimesWriter::new(&times);
    let (mut left, mut date) = (found.as_slice(), first);
    let first_day = jiff::civil::date(1970, 1, 1).until(first).map_or(0, |days| i64::from(days.get_days()));
    for index in 0..DAYS {
        let day = first_day + index;
        body.push(if index == 0 { b'[' } else { b',' });
        begin_date(&mut body, date, writer.is_on(left, day));
        left = writer.write(&mut body, left, Some(day));
        body.extend_from_slice(b"]}");
        date = date.saturating_add(jiff::Span::new().days(1));
    }
    body.push(b']');
    body.extend_from_slice(answer::AFTER);
    Ok(body)
}

fn begin_date(body: &mut Vec<u8>, date: Date, available: bool) {
    let (month, day, year) = (date.month(), date.day(), date.year());
    let text = format!("{{\"date\":\"{month:02}/{day:02}/{year:04}\",\"available\":{available},\"times\":[");
    body.extend_from_slice(text.as_bytes());
}

/// The date at `from` on the location's calendar, and the midnight after the last date; none beyond every calendar.
fn dates(booking: &BookingSetup, from: Timestamp) -> Option<(Date, Timestamp)> {
    let instant = jiff::Timestamp::from_microsecond(from.as_micros()).ok()?;
    let first = booking.zone.to_datetime(instant).date();
    let end = first.checked_add(jiff::Span::new().days(DAYS)).ok()?;
    let end = booking.zone.to_timestamp(end.at(0, 0, 0, 0)).ok()?;
    Some((first, Timestamp::from_micros(end.as_microsecond())))
}
