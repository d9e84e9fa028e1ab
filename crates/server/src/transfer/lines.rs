//! Lines of a file, bounded in length: a broken file must not fill the memory.

use std::io::{self, BufRead};

/// The most bytes of a line; a row of the wire shape has less than 5,000.
const MOST_BYTES: usize = 64 * 1024;

/// What some systems put before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads lines into a buffer of its own.
pub struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
    read: u64,
}

/// A line without its end.
#[derive(Debug)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Its bytes; of a line that is too long, the beginning.
    pub bytes: &'a [u8],
    /// Whether it is longer than a line may be.
    pub too_long: bool,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `reader`.
    pub fn new(reader: R) -> Self {
        Self { reader, line: Vec::with_capacity(1024), number: 0, read: 0 }
    }

    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The next line, or none at the end.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (mut ended, mut too_long) = (false, false);
        while !ended {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                if self.line.is_empty() && !too_long {
                    return Ok(None);
                }
                break;
            }
            let end = memchr::memchr(b'\n', available);
            let part = &available[..end.unwrap_or(available.len())];
            let room = MOST_BYTES - self.line.len();
            too_long |= part.len() > room;
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            ended = end.is_some();
            let consumed = part.len() + usize::from(ended);
            self.read += consumed as u64;
            self.reader.consume(consumed);
        }
        self.number += 1;
        let bytes = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        let bytes = if self.number == 1 { bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes) } else { bytes };
        Ok(Some(Line { number: self.number, bytes, too_long }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::{Lines, MOST_BYTES};

    #[test]
    fn lines_end_as_any_system_ends_them_and_long_ones_are_cut() {
        let text = format!("a\r\n\nb\n{}\nlast", "x".repeat(MOST_BYTES + 1));
        let mut lines = Lines::new(BufReader::with_capacity(7, text.as_bytes()));
        let mut read = Vec::new();
        while let Some(line) = lines.next().expect("memory can be read") {
            read.push((line.number, line.bytes.len(), line.too_long));
        }
        assert_eq!(read, [(1, 1, false), (2, 0, false), (3, 1, false), (4, MOST_BYTES, true), (5, 4, false)]);
        assert_eq!(lines.bytes_read(), text.len() as u64);
    }
}
