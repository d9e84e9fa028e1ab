//! The demo's past: ninety days of visits, put on the record as an import is.

use fastrand::Rng;
use frontdesk_domain::feed::Window;
use frontdesk_domain::session::{Session, Stage, State};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{LocationId, Timestamp};
use frontdesk_store::{AdminError, ImportRow, StoreError, Workbench};
use jiff::tz::TimeZone;

use super::practice::{PRACTICES, Practice, set_ups};
use super::visit::{Step, Visit};
use crate::practice_file::LocationFile;

const DAYS: i64 = 90;
const DAY: i64 = 86_400 * SECOND;
const TIME_TO_LIVE: i64 = 1_800 * SECOND;
/// Seconds that a step of a visit takes.
const PACE: std::ops::Range<i64> = 8..95;
/// Rows that share a commit.
const BATCH: usize = 2_000;

/// Of a thousand visitors of a day, how many come in each hour.
const HOURS: [u32; 24] = [6, 3, 2, 2, 3, 10, 28, 52, 78, 86, 80, 66, 62, 56, 52, 54, 58, 62, 64, 60, 52, 36, 20, 8];
/// Of a hundred visitors on an ordinary weekday, how many come on each day, Monday first.
const WEEKDAYS: [u32; 7] = [128, 108, 100, 102, 96, 74, 58];

/// Makes the practices and their past, as far as they are not there from an earlier run. Answers the sessions of each.
pub fn prepare(workbench: &mut Workbench, now: Timestamp, random: &mut Rng) -> Result<Vec<u64>, AdminError> {
    let known = workbench.catalog()?;
    for LocationFile { id, settings, setup } in set_ups() {
        if known.location(id.as_str()).is_none() {
            workbench.add_location(&id, &settings)?;
        }
        // Where appointments to come stand in the way of another set-up, the practice goes on with the one it has.
        workbench.apply_setup(&id, &settings, &setup, false)?;
    }
    PRACTICES.iter().map(|practice| Ok(catch_up(workbench, practice, now, random)?)).collect()
}

/// Puts the visits since the last one on the record, or those of ninety days.
fn catch_up(
    workbench: &mut Workbench,
    practice: &Practice,
    now: Timestamp,
    random: &mut Rng,
) -> Result<u64, StoreError> {
    let catalog = workbench.catalog()?;
    let Some(location) = catalog.location(practice.id) else { return Ok(0) };
    let everything = Window { start: Timestamp::MIN, end: None, status: None };
    let count = workbench.count(location, &everything)?;
    let mut since = now.plus_micros(-DAYS * DAY);
    workbench.sessions(location, &everything, count.saturating_sub(1), |last| {
        since = since.max(last.updated_at);
        true
    })?;
    let mut rows: Vec<ImportRow> = visits(practice, since, now, random)
        .into_iter()
        .filter_map(|visit| session(visit, now))
        .map(|session| ImportRow { location: location_id(practice), session })
        .collect();
    rows.sort_by_key(|row| row.session.updated_at);
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<ImportRow> = rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return workbench.count(location, &everything);
        }
        workbench.import(&catalog, batch, false)?;
    }
}

fn location_id(practice: &Practice) -> LocationId {
    LocationId::parse(practice.id).expect("cannot fail: the ids of the demo are plain")
}

/// The visits between two moments, with the rhythm of the practice's days and weeks.
fn visits(practice: &Practice, since: Timestamp, until: Timestamp, random: &mut Rng) -> Vec<Visit> {
    const STEP: i64 = 3_600 * SECOND;
    let zone = TimeZone::get(practice.time_zone).unwrap_or(TimeZone::UTC);
    let mut visits = Vec::new();
    let mut hour = since;
    while hour < until {
        let share = HOURS[usize::from(hour_of_day(hour, &zone))] * WEEKDAYS[usize::from(weekday(hour, &zone))];
        let length = STEP.min(until.as_micros() - hour.as_micros());
        // How many come in this hour, to a thousandth of a visitor; the fraction comes or does not.
        let thousandths =
            u64::from(practice.visitors_a_day) * u64::from(share) * length.unsigned_abs() / (100 * STEP.unsigned_abs());
        let count = thousandths / 1000 + u64::from(random.u64(0..1000) < thousandths % 1000);
        for _ in 0..count {
            let began = hour.plus_micros(random.i64(0..length));
            visits.push(Visit::make_up(practice, began, PACE, random));
        }
        hour = hour.plus_micros(length);
    }
    visits
}

fn hour_of_day(at: Timestamp, zone: &TimeZone) -> u8 {
    local(at, zone).map_or(0, |local| local.hour().unsigned_abs())
}

fn weekday(at: Timestamp, zone: &TimeZone) -> u8 {
    local(at, zone).map_or(0, |local| local.weekday().to_monday_zero_offset().unsigned_abs())
}

fn local(at: Timestamp, zone: &TimeZone) -> Option<jiff::civil::DateTime> {
    let instant = jiff::Timestamp::from_microsecond(at.as_micros()).ok()?;
    Some(zone.to_datetime(instant))
}

/// What is on the record of a visit at `now`; none when the visit has not begun.
fn session(visit: Visit, now: Timestamp) -> Option<Session> {
    let Visit { session: id, began, start, steps } = visit;
    if began > now {
        return None;
    }
    let mut session = Session {
        id,
        state: State::Active { expires_at: began.plus_micros(TIME_TO_LIVE) },
        stage: Stage::Started,
        client_type: None,
        referral: start.referral,
        created_at: began,
        updated_at: began,
        last_activity_at: Some(began),
    };
    let mut at = began;
    for (pause, step) in steps {
        at = at.plus_micros(pause);
        if at > now {
            break;
        }
        session.updated_at = at;
        if let Step::TakeOver(remote) = step {
            if let State::Completed { remote_appointment_id, .. } = &mut session.state {
                *remote_appointment_id = Some(remote);
            }
            continue;
        }
        session.last_activity_at = Some(at);
        session.stage = match step {
            Step::Reach(stage) => stage,
            Step::Identify(client_type) => {
                session.client_type = Some(client_type);
                Stage::AppointmentTypeSelection
            }
            Step::Book(appointment_id) => {
                session.state = State::Completed { appointment_id, remote_appointment_id: None };
                Stage::Completed
            }
            Step::TakeOver(_) => session.stage,
        };
    }
    if let State::Active { .. } = session.state {
        let expiry = session.updated_at.plus_micros(TIME_TO_LIVE);
        if expiry <= now {
            session.state = State::Abandoned;
            session.updated_at = expiry;
        }
    }
    Some(session)
}

#[cfg(test)]
mod tests {
    use frontdesk_domain::Timestamp;
    use frontdesk_domain::session::{Stage, Status};
    use frontdesk_domain::time::SECOND;

    use super::{DAY, PRACTICES, session, visits};

    #[test]
    fn the_past_looks_like_a_practice() {
        let now = Timestamp::from_micros(1_790_000_000 * SECOND);
        let mut random = fastrand::Rng::with_seed(1);
        for practice in &PRACTICES {
            let made = visits(practice, now.plus_micros(-90 * DAY), now, &mut random);
            let expected = f64::from(practice.visitors_a_day) * 90.0;
            assert!((0.8..1.2).contains(&(made.len() as f64 / expected)), "{} visits to {}", made.len(), practice.id);
            let sessions: Vec<_> = made.into_iter().filter_map(|visit| session(visit, now)).collect();
            let share = |count: usize| count as f64 / sessions.len() as f64;
            let of = |status| share(sessions.iter().filter(|session| session.state.status() == status).count());
            assert!((0.2..0.7).contains(&of(Status::Completed)) && of(Status::Active) < 0.02, "{}", practice.id);
            for stage in Stage::ALL {
                assert!(sessions.iter().any(|session| session.stage == *stage), "nobody ended at {stage:?}");
            }
            assert!(
                sessions.iter().all(|session| session.created_at <= session.updated_at && session.updated_at <= now)
            );
        }
    }
}
