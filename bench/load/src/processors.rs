//! What a load cost in processor time: the server's own share, and what strangers took of the machine meanwhile.

use std::time::{Duration, Instant};

use bench_support::Fallible;

/// The share of the machine that strangers may use before a load counts as disturbed.
pub const DISTURBED: f64 = 0.15;

/// How long the machine is watched to see whether it is quiet.
const LOOK: Duration = Duration::from_millis(300);
/// Microseconds of a tick, the unit of /proc (`USER_HZ`, which Linux shows as 100 everywhere).
const TICK_MICROS: u64 = 10_000;

/// Processor time used so far, in ticks.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// By everyone, the hypervisor's other guests included.
    machine: u64,
    /// By everyone or nobody.
    all: u64,
    /// By the server.
    server: u64,
    /// By this process.
    own: u64,
}

/// What happened between two readings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Microseconds that the server used.
    pub server_micros: f64,
    /// The share of the machine, 0 to 1, that neither the server nor this process used.
    pub strangers: f64,
}

impl Reading {
    /// Reads the counters now; `server` is a process id.
    ///
    /// # Errors
    /// There is no such process.
    pub fn now(server: &str) -> Fallible<Self> {
        let stat = std::fs::read_to_string("/proc/stat")?;
        let line = stat.lines().next().ok_or("/proc/stat is empty")?;
        // user nice system idle iowait irq softirq steal; the guest times after them are contained in the first two.
        let times: Vec<u64> = line.split_whitespace().skip(1).take(8).map(str::parse).collect::<Result<_, _>>()?;
        let [_, _, _, idle, waiting, ..] = times[..] else { return Err("/proc/stat has a strange first line".into()) };
        let all = times.iter().sum::<u64>();
        Ok(Self { machine: all - idle - waiting, all, server: used_by(server)?, own: used_by("self")? })
    }

    /// What was used since an earlier reading.
    pub fn since(self, earlier: Self) -> Usage {
        let server = self.server - earlier.server;
        let known = server + self.own - earlier.own;
        let strangers = (self.machine - earlier.machine).saturating_sub(known);
        let all = (self.all - earlier.all).max(1);
        Usage { server_micros: (server * TICK_MICROS) as f64, strangers: strangers as f64 / all as f64 }
    }
}

/// Waits until the machine is quiet, but no longer than so many seconds.
///
/// # Errors
/// There is no such process.
pub fn wait_for_quiet(server: &str, seconds: f64) -> Fallible<()> {
    let began = Instant::now();
    while began.elapsed().as_secs_f64() < seconds {
        let before = Reading::now(server)?;
        std::thread::sleep(LOOK);
        if Reading::now(server)?.since(before).strangers < DISTURBED {
            break;
        }
    }
    Ok(())
}

/// The ticks that a process used, in user mode and in the kernel.
fn used_by(process: &str) -> Fallible<u64> {
    let path = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    // The second field, the program's name in parentheses, may hold spaces; user and system time are fields 14 and 15.
    let times = text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
    let times = times.ok_or_else(|| format!("{path} has a strange form"))?;
    Ok(times.map(str::parse::<u64>).sum::<Result<u64, _>>()?)
}
