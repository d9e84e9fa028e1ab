//! An HTTP connection that stays open, with nothing between the test and the wire: what breaks is seen as broken.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use frontdesk_domain::Timestamp;

use crate::support::Answer;

/// A connection to a server; or to several, of which each request goes to another than the one before.
pub struct Connection {
    streams: Vec<BufReader<TcpStream>>,
    turn: usize,
}

impl Connection {
    /// Connects to `127.0.0.1:PORT`.
    pub fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_write_timeout(Some(Duration::from_secs(60)))?;
        Ok(stream.into())
    }

    /// Connects to each of these.
    pub fn to_each<'a>(addresses: impl IntoIterator<Item = &'a str>) -> io::Result<Self> {
        let mut streams = Vec::new();
        for address in addresses {
            streams.append(&mut Self::open(address)?.streams);
        }
        Ok(Self { streams, turn: 0 })
    }

    fn stream(&mut self) -> &mut BufReader<TcpStream> {
        let turn = self.turn % self.streams.len();
        &mut self.streams[turn]
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream().get_mut().write_all(bytes)
    }

    /// Sends a request and waits for its answer.
    pub fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> io::Result<Answer> {
        self.turn += 1;
        self.send(request(method, target, headers, body).as_bytes())?;
        self.receive()
    }

    /// Reads an answer to its end.
    pub fn receive(&mut self) -> io::Result<Answer> {
        let mut answer = self.receive_head()?;
        let length = match answer.header("content-length") {
            Some(length) => length.parse().map_err(|_| broken(length))?,
            None if matches!(answer.status, 100 | 204) => 0,
            None => return Err(broken("no content-length")),
        };
        let mut body = vec![0; length];
        self.stream().read_exact(&mut body)?;
        answer.body = String::from_utf8(body).map_err(|_| broken("a body that is not UTF-8"))?;
        Ok(answer)
    }

    /// Reads the head of an answer, which of one to a HEAD is all there is.
    pub fn receive_head(&mut self) -> io::Result<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status: u16 = status.ok_or_else(|| broken(&line))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").ok_or_else(|| broken(&line))?;
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Ok(Answer { status, headers, body: String::new() })
    }

    /// Whether the server closes the connection without another byte.
    pub fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        match self.stream().read(&mut byte) {
            Ok(count) => count == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream().read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl From<TcpStream> for Connection {
    fn from(stream: TcpStream) -> Self {
        Self { streams: vec![BufReader::new(stream)], turn: 0 }
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

/// A request as it goes over the wire.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: Option<&str>) -> String {
    let mut request = format!("{method} {target} HTTP/1.1\r\nHost: frontdesk\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    if let Some(body) = body {
        request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    } else {
        request += "\r\n";
    }
    request
}

/// The machine's time, as a client reads it.
#[expect(clippy::disallowed_methods, reason = "a client has a clock of its own")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    Timestamp::from_micros(i64::try_from(since.as_micros()).expect("it is before the year 294247"))
}

/// How long ago that was.
pub fn since(then: Timestamp) -> Duration {
    Duration::from_micros((now().as_micros() - then.as_micros()).unsigned_abs())
}
