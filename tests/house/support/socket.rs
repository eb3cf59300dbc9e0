//! A client of the socket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{DEADLINE, must_be_described};

/// An open socket. Dropped, its connection breaks off as if the client had died. What comes on any but the
/// classic one must be described.
pub struct Socket {
    line: WebSocketStream<MaybeTlsStream<TcpStream>>,
    is_classic: bool,
}

impl Socket {
    /// Opens it and says nothing.
    pub async fn open(url: &str) -> Self {
        Self::open_from(url, None).await.expect("a socket")
    }

    /// Opens it as a page of this origin.
    pub async fn open_from(url: &str, origin: Option<&str>) -> Result<Self, tungstenite::Error> {
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let is_classic = !url.ends_with("/api/v1/ws");
        connect_async(request).await.map(|(line, _)| Self { line, is_classic })
    }

    /// Opens it and says hello to a contest; `more` adds `auth`, `streams`, `resume`.
    pub async fn hello(url: &str, contest: &str, more: Value) -> Self {
        let mut hello = json!({"type": "hello", "protocol": 1, "contest": contest});
        for (key, value) in more.as_object().unwrap() {
            hello[key] = value.clone();
        }
        let mut socket = Self::open(url).await;
        socket.say(&hello.to_string()).await;
        socket
    }

    /// Says hello with hardly any room for what comes; whoever does not read it, stalls.
    pub async fn narrow(url: &str, contest: &str) -> Self {
        let request = url.into_client_request().unwrap();
        let address = request.uri().authority().unwrap().as_str().parse().unwrap();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = MaybeTlsStream::Plain(socket.connect(address).await.unwrap());
        let (line, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        let mut socket = Self { line, is_classic: false };
        socket.say(&json!({"type": "hello", "protocol": 1, "contest": contest}).to_string()).await;
        socket
    }

    pub async fn say(&mut self, text: &str) {
        self.line.send(Message::text(text)).await.expect("an open socket");
    }

    /// Says this again and again, faster than anybody may, until the server has had enough.
    pub async fn rattle(&mut self, text: &str) {
        for _ in 0..60 {
            if self.line.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    }

    /// The next frame; `None` when the server has closed. Fails when nothing comes.
    pub async fn next(&mut self) -> Option<Value> {
        self.next_within(DEADLINE).await.expect("a frame in time")
    }

    /// The next frame; `Err` when nothing comes in this time. However long a test takes, pings are answered
    /// and passed by.
    pub async fn next_within(
        &mut self,
        limit: Duration,
    ) -> Result<Option<Value>, tokio::time::error::Elapsed> {
        tokio::time::timeout(limit, async {
            loop {
                let frame = self.hear().await?;
                if frame["type"] != "ping" {
                    return Some(frame);
                }
                // Whoever has closed meanwhile has said why: that comes next.
                self.line.send(Message::text(r#"{"type":"pong"}"#)).await.ok();
            }
        })
        .await
    }

    /// The next frame, also when it is a ping; nothing is answered.
    pub async fn next_or_ping(&mut self) -> Option<Value> {
        tokio::time::timeout(DEADLINE, self.hear()).await.expect("a frame in time")
    }

    async fn hear(&mut self) -> Option<Value> {
        loop {
            match self.line.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame = serde_json::from_str(&text).expect("JSON");
                    if !self.is_classic {
                        must_be_described(&frame);
                    }
                    return Some(frame);
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame of this type; others are passed by.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("closed before a {kind}"));
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The server must say goodbye for this reason, and close.
    pub async fn must_end(&mut self, code: &str) {
        let bye = self.next_of("bye").await;
        assert_eq!(bye["code"], code, "{bye}");
        assert!(self.next().await.is_none());
    }
}
