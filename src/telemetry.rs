//! Logs: one line for each request, with its id and without its query or any secret.

use std::io::IsTerminal;
use std::time::Instant;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Method};
use rocket::{Data, Orbit, Request, Response, Rocket};
use tracing_subscriber::EnvFilter;

use crate::db::Db;
use crate::trace::Trace;

/// Begins to log, before anything else does: JSON when `LOG_FORMAT=json`, level by `RUST_LOG`.
pub fn begin(default_level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let begun = if std::env::var("LOG_FORMAT").is_ok_and(|f| f == "json") {
        log.json().try_init()
    } else {
        log.with_target(false).try_init()
    };
    // A second server in one process (tests) keeps the first one's log.
    drop(begun);
}

/// Stamps each request with its id and arrival, logs and measures it, and secures the reply.
#[derive(Debug)]
pub struct Requests;

/// Nothing on our pages is inline, foreign or framed.
const CSP: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// The API explorer is a vendored page with inline styles.
const CSP_DOCS: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
    script-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

#[rocket::async_trait]
impl Fairing for Requests {
    fn info(&self) -> Info {
        Info { name: "request log", kind: Kind::Liftoff | Kind::Request | Kind::Response }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let Some(db) = rocket.state::<Db>() {
            db.meters().begin_requests(rocket);
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        Trace::of(request);
        request.local_cache(Instant::now);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let trace = Trace::of(request);
        let took = request.local_cache(Instant::now).elapsed();
        let status = response.status().code;
        if let Some(db) = request.rocket().state::<Db>() {
            db.meters().answered(request, status, took);
        }
        let route = request.route().map_or_else(String::new, |r| r.uri.to_string());
        let route = route.split('?').next().unwrap_or_default();
        tracing::info!(
            request_id = trace.request_id,
            method = %request.method(),
            path = trace.path,
            route,
            status,
            took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "request"
        );
        secure(request, response, &trace);
    }
}

fn secure(request: &Request<'_>, response: &mut Response<'_>, trace: &Trace) {
    response.set_header(Header::new("X-Request-Id", trace.request_id.clone()));
    response.set_header(Header::new("X-Content-Type-Options", "nosniff"));
    response.set_header(Header::new("Referrer-Policy", "no-referrer"));
    response.set_header(Header::new("Cross-Origin-Opener-Policy", "same-origin"));
    response.set_header(Header::new("Cross-Origin-Resource-Policy", "same-origin"));
    let csp = if trace.path.starts_with("/docs") { CSP_DOCS } else { CSP };
    response.set_header(Header::new("Content-Security-Policy", csp));
    // What is written may answer with a token that is shown once.
    if request.headers().contains("Authorization") || request.method() != Method::Get {
        response.set_header(Header::new("Cache-Control", "no-store"));
    }
}
