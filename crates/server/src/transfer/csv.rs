//! CSV (RFC 4180), a record a line: no value of the wire shape has a line break in it, so a stray quote spoils one line
//! and not the rest of the file.

use csv_core::{ReadRecordResult, Reader};

use super::row::Fields;
use super::{KEYS, index_of, keys};

/// Reads records of a file whose header said which column is which.
pub struct CsvParser {
    records: Records,
    /// For each column, the key that it holds.
    columns: Vec<usize>,
}

impl CsvParser {
    /// Reads the header.
    pub fn new(header: &[u8]) -> Result<Self, String> {
        let mut records = Records::new();
        let mut columns = Vec::new();
        let count = records.split(header)?;
        for index in 0..count {
            let name = records.field(index)?.trim();
            let key = index_of(name)
                .ok_or_else(|| format!("the header has a column {name:?}, which is no key of a session"))?;
            if columns.contains(&key) {
                return Err(format!("the header has the column {name} twice"));
            }
            columns.push(key);
        }
        match keys().enumerate().find(|(key, _)| !columns.contains(key)) {
            Some((_, name)) => Err(format!("the header has no column {name}")),
            None => Ok(Self { records, columns }),
        }
    }

    /// Splits a line into the texts of its row.
    pub fn fields(&mut self, line: &[u8]) -> Result<Fields<'_>, String> {
        let count = self.records.split(line)?;
        if count != self.columns.len() {
            return Err(format!("the row has {count} values, the header has {}", self.columns.len()));
        }
        let mut fields = [None; KEYS];
        for (index, key) in self.columns.iter().enumerate() {
            fields[*key] = Some(self.records.field(index)?).filter(|value| !value.is_empty());
        }
        Ok(fields)
    }
}

/// The values of one line.
struct Records {
    reader: Reader,
    values: Vec<u8>,
    ends: Vec<usize>,
}

impl Records {
    /// The most columns that are told apart; a line with more has the wrong number in any case.
    const MOST_COLUMNS: usize = 64;

    fn new() -> Self {
        Self { reader: Reader::new(), values: Vec::new(), ends: vec![0; Self::MOST_COLUMNS] }
    }

    /// Splits a line; answers how many values it has.
    fn split(&mut self, line: &[u8]) -> Result<usize, String> {
        self.reader.reset();
        self.values.resize(line.len() + 1, 0);
        let (result, read, written, ends) = self.reader.read_record(line, &mut self.values, &mut self.ends);
        let (result, ends) = match result {
            ReadRecordResult::InputEmpty => {
                // The end of the line, at which an open quote shows.
                let (result, _, _, more) =
                    self.reader.read_record(b"\n", &mut self.values[written..], &mut self.ends[ends..]);
                (result, ends + more)
            }
            // Only a carriage return in the middle of a line ends a record before the line does.
            ReadRecordResult::Record if read < line.len() => return Err("the row has a line break in it".to_owned()),
            other => (other, ends),
        };
        match result {
            ReadRecordResult::Record => Ok(ends),
            ReadRecordResult::End if line.is_empty() => Ok(0),
            ReadRecordResult::OutputEndsFull => Err("the row has too many values".to_owned()),
            _ => Err("a quote is not closed".to_owned()),
        }
    }

    fn field(&self, index: usize) -> Result<&str, String> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        std::str::from_utf8(&self.values[start..self.ends[index]]).map_err(|_| "the row is not UTF-8".to_owned())
    }
}

/// Appends a value, quoted where it has to be.
pub fn write_value(out: &mut Vec<u8>, value: &str) {
    if value.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.push(b'"');
        for byte in value.bytes() {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
    } else {
        out.extend_from_slice(value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{Records, write_value};

    fn split(line: &str) -> Result<Vec<String>, String> {
        let mut records = Records::new();
        let count = records.split(line.as_bytes())?;
        (0..count).map(|index| records.field(index).map(str::to_owned)).collect()
    }

    #[test]
    fn lines_are_split_as_the_standard_says() {
        assert_eq!(split("a,,\"b,\"\"c\"\"\","), Ok(["a", "", "b,\"c\"", ""].map(str::to_owned).to_vec()));
        assert_eq!(split("a,\"b"), Err("a quote is not closed".to_owned()));
        assert_eq!(split("a\rb"), Err("the row has a line break in it".to_owned()));
        assert_eq!(split(&",".repeat(100)), Err("the row has too many values".to_owned()));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for value in ["", "plain", "a,b", "say \"miau\"", "\u{732b}"] {
            let mut line = b"x,".to_vec();
            write_value(&mut line, value);
            let text = String::from_utf8(line).expect("it is UTF-8");
            assert_eq!(split(&text), Ok(vec!["x".to_owned(), value.to_owned()]));
        }
    }
}
