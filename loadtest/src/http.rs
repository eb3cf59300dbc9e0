//! A lean HTTP/1.1 client: one connection, kept alive, one request at a time. What it costs
//! is taken from the server under test, so it does nothing more than that.

use std::borrow::Cow;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A request that has not been sent yet. `path` begins with `/`.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    pub(crate) key: Option<String>,
    /// The version that an edit builds on.
    pub(crate) if_match: Option<i64>,
    /// The tag of what is known already.
    pub(crate) if_none_match: Option<String>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Ask {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { method, path, token: None, key: None, if_match: None, if_none_match: None, body: None }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { body: Some(body.to_string().into_bytes()), ..Self::new(Method::POST, path) }
    }

    /// Whoever holds this token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        Self { token: Some(format!("Bearer {token}")), ..self }
    }

    /// With this idempotency key.
    pub(crate) fn keyed(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    /// Its headers, names and values.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let version = self.if_match.map(|version| ("if-match", Cow::Owned(format!("\"{version}\""))));
        let json = self.body.as_ref().map(|_| ("content-type", Cow::Borrowed("application/json")));
        [
            text("authorization", self.token.as_deref()),
            text("idempotency-key", self.key.as_deref()),
            text("if-none-match", self.if_none_match.as_deref()),
            version,
            json,
        ]
        .into_iter()
        .flatten()
    }

    fn request(&self, authority: &str) -> Result<Request<Full<Bytes>>, Trouble> {
        let mut request = Request::builder().method(&self.method).uri(&self.path).header(HOST, authority);
        for (name, value) in self.headers() {
            request = request.header(name, value.as_ref());
        }
        let body = self.body.as_deref().map(Bytes::copy_from_slice).unwrap_or_default();
        request.body(Full::new(body)).map_err(|e| Trouble(format!("{} {}: {e}", self.method, self.path)))
    }
}

fn text<'a>(name: &'static str, value: Option<&'a str>) -> Option<(&'static str, Cow<'a, str>)> {
    value.map(|value| (name, Cow::Borrowed(value)))
}

/// What came back, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header, if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there was no reply: whether the request had an effect is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble(pub(crate) String);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One connection to one server; made at the first request, and again when it was closed.
#[derive(Debug)]
pub(crate) struct Connection {
    authority: String,
    patience: Duration,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// To `host:port`; no request takes longer than `patience`.
    pub(crate) fn new(authority: &str, patience: Duration) -> Self {
        Self { authority: authority.to_owned(), patience, open: None }
    }

    /// Sends a request and reads the reply to its end.
    pub(crate) async fn send(&mut self, ask: &Ask) -> Result<Reply, Trouble> {
        match timeout(self.patience, self.exchange(ask)).await {
            Ok(done) => done,
            Err(_) => {
                // Whatever still comes would be taken for the answer to the next request.
                self.open = None;
                Err(Trouble(format!("{} {}: no reply in time", ask.method, ask.path)))
            }
        }
    }

    async fn exchange(&mut self, ask: &Ask) -> Result<Reply, Trouble> {
        let told = |e: hyper::Error| Trouble(format!("{} {}: {e}", ask.method, ask.path));
        let mut sender = self.ready().await?;
        let reply = sender.send_request(ask.request(&self.authority)?).await.map_err(told)?;
        let (head, body) = reply.into_parts();
        let body = body.collect().await.map_err(told)?.to_bytes();
        self.open = Some(sender);
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// The connection that is open, if the server has not closed it meanwhile, or a new one.
    async fn ready(&mut self) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        if let Some(mut sender) = self.open.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let cannot = |e: &dyn std::fmt::Display| Trouble(format!("cannot reach {}: {e}", self.authority));
        let stream = TcpStream::connect(&self.authority).await.map_err(|e| cannot(&e))?;
        stream.set_nodelay(true).map_err(|e| cannot(&e))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|e| cannot(&e))?;
        // It ends with the sender, or when the server closes.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}
