//! Sessions written to a file, in the form in which an import reads them.

use std::io::{self, Write};

use frontdesk_domain::TimestampWriter;
use frontdesk_domain::session::{ClientType, SessionView};

use super::csv::write_value;
use super::{FileFormat, LOCATION_KEY};
use crate::wire::{SESSION_KEYS, SessionJson, write_string};

/// Writes sessions as rows.
pub struct SessionWriter<W> {
    output: W,
    format: FileFormat,
    row: Vec<u8>,
    json: SessionJson,
    times: TimestampWriter,
}

impl<W: Write> SessionWriter<W> {
    /// Begins a file.
    pub fn new(mut output: W, format: FileFormat) -> io::Result<Self> {
        if format == FileFormat::Csv {
            writeln!(output, "{},{LOCATION_KEY}", SESSION_KEYS.join(","))?;
        }
        let (json, times) = (SessionJson::default(), TimestampWriter::default());
        Ok(Self { output, format, row: Vec::with_capacity(512), json, times })
    }

    /// Writes a session of a location.
    pub fn write(&mut self, location: &str, session: &SessionView<'_>) -> io::Result<()> {
        self.row.clear();
        match self.format {
            FileFormat::Csv => self.csv(location, session),
            FileFormat::Ndjson => {
                self.row.push(b'{');
                self.json.write_members(&mut self.row, session);
                self.row.extend_from_slice(b",\"location_id\":");
                write_string(&mut self.row, location);
                self.row.push(b'}');
            }
        }
        self.row.push(b'\n');
        self.output.write_all(&self.row)
    }

    fn csv(&mut self, location: &str, session: &SessionView<'_>) {
        let texts = [
            Some(session.id),
            Some(session.status.as_str()),
            Some(session.stage.as_str()),
            session.client_type.map(ClientType::as_str),
            session.appointment_id,
            session.remote_appointment_id,
            session.referral_source,
            session.referral_campaign,
            session.referral_medium,
        ];
        for text in texts {
            write_value(&mut self.row, text.unwrap_or_default());
            self.row.push(b',');
        }
        for instant in [Some(session.created_at), Some(session.updated_at), session.last_activity_at] {
            if let Some(instant) = instant {
                self.times.write(&mut self.row, instant);
            }
            self.row.push(b',');
        }
        write_value(&mut self.row, location);
    }

    /// Writes out what is buffered and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}
