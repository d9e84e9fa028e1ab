//! Differences as they are printed.

use std::io::{IsTerminal, Write};

use crate::cli::{CliError, output};
use crate::practice_file::{Difference, Sign};

/// Prints every difference: aligned, and in colour on a terminal.
pub fn show(differences: &[Difference]) -> Result<(), CliError> {
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let mut output = output::stdout();
    for difference in differences.iter().filter(|difference| !difference.is_empty()) {
        let sign = if difference.is_new { Sign::Added } else { Sign::Changed };
        output::written(writeln!(output, "{}", coloured(sign, difference.location.as_str(), colours)))?;
        let widest = difference.changes.iter().map(|change| change.path.chars().count()).max().unwrap_or(0);
        for change in &difference.changes {
            let line = format!("{:widest$}  {}", change.path, change.words);
            output::written(writeln!(output, "  {}", coloured(change.sign, &line, colours)))?;
        }
        output::written(writeln!(output))?;
    }
    output::finish(output)
}

fn coloured(sign: Sign, line: &str, colours: bool) -> String {
    let colour = match sign {
        Sign::Added => 32,
        Sign::Changed => 33,
        Sign::Removed => 31,
    };
    let sign = sign.as_char();
    if colours { format!("\u{1b}[{colour}m{sign}\u{1b}[0m {line}") } else { format!("{sign} {line}") }
}

/// "2 locations added, 1 changed."; nothing when nothing changes.
pub fn summary(differences: &[Difference]) -> Option<String> {
    let added = differences.iter().filter(|difference| difference.is_new).count();
    let changed = differences.iter().filter(|difference| !difference.is_new && !difference.is_empty()).count();
    let locations = |count: usize| if count == 1 { "1 location".to_owned() } else { format!("{count} locations") };
    match (added, changed) {
        (0, 0) => None,
        (added, 0) => Some(format!("{} added.", locations(added))),
        (0, changed) => Some(format!("{} changed.", locations(changed))),
        (added, changed) => Some(format!("{} added, {changed} changed.", locations(added))),
    }
}
