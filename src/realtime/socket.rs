//! One connection: sends with a time limit, receives with a rate limit, and knows whether
//! the other side is alive.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rocket::data::IoStream;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, FrameHeader};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error as WsError, Message};

use super::frames::{Bye, ByeCode};

/// How long the other side may take for what is sent, however little that is.
const SEND_LIMIT: Duration = Duration::from_secs(5);

/// And how much longer for each piece of it: some seconds for the board of a large hall.
const PIECE_LIMIT: Duration = Duration::from_secs(1);

/// How long a goodbye may take; whoever is slow has waited long enough.
const BYE_LIMIT: Duration = Duration::from_millis(500);

/// How often the other side is asked whether it is there.
pub const PING: Duration = Duration::from_secs(15);

/// How many answers may be missing.
const MISSES: u32 = 2;

/// Frames that a client may send in a second.
const INBOUND: u32 = 10;

/// How long a client may take is counted by the piece, so that a slow one can still be sent a
/// large board.
const PIECE: usize = 64 * 1024;

/// The limits of a connection; the library's own are 64 MiB and none at all. Clients say
/// little, and what we say does not pass through its buffers.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(16 * 1024))
        .max_frame_size(Some(16 * 1024))
        .read_buffer_size(512)
        .write_buffer_size(0)
        .max_write_buffer_size(64 * 1024)
}

/// Adds a text as it goes over the wire. What a server sends is not masked, so that the same
/// bytes serve every client.
pub fn push_frame(frames: &mut Vec<u8>, text: &str) {
    let header = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
    frames.reserve(header.len(text.len() as u64) + text.len());
    // Writing to memory cannot fail.
    drop(header.format(text.len() as u64, frames));
    frames.extend_from_slice(text.as_bytes());
}

/// Why a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The other side has gone.
    Gone,
    /// We say why, and close.
    Bye(Bye),
}

impl From<Bye> for End {
    fn from(bye: Bye) -> Self {
        Self::Bye(bye)
    }
}

impl From<ByeCode> for End {
    fn from(code: ByeCode) -> Self {
        Self::Bye(code.into())
    }
}

impl From<std::io::Error> for End {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

impl From<WsError> for End {
    fn from(error: WsError) -> Self {
        match error {
            WsError::WriteBufferFull(_) => ByeCode::Slow.into(),
            WsError::Capacity(_) => Bye::because(ByeCode::SlowDown, "a message is too large").into(),
            _ => Self::Gone,
        }
    }
}

/// Counts what comes in, second by second.
#[derive(Debug)]
struct Inbound {
    since: Instant,
    count: u32,
}

impl Inbound {
    fn count(&mut self, now: Instant) -> Result<(), End> {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.count) = (now, 0);
        }
        self.count += 1;
        if self.count > INBOUND {
            return Err(Bye::because(ByeCode::SlowDown, format!("at most {INBOUND} frames a second")).into());
        }
        Ok(())
    }
}

/// One connection.
pub struct Line {
    stream: WebSocketStream<IoStream>,
    inbound: Inbound,
    unanswered: u32,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("inbound", &self.inbound).finish_non_exhaustive()
    }
}

/// Lets so many bytes take their time and no longer, whatever is taken of them meanwhile.
async fn limited<T, E>(bytes: usize, sending: impl Future<Output = Result<T, E>>) -> Result<T, End>
where
    End: From<E>,
{
    let pieces = u32::try_from(bytes / PIECE).unwrap_or(u32::MAX);
    match timeout(SEND_LIMIT + PIECE_LIMIT.saturating_mul(pieces), sending).await {
        Ok(sent) => Ok(sent?),
        Err(_) => Err(Bye::because(ByeCode::Slow, "a frame could not be sent in time").into()),
    }
}

impl Line {
    /// Takes a connection over whose handshake is done.
    pub async fn new(stream: IoStream) -> Self {
        let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits())).await;
        Self { stream, inbound: Inbound { since: Instant::now(), count: 0 }, unanswered: 0 }
    }

    /// Sends whole frames, made by [`push_frame`]. They go straight to the connection, past
    /// the library that reads from it: thousands of clients are sent the same bytes, and none
    /// of them needs a copy. Must be awaited to its end, or the line is no good any more.
    ///
    /// # Errors
    /// `slow`, or the other side has gone.
    pub async fn send(&mut self, frames: &[u8]) -> Result<(), End> {
        if frames.is_empty() {
            return Ok(());
        }
        limited(frames.len(), async {
            // An answer of the library's to a ping must be out before, not in between.
            self.stream.flush().await?;
            let io = self.stream.get_mut();
            io.write_all(frames).await?;
            Ok::<_, End>(io.flush().await?)
        })
        .await
    }

    /// Sends one text.
    ///
    /// # Errors
    /// As [`Line::send`].
    pub async fn say(&mut self, text: &str) -> Result<(), End> {
        let mut frame = Vec::new();
        push_frame(&mut frame, text);
        self.send(&frame).await
    }

    /// Waits for the next text; everything else is counted and passed over. Can be dropped
    /// while it waits.
    ///
    /// # Errors
    /// The other side has gone or sends too much.
    pub async fn next(&mut self) -> Result<String, End> {
        loop {
            let message = self.stream.next().await.ok_or(End::Gone)??;
            self.inbound.count(Instant::now())?;
            self.unanswered = 0;
            match message {
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(_) => return Err(End::Gone),
                _ => {}
            }
        }
    }

    /// To be called before each ping: whoever has not answered the last two is dead.
    ///
    /// # Errors
    /// The other side has gone.
    pub fn must_live(&mut self) -> Result<(), End> {
        if self.unanswered >= MISSES {
            return Err(End::Gone);
        }
        self.unanswered += 1;
        Ok(())
    }

    /// A ping that the other side's library answers, for clients that say nothing.
    ///
    /// # Errors
    /// As [`Line::send`].
    pub async fn ping(&mut self) -> Result<(), End> {
        limited(0, self.stream.send(Message::Ping(Bytes::new()))).await
    }

    /// Says why and closes. A failure changes nothing: the connection is over.
    pub async fn close(mut self, end: End) {
        let End::Bye(bye) = end else {
            let _ = timeout(BYE_LIMIT, self.stream.close(None)).await;
            return;
        };
        let code = match bye.code {
            ByeCode::Drain => CloseCode::Away,
            ByeCode::Slow | ByeCode::Busy => CloseCode::Again,
            _ => CloseCode::Policy,
        };
        let frame = CloseFrame { code, reason: bye.code.as_str().into() };
        let _ = timeout(BYE_LIMIT, async {
            self.stream.send(Message::text(bye.text())).await?;
            self.stream.close(Some(frame)).await?;
            // Until the other side has closed too: a reset could overtake the goodbye.
            while let Some(Ok(_)) = self.stream.next().await {}
            Ok::<_, WsError>(())
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    /// A client that takes a byte every four seconds is always about to take the next one.
    #[tokio::test(start_paused = true)]
    async fn whoever_takes_what_is_sent_by_drops_is_slow() {
        let (mut near, mut far) = tokio::io::duplex(1);
        tokio::spawn(async move {
            while far.read_u8().await.is_ok() {
                tokio::time::sleep(SEND_LIMIT - PIECE_LIMIT).await;
            }
        });
        let began = Instant::now();
        let sent = limited(PIECE, near.write_all(&[0; PIECE])).await;
        assert!(matches!(sent, Err(End::Bye(bye)) if bye.code == ByeCode::Slow));
        assert_eq!(began.elapsed(), SEND_LIMIT + PIECE_LIMIT);
    }

    #[test]
    fn eleven_frames_in_a_second_are_one_too_many() {
        let start = Instant::now();
        let mut inbound = Inbound { since: start, count: 0 };
        for _ in 0..10 {
            inbound.count(start).unwrap();
        }
        assert!(matches!(inbound.count(start), Err(End::Bye(bye)) if bye.code == ByeCode::SlowDown));
        assert!(inbound.count(start + Duration::from_secs(1)).is_ok());
    }
}
