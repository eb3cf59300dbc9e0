//! Stopping without anybody losing a request: first it is said, then listening ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Request, Response};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Whether this instance is about to stop; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Drain(Arc<AtomicBool>);

impl Drain {
    /// From now on `/readyz` says so.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Closes connections after their next reply: whoever keeps one open would find it closed in the
/// middle of a request when listening ends.
#[rocket::async_trait]
impl Fairing for Drain {
    fn info(&self) -> Info {
        Info { name: "drain", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        if self.has_begun() && response.status().code != 101 {
            response.set_raw_header("Connection", "close");
        }
    }
}

/// SIGTERM and Ctrl-C.
#[derive(Debug)]
pub struct Signals(Signal, Signal);

impl Signals {
    /// From now on they do not end the process by themselves.
    ///
    /// # Errors
    /// Those of the system.
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }

    /// Waits to be told to stop. Then requests are still taken for a while, so that a proxy can
    /// notice, unless one is told again: whoever does that is in a hurry.
    pub async fn stop(mut self, drain: Drain, pause: Duration, shutdown: rocket::Shutdown) {
        self.next().await;
        drain.begin();
        tracing::info!(drain_ms = pause.as_millis(), "stopping: not ready any more");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.next() => {}
        }
        tracing::info!("stopping: requests under way are finished, sockets are told");
        shutdown.notify();
    }
}
