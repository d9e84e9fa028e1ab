//! Standard output: buffered, and without a panic when whoever reads it goes.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};

use super::CliError;

/// Buffered standard output; call [`finish`] at the end.
pub fn stdout() -> BufWriter<Stdout> {
    BufWriter::with_capacity(64 * 1024, io::stdout())
}

/// Tells a reader that has gone from an output that cannot be written.
pub fn written<T>(result: io::Result<T>) -> Result<T, CliError> {
    result.map_err(|cause| match cause.kind() {
        io::ErrorKind::BrokenPipe => CliError::ReaderGone,
        _ => CliError::new(format!("cannot write to standard output: {cause}")),
    })
}

/// Writes out what is buffered.
pub fn finish(mut output: impl Write) -> Result<(), CliError> {
    written(output.flush())
}

/// Prints one line.
pub fn line(text: &str) -> Result<(), CliError> {
    let mut output = stdout();
    written(writeln!(output, "{text}"))?;
    finish(output)
}

/// Says something beside the output, on standard error; nobody who stopped listening there is worth an error.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// An operator's file is not overwritten.
pub fn refuse_to_overwrite(path: &Path) -> Result<(), CliError> {
    match path.exists() {
        true => Err(CliError::new(format!("{} exists already; choose another name", path.display()))),
        false => Ok(()),
    }
}

/// A table without lines, for a terminal and for `grep`; numbers in the columns `right` are right-aligned.
pub fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    right: &[usize],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A number with its thousands apart: 1,234,567.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_stand_apart() {
        let grouped = [0, 999, 1000, 1_234_567].map(thousands);
        assert_eq!(grouped, ["0", "999", "1,000", "1,234,567"]);
    }
}
