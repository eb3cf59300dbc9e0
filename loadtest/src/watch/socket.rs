//! The connection of one watcher: it says hello, answers pings, and comes back when it is sent
//! away.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Counts;
use super::view::{Frame, View};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a connection may take until the board is there.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a watcher needs to come back.
#[derive(Debug, Clone)]
pub(super) struct Watcher {
    pub(super) url: Arc<str>,
    pub(super) contest: Arc<str>,
    pub(super) view: Arc<Mutex<View>>,
    pub(super) counts: Arc<Counts>,
}

impl Watcher {
    /// Connects and waits for the first board.
    pub(super) async fn begin(&self) -> Result<Socket, String> {
        let connected = timeout(PATIENCE, async {
            let mut socket = self.hello().await?;
            while self.view().board_seq.is_none() {
                self.next(&mut socket).await.map_err(|end| format!("a watcher got no board: {end:?}"))?;
            }
            Ok(socket)
        });
        connected.await.map_err(|_| "a watcher got no board in time".to_owned())?
    }

    /// Watches until it is aborted.
    pub(super) async fn watch(self, mut socket: Socket) {
        loop {
            let wait = match self.next(&mut socket).await {
                Ok(()) => continue,
                Err(End::Bye { code, wait }) => {
                    self.counts.bye(&code);
                    wait
                }
                Err(End::Broken(why)) => {
                    self.counts.bye(&why);
                    Duration::from_millis(500)
                }
            };
            drop(socket);
            socket = loop {
                tokio::time::sleep(wait).await;
                self.counts.reconnects.fetch_add(1, Ordering::Relaxed);
                match timeout(PATIENCE, self.hello()).await {
                    Ok(Ok(socket)) => break socket,
                    Ok(Err(why)) => self.counts.bye(&why),
                    Err(_) => self.counts.bye("no reply to hello in time"),
                }
            };
        }
    }

    fn view(&self) -> std::sync::MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hello(&self) -> Result<Socket, String> {
        let (mut socket, _) = connect_async(&*self.url).await.map_err(|e| format!("no socket: {e}"))?;
        let mut hello = json!({
            "type": "hello", "protocol": 1, "contest": &*self.contest, "streams": ["board", "contest"],
        });
        let had = {
            let view = self.view();
            view.board_seq.map(|board| (view.highest, board))
        };
        if let Some((seq, board)) = had {
            hello["resume"] = json!({"seq": seq, "board": board});
        }
        socket.send(Message::text(hello.to_string())).await.map_err(|e| format!("no hello: {e}"))?;
        Ok(socket)
    }

    /// Takes the next frame.
    async fn next(&self, socket: &mut Socket) -> Result<(), End> {
        let message = match socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_))) | None => return Err(End::Broken("closed without a bye".to_owned())),
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err(End::Broken(error.to_string())),
        };
        let at = Instant::now();
        self.counts.frames.fetch_add(1, Ordering::Relaxed);
        self.counts.bytes.fetch_add(message.len() as u64, Ordering::Relaxed);
        let frame: Frame = serde_json::from_str(&message)
            .map_err(|e| End::Broken(format!("a frame that cannot be read: {e}")))?;
        match frame.kind.as_str() {
            "ping" => {
                let pong: Value = json!({"type": "pong"});
                socket.send(Message::text(pong.to_string())).await.map_err(|e| End::Broken(e.to_string()))
            }
            "bye" => Err(End::Bye {
                code: frame.code.unwrap_or_default(),
                wait: Duration::from_millis(frame.reconnect_after_ms.unwrap_or(2000)),
            }),
            _ => {
                self.view().take(frame, at);
                Ok(())
            }
        }
    }
}

/// Why a connection is over.
#[derive(Debug)]
enum End {
    /// The server said so.
    Bye { code: String, wait: Duration },
    /// It broke off.
    Broken(String),
}
