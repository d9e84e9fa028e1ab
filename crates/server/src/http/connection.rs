//! Connections: accepted, bounded in number and time, and ended gracefully. Where hyper itself answers a request that it
//! cannot read, with a status and no body, the failure body of the contract is put in.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Sleep;

use super::open_files;
use super::partner::failure;
use super::workers::Workers;
use crate::addresses::Peer;
use crate::limits::{MOST_HEADER_BYTES, MOST_HEADER_LINES, MOST_URL_BYTES};

/// Connections at once; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 8192;
/// Room for a head: somewhat more than is allowed, so that most of what is too large is refused with a reason.
const HEAD_BYTES: usize = 4 * (MOST_URL_BYTES + MOST_HEADER_BYTES);

/// How long a client may keep the server waiting.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a request's head to arrive, and for an idle connection to be used again.
    pub head: Duration,
    /// For a client to take some of what it asked for.
    pub write: Duration,
    /// For requests under way when the server is asked to end.
    pub grace: Duration,
}

/// Serves on `workers` until `stop` says so, then lets the requests under way end.
pub async fn serve(
    listener: TcpListener,
    workers: Workers,
    router: Router,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(open_files::make_room(MOST_CONNECTIONS)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeouts.head).max_buf_size(HEAD_BYTES);
    // A client that says nothing after its request may still listen: what it asked for is done, so it is told so.
    http.half_close(true);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            // An error means that whoever could say so is gone.
            _ = stop.wait_for(|stop| *stop) => break,
        };
        // Taken from this thread's runtime, so that the worker's can have it.
        let (stream, peer) = match accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer))) {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, as a rule: trying again at once would only burn the processor.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Without it small answers may wait for the client's acknowledgement; an answer is right either way.
        let _ = stream.set_nodelay(true);
        let (http, watcher) = (http.clone(), graceful.watcher());
        let service = TowerToHyperService::new(Caller { peer: Peer(peer.ip()), router: router.clone() });
        workers.serve(async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                let connection = http.serve_connection(TokioIo::new(Wire::new(stream, timeouts.write)), service);
                // How a connection ends is the client's affair; what broke on our side is logged where it broke.
                let _ = watcher.watch(connection).await;
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(timeouts.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// The server, as one connection reaches it: every request says whom it is from.
#[derive(Clone)]
struct Caller {
    peer: Peer,
    router: Router,
}

impl tower::Service<Request<Incoming>> for Caller {
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as tower::Service<Request<Incoming>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        tower::Service::<Request<Incoming>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

/// A client's connection: gives up on clients that do not read, and completes hyper's bare refusals.
struct Wire {
    stream: TcpStream,
    /// How long the client may take nothing.
    patience: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// A completed refusal, and how much of it is written.
    refusal: Option<(Vec<u8>, usize)>,
    /// Whether the client is still sending the first line of a request, which has the URL in it.
    in_first_line: bool,
}

impl Wire {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, patience, stalled: None, refusal: None, in_first_line: true }
    }

    fn write_some(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(written) => {
                self.stalled = None;
                Poll::Ready(written)
            }
            Poll::Pending => {
                let patience = self.patience;
                let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
                ready!(stalled.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        self.in_first_line &= !into.filled()[before..].contains(&b'\n');
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.refusal.is_none() {
            let in_first_line = std::mem::replace(&mut this.in_first_line, true);
            match completed_refusal(bytes, in_first_line) {
                Some(refusal) => this.refusal = Some((refusal, 0)),
                None => return this.write_some(context, bytes),
            }
        }
        while let Some((refusal, written)) = this.refusal.take() {
            if written == refusal.len() {
                break;
            }
            let result = this.write_some(context, &refusal[written..]);
            let more = match result {
                Poll::Ready(Ok(more)) => more,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    this.refusal = Some((refusal, written));
                    return Poll::Pending;
                }
            };
            this.refusal = Some((refusal, written + more));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The refusal that takes the place of hyper's own, which is a head of one of three statuses and nothing else. What comes
/// from our endpoints has the id of its request in its head and is left as it is, be it as short. The rest of a long answer
/// may begin with what looks like a head, because visitors choose some of its texts, but it never ends like one.
fn completed_refusal(bytes: &[u8], in_first_line: bool) -> Option<Vec<u8>> {
    let head = bytes.strip_prefix(b"HTTP/1.1 4")?.strip_suffix(b"\r\n\r\n")?;
    let has = |part: &[u8]| head.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    if !has(b"\r\ncontent-length: 0") || has(b"\r\nx-request-id: ") {
        return None;
    }
    // To hyper a head that is too large is one thing (431), whatever of it is.
    let (status, message) = match (head.get(..2)?, in_first_line) {
        (b"14", _) | (b"31", true) => ("414 URI Too Long", format!("The URL takes at most {MOST_URL_BYTES} bytes.")),
        (b"31", false) => (
            "400 Bad Request",
            format!("The headers take at most {MOST_HEADER_LINES} lines and {MOST_HEADER_BYTES} bytes in all."),
        ),
        (b"00", _) => ("400 Bad Request", "This is not an HTTP/1.1 request.".to_owned()),
        _ => return None,
    };
    let body = failure::body(&message);
    let mut refusal = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    refusal.extend_from_slice(&body);
    Some(refusal)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net;

    use super::*;

    /// What a client receives when the server writes `parts`, one after the other.
    fn received(parts: &[&[u8]]) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut client = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let client = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let mut wire = Wire::new(listener.accept().await.unwrap().0, Duration::from_secs(60));
            for part in parts {
                let written = std::future::poll_fn(|context| Pin::new(&mut wire).poll_write(context, part)).await;
                assert_eq!(written.unwrap(), part.len());
            }
            client
        });
        let mut received = String::new();
        client.read_to_string(&mut received).unwrap();
        received
    }

    #[test]
    fn a_bare_refusal_gets_its_body() {
        let bare = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let body = r#"{"success":false,"message":"This is not an HTTP/1.1 request."}"#;
        assert!(received(&[bare]).ends_with(body));
        assert!(received(&[b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", bare]).ends_with(body));
    }

    #[test]
    fn a_refusal_of_an_endpoint_of_ours_is_left_alone() {
        for head in [
            "HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nX-Request-Id: 1\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n",
        ] {
            assert_eq!(received(&[head.as_bytes()]), head);
        }
    }

    /// A long answer is written in parts, wherever the client's window ends.
    #[test]
    fn a_visitors_text_at_the_beginning_of_a_part_is_left_alone() {
        let parts: [&[u8]; 2] = [
            b"HTTP/1.1 200 OK\r\ncontent-length: 52\r\n\r\n{\"referral_source\":\"",
            b"HTTP/1.1 4 content-length: 0\"}",
        ];
        assert_eq!(received(&parts), String::from_utf8(parts.concat()).unwrap());
    }
}
