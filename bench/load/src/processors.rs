//! What a load cost in processor time: the server's own share, and what strangers took of the machine meanwhile.

use std::time::{Duration, Instant};

use bench_support::Fallible;

/// The share of the machine that strangers may use before a load counts as disturbed.
pub const DISTURBED: f64 = 0.15;

/// How long the machine is watched to see whether it is quiet.
const LOOK: Duration = Duration::from_millis(300);
/// Microseconds of a tick, the unit of /proc (`USER_HZ`, which Linux shows as 100 everywhere).
const TICK_MICROS: u64 = 10_000;

/// What is measured, by process ids.
#[derive(Debug, Clone)]
pub struct Processes {
    /// The server.
    pub server: String,
    /// The database that it asks, when that is a process with children of its own, as PostgreSQL is.
    pub database: Option<String>,
}

/// Processor time used so far, in ticks.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// By everyone, the hypervisor's other guests included.
    machine: u64,
    /// By everyone or nobody.
    all: u64,
    /// By the server.
    server: u64,
    /// By its database.
    database: u64,
    /// By this process.
    own: u64,
}

/// What happened between two readings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Microseconds that the server used.
    pub server_micros: f64,
    /// Microseconds that its database used.
    pub database_micros: f64,
    /// The share of the machine, 0 to 1, that neither these nor this process used.
    pub strangers: f64,
}

impl Reading {
    /// Reads the counters now.
    ///
    /// # Errors
    /// There is no such process.
    pub fn now(processes: &Processes) -> Fallible<Self> {
        let stat = std::fs::read_to_string("/proc/stat")?;
        let line = stat.lines().next().ok_or("/proc/stat is empty")?;
        // user nice system idle iowait irq softirq steal; the guest times after them are contained in the first two.
        let times: Vec<u64> = line.split_whitespace().skip(1).take(8).map(str::parse).collect::<Result<_, _>>()?;
        let [_, _, _, idle, waiting, ..] = times[..] else { return Err("/proc/stat has a strange first line".into()) };
        let all = times.iter().sum::<u64>();
        Ok(Self {
            machine: all - idle - waiting,
            all,
            server: Times::of(&processes.server)?.own,
            database: processes.database.as_deref().map_or(Ok(0), used_by_family)?,
            own: Times::of("self")?.own,
        })
    }

    /// What was used since an earlier reading.
    pub fn since(self, earlier: Self) -> Usage {
        let server = self.server - earlier.server;
        let database = self.database.saturating_sub(earlier.database);
        let known = server + database + self.own - earlier.own;
        let strangers = (self.machine - earlier.machine).saturating_sub(known);
        let all = (self.all - earlier.all).max(1);
        Usage {
            server_micros: (server * TICK_MICROS) as f64,
            database_micros: (database * TICK_MICROS) as f64,
            strangers: strangers as f64 / all as f64,
        }
    }
}

/// Waits until the machine is quiet, but no longer than so many seconds.
///
/// # Errors
/// There is no such process.
pub fn wait_for_quiet(processes: &Processes, seconds: f64) -> Fallible<()> {
    let began = Instant::now();
    while began.elapsed().as_secs_f64() < seconds {
        let before = Reading::now(processes)?;
        std::thread::sleep(LOOK);
        if Reading::now(processes)?.since(before).strangers < DISTURBED {
            break;
        }
    }
    Ok(())
}

/// What /proc says about a process, in ticks, user mode and kernel together.
struct Times {
    parent: String,
    own: u64,
    ended_children: u64,
}

impl Times {
    fn of(process: &str) -> Fallible<Self> {
        let path = format!("/proc/{process}/stat");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        Self::parse(&text).ok_or_else(|| format!("{path} has a strange form").into())
    }

    /// The second field, the program's name in parentheses, may hold spaces; the parent is field 4, the process's times are
    /// 14 and 15, those of its children that have ended 16 and 17.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let times = |first: usize| Some(ticks(fields.get(first)?)? + ticks(fields.get(first + 1)?)?);
        Some(Self { parent: (*fields.get(1)?).to_owned(), own: times(11)?, ended_children: times(13)? })
    }
}

fn ticks(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// Of a process and its children, whether they still run or have ended.
fn used_by_family(process: &str) -> Fallible<u64> {
    let head = Times::of(process)?;
    let mut used = head.own + head.ended_children;
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) else { continue };
        // One that has ended meanwhile is counted by its parent the next time.
        if let Ok(times) = Times::of(other)
            && times.parent == process
        {
            used += times.own;
        }
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_behind_a_name_with_spaces_and_parentheses() {
        let text = "42 (a (strange) name) S 7 42 42 0 -1 4194560 100 200 3 4 11 12 13 14 20 0 1 0 5 6 7";
        let times = Times::parse(text).expect("it has the form of proc(5)");
        assert_eq!((times.parent.as_str(), times.own, times.ended_children), ("7", 23, 27));
    }
}
