//! Who asked what, and when it reached this process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rocket::request::Request;

/// Who asked what, and when it reached this process.
#[derive(Debug)]
pub struct Trace {
    /// From `X-Request-Id`, or made here.
    pub request_id: String,
    /// The path that was asked for, without its query.
    pub path: String,
    arrived: Option<Instant>,
}

impl Trace {
    /// For work that no request waits for.
    #[must_use]
    pub fn background() -> Self {
        Self { request_id: "background".to_owned(), path: String::new(), arrived: None }
    }

    /// For something that was said over a connection that is open already.
    pub fn said(path: &str, arrived: Instant) -> Self {
        Self { request_id: request_id(None), path: path.to_owned(), arrived: Some(arrived) }
    }

    /// The trace of a request; the same one however often it is asked for.
    pub fn of(request: &Request<'_>) -> Arc<Self> {
        Arc::clone(request.local_cache(|| {
            Arc::new(Self {
                request_id: request_id(request.headers().get_one("X-Request-Id")),
                path: request.uri().path().to_string(),
                arrived: Some(Instant::now()),
            })
        }))
    }

    /// How long the request has been in this process.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.arrived.map_or(Duration::ZERO, |at| at.elapsed())
    }
}

/// A caller's id is kept when it is short and plain, so that it cannot forge log lines.
fn request_id(sent: Option<&str>) -> String {
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    sent.filter(plain).map_or_else(|| format!("{:016x}", rand::random::<u64>()), ToOwned::to_owned)
}
