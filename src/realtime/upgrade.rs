//! From an HTTP request to a connection of our own.

use std::io;
use std::pin::Pin;

use futures_util::future::BoxFuture;
use rocket::data::{IoHandler, IoStream};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket_ws::WebSocket;

use super::socket::Line;

/// The answer to a handshake, and who serves the connection afterwards.
///
/// Rocket runs a handler inside the task of its request, which it keeps, with the request and
/// all that answering it took, for as long as the connection lasts: ten and more KiB for each
/// watcher. So the handler starts a task of its own and is done.
pub struct Upgrade {
    handshake: WebSocket,
    serve: Box<dyn FnOnce(Line) -> BoxFuture<'static, ()> + Send>,
}

impl std::fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upgrade").finish_non_exhaustive()
    }
}

impl Upgrade {
    /// Accepts the handshake; `serve` gets the connection.
    pub fn new<F>(handshake: WebSocket, serve: impl FnOnce(Line) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { handshake, serve: Box::new(|line| Box::pin(serve(line))) }
    }
}

impl<'r> Responder<'r, 'static> for Upgrade {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .raw_header("Sec-WebSocket-Version", "13")
            .raw_header("Sec-WebSocket-Accept", self.handshake.accept_key().to_owned())
            .upgrade("websocket", self)
            .ok()
    }
}

#[rocket::async_trait]
impl IoHandler for Upgrade {
    async fn io(self: Pin<Box<Self>>, io: IoStream) -> io::Result<()> {
        let serve = Pin::into_inner(self).serve;
        tokio::spawn(async move { serve(Line::new(io).await).await });
        Ok(())
    }
}
