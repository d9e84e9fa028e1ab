//! Puts load on a server in a closed loop, measures processes from outside, and prints the table of what was measured.

mod book;
mod client;
mod compare;
mod drive;
mod histogram;
mod layout;
mod list;
mod process;
mod processors;
mod records;
mod table;
mod targets;
mod visit;

use bench_support::Fallible;
use bench_support::options::Options;

use crate::drive::Plan;
use crate::list::{ListLoad, Requests};
use crate::processors::Processes;
use crate::records::Record;

const USAGE: &str = "\
load run L1|L2|L3|W1|O1|P1|B1 --address ADDRESS --process ID --server NAME [--token TOKEN] [--round N] [--records FILE]
         [--seconds N] [--warm-up N] [--connections N] [--pages N] [--sessions-each N]
         [--patience N] [--database-process ID]
load compare --address ADDRESS --with ADDRESS --token TOKEN [--with-token TOKEN] [--pages N] [--requests N]
load prepare --address ADDRESS --token TOKEN
load memory PROCESS --server NAME [--round N] [--records FILE]
load start --address ADDRESS --token TOKEN --server NAME [--round N] [--records FILE] -- COMMAND
load watch --server NAME [--round N] [--records FILE] -- COMMAND
load table RECORDS --sessions N --large N [--engine embedded|postgres]";

fn main() -> Fallible<()> {
    let options = Options::from_arguments()?;
    // One thread: the generator shares the processors with the server that it measures.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match (options.word(0), options.word(1)) {
        (Some("run"), Some(load)) => runtime.block_on(run(load, &options)),
        (Some("compare"), None) => runtime.block_on(compare::run(&options)),
        (Some("prepare"), None) => runtime.block_on(book::prepare(&options)),
        (Some("memory"), Some(process)) => process::memory(process, &options),
        (Some("start"), None) => runtime.block_on(process::start(&options)),
        (Some("watch"), None) => process::watch(&options),
        (Some("table"), Some(file)) => table::print(&records::read(file)?, &options),
        _ => Err(USAGE.into()),
    }
}

async fn run(load: &str, options: &Options) -> Fallible<()> {
    let (writes, books) = (load == "W1", book::connections(load));
    let plan = Plan {
        address: options.required("address")?,
        processes: Processes { server: options.required("process")?, database: options.optional("database-process")? },
        connections: options.or("connections", books.unwrap_or(if writes { 32 } else { 64 }))?,
        warm_up: options.or("warm-up", 0.5)?,
        seconds: options.or("seconds", 4.0)?,
    };
    // The same round asks every server for the same, and every round for something else.
    let seed = 1_000 * options.or("round", 1)?;
    processors::wait_for_quiet(&plan.processes, options.or("patience", 0.0)?)?;
    let measured = if writes {
        let visitors = visit::arrive(&plan, options.or("sessions-each", 40)?, seed).await?;
        drive::run(&plan, visitors).await?
    } else if books.is_some() {
        book::run(load, &plan, options, seed).await?
    } else {
        let load = ListLoad::named(load, options.or("pages", list::PAGES)?)?;
        let token: String = options.required("token")?;
        let sources = (1..=plan.connections).map(|number| Requests::new(load, &token, seed + number)).collect();
        drive::run(&plan, sources).await?
    };
    let record = Record::of_load(load, options, &plan, &measured)?;
    println!("{record}");
    if let Some(failure) = &measured.failure {
        println!("  the first failure: {failure}");
    }
    record.keep(options)
}
