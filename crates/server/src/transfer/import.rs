//! An import: lines in, batches into the record, what is refused into a file beside.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use frontdesk_store::{Catalog, ImportCounts, ImportRow, ImportVerdict, StoreError, Workbench};

use super::csv::{CsvParser, write_value};
use super::lines::{Line, Lines};
use super::ndjson::Object;
use super::{FileFormat, keys, progress, row};

/// Lines that share a commit beside a running server: few enough that its writers and pollers hardly wait.
const BATCH_BESIDE_A_SERVER: usize = 1_000;
/// Lines that share a commit when nobody waits.
const BATCH_ALONE: usize = 20_000;
/// The most bytes of the lines that share a commit: a file of long lines must not fill the memory either.
const MOST_BATCH_BYTES: usize = 16 << 20;
/// Left to a running server between two commits.
const BREATH: Duration = Duration::from_millis(5);

/// What to import, and how.
#[derive(Debug)]
pub struct ImportOptions<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its form.
    pub format: FileFormat,
    /// Whether what changes gets new ticks instead of the file's `updated_at`.
    pub touch: bool,
}

/// What became of a file.
#[derive(Debug)]
pub struct ImportSummary {
    /// How many rows met which fate.
    pub counts: ImportCounts,
    /// Where the refused rows are, when there are any.
    pub rejected: Option<PathBuf>,
}

/// Why an import ended early. What was committed until then stays; the same file can be imported again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, #[source] io::Error),
    /// The header is not one.
    #[error("{0}: {1}; it takes these columns, in any order: {keys}", keys = keys().collect::<Vec<_>>().join(","))]
    Header(PathBuf, String),
    /// The file of refused rows cannot be written.
    #[error("cannot write {0}: {1}")]
    Rejected(PathBuf, #[source] io::Error),
    /// The record cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports a file.
pub fn import(workbench: &mut Workbench, options: &ImportOptions<'_>) -> Result<ImportSummary, ImportError> {
    let unreadable = |cause| ImportError::Read(options.path.to_owned(), cause);
    let file = File::open(options.path).map_err(unreadable)?;
    let bar = progress::over_bytes(file.metadata().map_err(unreadable)?.len());
    let mut lines = Lines::new(BufReader::with_capacity(256 * 1024, file));
    let mut parser = RowParser::new(options.format, &mut lines)
        .map_err(unreadable)?
        .map_err(|wrong| ImportError::Header(options.path.to_owned(), wrong))?;
    workbench.prepare_for_bulk()?;
    let mut import = Import {
        catalog: workbench.catalog()?,
        counts: ImportCounts::default(),
        rejects: Rejects::new(options.path)?,
        batch: Batch::default(),
    };
    while let Some(line) = lines.next().map_err(unreadable)? {
        let Some(parsed) = parser.parse(&line) else { continue };
        import.batch.push(&line, parsed);
        let served = import.batch.lines.len() == BATCH_BESIDE_A_SERVER && workbench.is_served();
        if served || import.batch.is_full() {
            import.commit(workbench, options.touch)?;
            let counts = import.counts;
            bar.set_position(lines.bytes_read());
            bar.set_message(format!("{} rows", counts.added + counts.updated + counts.unchanged + counts.rejected));
            if served {
                std::thread::sleep(BREATH);
            }
        }
    }
    import.commit(workbench, options.touch)?;
    bar.finish_and_clear();
    Ok(ImportSummary { counts: import.counts, rejected: import.rejects.finish()? })
}

/// Lines that wait for their commit, with what is needed to refuse them in their order.
#[derive(Default)]
struct Batch {
    rows: Vec<ImportRow>,
    lines: Vec<WaitingLine>,
    texts: Vec<u8>,
}

/// A line of a batch.
struct WaitingLine {
    number: u64,
    /// Where its text ends in the batch's texts.
    end: usize,
    /// Why it is no row, when it is none.
    wrong: Option<String>,
}

impl Batch {
    fn push(&mut self, line: &Line<'_>, parsed: Result<ImportRow, String>) {
        let wrong = match parsed {
            Ok(row) => {
                self.rows.push(row);
                None
            }
            Err(wrong) => Some(wrong),
        };
        self.texts.extend_from_slice(line.bytes);
        self.lines.push(WaitingLine { number: line.number, end: self.texts.len(), wrong });
    }

    fn is_full(&self) -> bool {
        self.lines.len() == BATCH_ALONE || self.texts.len() >= MOST_BATCH_BYTES
    }
}

struct Import {
    catalog: Catalog,
    counts: ImportCounts,
    rejects: Rejects,
    batch: Batch,
}

impl Import {
    fn commit(&mut self, workbench: &mut Workbench, touch: bool) -> Result<(), ImportError> {
        let Batch { rows, lines, texts } = std::mem::take(&mut self.batch);
        let mut verdicts = workbench.import(&self.catalog, rows, touch)?.into_iter();
        let mut start = 0;
        for WaitingLine { number, end, wrong } in lines {
            let text = &texts[start..end];
            start = end;
            let reason = match &wrong {
                Some(wrong) => Some(wrong.as_str()),
                None => verdicts.next().and_then(|verdict| self.count(verdict)),
            };
            if let Some(reason) = reason {
                self.counts.rejected += 1;
                self.rejects.write(number, reason, text)?;
            }
        }
        Ok(())
    }

    /// Counts what the record did with a row; answers why it refused it, when it did.
    fn count(&mut self, verdict: ImportVerdict) -> Option<&'static str> {
        let count = match verdict {
            ImportVerdict::Added => &mut self.counts.added,
            ImportVerdict::Updated => &mut self.counts.updated,
            ImportVerdict::Unchanged => &mut self.counts.unchanged,
            ImportVerdict::NoSuchLocation => return Some("there is no such location"),
            ImportVerdict::InTheFuture => return Some("updated_at or last_activity_at lies in the future"),
        };
        *count += 1;
        None
    }
}

/// The file of refused rows, made with the first of them.
struct Rejects {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Rejects {
    /// Nothing is refused yet: what an earlier import of this file left is removed.
    fn new(imported: &Path) -> Result<Self, ImportError> {
        let mut path = imported.as_os_str().to_owned();
        path.push(".rejected");
        let path = PathBuf::from(path);
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(ImportError::Rejected(path, cause)),
            _ => Ok(Self { path, file: None }),
        }
    }

    fn write(&mut self, number: u64, reason: &str, text: &[u8]) -> Result<(), ImportError> {
        let unwritable = |cause| ImportError::Rejected(self.path.clone(), cause);
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let mut file = BufWriter::new(File::create_new(&self.path).map_err(unwritable)?);
                file.write_all(b"line,reason,row\n").map_err(unwritable)?;
                none.insert(file)
            }
        };
        let mut row = format!("{number},").into_bytes();
        write_value(&mut row, reason);
        row.push(b',');
        write_value(&mut row, &String::from_utf8_lossy(text));
        row.push(b'\n');
        file.write_all(&row).map_err(unwritable)
    }

    fn finish(self) -> Result<Option<PathBuf>, ImportError> {
        let Some(mut file) = self.file else { return Ok(None) };
        file.flush().map_err(|cause| ImportError::Rejected(self.path.clone(), cause))?;
        Ok(Some(self.path))
    }
}

/// Makes rows of lines.
enum RowParser {
    Csv(Box<CsvParser>),
    Ndjson,
}

impl RowParser {
    /// Reads the header, where the form has one.
    fn new(format: FileFormat, lines: &mut Lines<impl BufRead>) -> io::Result<Result<Self, String>> {
        if format == FileFormat::Ndjson {
            return Ok(Ok(Self::Ndjson));
        }
        Ok(match lines.next()? {
            Some(line) => CsvParser::new(line.bytes).map(|parser| Self::Csv(Box::new(parser))),
            None => Err("the file is empty".to_owned()),
        })
    }

    /// The row of a line; none for an empty one.
    fn parse(&mut self, line: &Line<'_>) -> Option<Result<ImportRow, String>> {
        if line.bytes.trim_ascii().is_empty() {
            return None;
        }
        if line.too_long {
            return Some(Err("the line is too long".to_owned()));
        }
        Some(match self {
            Self::Csv(parser) => parser.fields(line.bytes).and_then(|fields| row::parse(&fields)),
            Self::Ndjson => Object::parse(line.bytes).and_then(|object| row::parse(&object.fields())),
        })
    }
}

/// Parses every line of a file in memory; for the fuzzer.
#[cfg(fuzzing)]
pub fn parse_all(format: FileFormat, file: &[u8]) -> Vec<Result<ImportRow, String>> {
    let mut lines = Lines::new(file);
    let mut rows = Vec::new();
    if let Ok(Ok(mut parser)) = RowParser::new(format, &mut lines) {
        while let Ok(Some(line)) = lines.next() {
            rows.extend(parser.parse(&line));
        }
    }
    rows
}
