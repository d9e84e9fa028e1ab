//! Makes the CSV of booking sessions that the benchmarks run on: the same seed and size give the same file.

mod rhythm;
mod session;

use std::io::{BufWriter, Write as _};

use bench_support::Fallible;
use bench_support::instant::{DATA_DAYS, DATA_END, DAY, Instant};
use bench_support::options::Options;
use bench_support::random::Random;

use crate::rhythm::Visit;
use crate::session::Writer;

const HEADER: &str = "id,status,stage,client_type,appointment_id,remote_appointment_id,referral_source,\
                      referral_campaign,referral_medium,created_at,updated_at,last_activity_at,location_id\n";

fn main() -> Fallible<()> {
    let options = Options::from_arguments()?;
    let sessions: u64 = options.or("sessions", 1_000_000)?;
    let end: Instant = options.or("end", DATA_END)?;
    let mut random = Random::new(options.or("seed", 1)?);
    let output: String = options.required("output")?;

    let file = std::fs::File::create(&output).map_err(|error| format!("{output}: {error}"))?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    file.write_all(HEADER.as_bytes())?;

    let start = Instant(end.0 - DATA_DAYS * DAY);
    let mut writer = Writer::new(start, end);
    let mut day_of_visits: Vec<Visit> = Vec::new();
    let mut visits_so_far = 0;
    for (day, count) in rhythm::per_day(start, sessions).into_iter().enumerate() {
        let midnight = Instant(start.0 + day as u64 * DAY);
        day_of_visits.clear();
        for _ in 0..count {
            day_of_visits.push(rhythm::visit(midnight, visits_so_far, &mut random));
            visits_so_far += 1;
        }
        day_of_visits.sort_unstable_by_key(|visit| visit.created_at);
        for visit in &day_of_visits {
            file.write_all(writer.row(visit, &mut random)?.as_bytes())?;
        }
    }
    file.flush()?;
    Ok(())
}
