//! The door to the sockets.

use std::sync::Arc;

use rocket::State;
use rocket::get;
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use rocket_ws::WebSocket;

use super::errand::{Desk, Runner};
use super::hub::{Hub, Seat};
use super::session;
use super::upgrade::Upgrade;
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::limits::guards::{Asking, Counted};
use crate::request::refuse;

/// Proof that no foreign page opens this socket: browsers let any page try, and only the
/// server can refuse.
#[derive(Debug, Clone, Copy)]
pub struct KnownOrigin(());

#[rocket::async_trait]
impl<'r> FromRequest<'r> for KnownOrigin {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        let allowed = request.rocket().state::<Hub>().map_or(&[][..], |hub| &hub.settings().allowed_origins);
        let (origin, host) = (request.headers().get_one("Origin"), request.headers().get_one("Host"));
        if is_known(origin, host, allowed) {
            Outcome::Success(Self(()))
        } else {
            refuse(request, Refusal::NotAllowed.because("pages of this origin may not open sockets here"))
        }
    }
}

/// Programs send no origin; pages send theirs, which must be this host or be listed.
fn is_known(origin: Option<&str>, host: Option<&str>, allowed: &[String]) -> bool {
    let Some(origin) = origin else { return true };
    let ours = origin.split_once("://").map(|(_, rest)| rest);
    ours.is_some_and(|ours| host.is_some_and(|host| host.eq_ignore_ascii_case(ours)))
        || allowed.iter().any(|known| known.eq_ignore_ascii_case(origin))
}

/// A place among the sockets of this instance.
#[derive(Debug)]
pub struct Admitted(pub Hub, pub Seat);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admitted {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        let Some(hub) = request.rocket().state::<Hub>() else {
            return refuse(request, Error::Bug("no hub is managed".to_owned()));
        };
        let address = match request.guard::<Counted>().await {
            Outcome::Success(Counted(address)) => address,
            _ => None,
        };
        match hub.admit(address) {
            Ok(seat) => Outcome::Success(Self(hub.clone(), seat)),
            Err(error) => refuse(request, error),
        }
    }
}

/// Opens a socket: the live board, the contest's state, a team's own events. The first
/// frame is the client's hello; the frames are described in docs/API.md.
#[utoipa::path(tag = "realtime", context_path = "/api/v1",
    responses((status = 101, description = "JSON text frames follow, the client's hello first")))]
#[get("/ws")]
#[allow(clippy::needless_pass_by_value, reason = "guards are handed over by value")]
pub fn open_socket(
    _db: Db,
    _origin: KnownOrigin,
    socket: WebSocket,
    admitted: Admitted,
    asking: Asking,
    runner: &State<Arc<dyn Runner>>,
    shutdown: rocket::Shutdown,
) -> Upgrade {
    let (Admitted(hub, seat), desk) = (admitted, Desk::new(Arc::clone(runner), asking));
    Upgrade::new(socket, move |line| session::serve(line, hub, seat, desk, shutdown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_pages_are_refused() {
        let allowed = ["https://quiz.example".to_owned()];
        let known = |origin, host| is_known(origin, host, &allowed);
        assert!(known(None, Some("localhost:8000")));
        assert!(known(Some("http://localhost:8000"), Some("LOCALHOST:8000")));
        assert!(known(Some("https://localhost:8000"), Some("localhost:8000")));
        assert!(known(Some("https://quiz.example"), Some("localhost:8000")));
        assert!(!known(Some("https://evil.example"), Some("localhost:8000")));
        assert!(!known(Some("http://localhost:9000"), Some("localhost:8000")));
        assert!(!known(Some("null"), Some("null")));
        assert!(!known(Some("http://x"), None));
    }
}
