//! A keep-alive HTTP/1.1 connection that asks one thing after the other, and reads no more of an answer than it must.

use std::net::SocketAddr;

use bench_support::Fallible;
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection and what it received last.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer: its status and its body.
#[derive(Debug)]
pub struct Answer<'c> {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: &'c [u8],
    head: &'c [u8],
}

impl Answer<'_> {
    /// The value of a header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(self.head).ok()?;
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn connect(address: SocketAddr) -> Fallible<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: vec![0; 64 * 1024] })
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    /// The connection broke, or what came is not an HTTP/1.1 answer with a `Content-Length`.
    pub async fn ask(&mut self, request: &[u8]) -> Fallible<Answer<'_>> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let head = loop {
            filled += self.read_at(filled).await?;
            if let Some(end) = memmem::find(&self.received[..filled], b"\r\n\r\n") {
                break head_of(&self.received[..end])?;
            }
        };
        let end = head.bytes + head.body_bytes;
        while filled < end {
            filled += self.read_at(filled).await?;
        }
        if filled > end {
            return Err("more came than the answer".into());
        }
        let (answered, body) = self.received[..end].split_at(head.bytes);
        Ok(Answer { status: head.status, body, head: answered })
    }

    async fn read_at(&mut self, filled: usize) -> Fallible<usize> {
        if filled == self.received.len() {
            self.received.resize(2 * filled, 0);
        }
        match self.stream.read(&mut self.received[filled..]).await? {
            0 => Err("the server closed the connection before its answer ended".into()),
            count => Ok(count),
        }
    }
}

/// Reads an answer's head, given without the empty line that ends it.
fn head_of(head: &[u8]) -> Fallible<Head> {
    let wrong = || format!("not an HTTP/1.1 answer with a length: {}", String::from_utf8_lossy(head));
    let status = head.strip_prefix(b"HTTP/1.1 ").and_then(|rest| number(rest.get(..3)?)).ok_or_else(wrong)?;
    let body_bytes = lines(head).find_map(content_length).ok_or_else(wrong)?;
    let status = u16::try_from(status).map_err(|_| wrong())?;
    Ok(Head { status, bytes: head.len() + 4, body_bytes })
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'\n', head).map(|end| &head[end + 1..])
}

/// The length, when the line that begins here gives it.
fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    let end = memchr::memchr(b'\r', value).unwrap_or(value.len());
    number(value[..end].trim_ascii())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
