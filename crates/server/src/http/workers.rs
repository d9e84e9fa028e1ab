//! The threads that serve connections: one for each processor, each with a runtime of its own.
//!
//! A connection stays with the worker that it was given to. Nothing is stolen and nobody is woken across threads for it,
//! which costs a request more than the database does; a worker that waits for the disk keeps its own connections
//! waiting and no others.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The workers; dropping them ends their threads.
pub struct Workers(Vec<Worker>);

struct Worker {
    runtime: Handle,
    /// Connections that it has.
    connections: Arc<AtomicUsize>,
    /// Dropped to end it.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// Starts as many as there are processors.
    ///
    /// # Errors
    /// When the system gives no thread, or no way to wait for events.
    pub fn start() -> io::Result<Self> {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        (0..count).map(Worker::start).collect::<io::Result<_>>().map(Self)
    }

    /// Gives a connection to the worker that has the fewest.
    pub fn serve(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let Some(worker) = self.0.iter().min_by_key(|worker| worker.connections.load(Ordering::Relaxed)) else {
            return;
        };
        let held = Held::of(&worker.connections);
        worker.runtime.spawn(async move {
            connection.await;
            drop(held);
        });
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let handle = runtime.handle().clone();
        let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
            // An error means that the sender was dropped, which is how it is told.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { runtime: handle, connections: Arc::default(), stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the worker has been printed already; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// Counts a connection for as long as it lives.
struct Held(Arc<AtomicUsize>);

impl Held {
    fn of(connections: &Arc<AtomicUsize>) -> Self {
        connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connections))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
