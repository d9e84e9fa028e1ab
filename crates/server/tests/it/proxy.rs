//! A proxy between a server and its PostgreSQL, which can cut connections, let them stall, and take no new ones.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// They pass.
    Pass,
    /// They are taken and go no further; nobody is told.
    Stall,
    /// There are none: every connection is cut, and so is every new one.
    Refuse,
}

/// A proxy; it ends with the test.
pub struct Proxy {
    shared: Arc<Shared>,
    /// The URL of the database, through the proxy.
    pub url: String,
}

struct Shared {
    mode: AtomicU8,
    streams: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// In front of the database at `postgres://USER@HOST:PORT/NAME`.
    pub fn before(url: &str) -> Self {
        let (user, rest) = url.split_once('@').expect("a URL with a user");
        let (target, database) = rest.split_once('/').expect("a URL with a database");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { mode: AtomicU8::new(Mode::Pass as u8), streams: Mutex::default() });
        let (of_listener, target) = (Arc::clone(&shared), target.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&target) else { continue };
                if of_listener.is(Mode::Refuse) {
                    continue;
                }
                of_listener.pass(&client, &server);
                of_listener.pass(&server, &client);
            }
        });
        Self { shared, url: format!("{user}@{address}/{database}") }
    }

    /// From now on it goes like this.
    pub fn set(&self, mode: Mode) {
        self.shared.mode.store(mode as u8, Ordering::SeqCst);
        if mode == Mode::Refuse {
            self.cut();
        }
    }

    /// Cuts every connection that there is.
    pub fn cut(&self) {
        for stream in self.shared.streams.lock().expect("nobody panicked").drain(..) {
            // Its other end may have closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn is(&self, mode: Mode) -> bool {
        self.mode.load(Ordering::SeqCst) == mode as u8
    }

    /// Passes what comes from one end on to the other, until either closes.
    fn pass(self: &Arc<Self>, from: &TcpStream, to: &TcpStream) {
        let (mut from, mut to) = (from.try_clone().expect("a handle"), to.try_clone().expect("a handle"));
        to.set_nodelay(true).expect("an option");
        self.streams.lock().expect("nobody panicked").push(from.try_clone().expect("a handle"));
        let shared = Arc::clone(self);
        thread::spawn(move || {
            let mut bytes = [0; 16 << 10];
            while let Ok(count) = from.read(&mut bytes)
                && count > 0
            {
                while shared.is(Mode::Stall) {
                    thread::sleep(Duration::from_millis(2));
                }
                if to.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            // Each end hears of the other's.
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}
