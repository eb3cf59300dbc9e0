//! One connection: sends with a time limit, receives with a rate limit, and knows whether
//! the other side is alive.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rocket_ws::frame::{CloseCode, CloseFrame, Frame};
use rocket_ws::result::Error as WsError;
use rocket_ws::stream::DuplexStream;
use rocket_ws::{Config, Message};
use tokio::time::{Instant, timeout};

use super::frames::{Bye, ByeCode};

/// How long one frame may take to go out.
const SEND_LIMIT: Duration = Duration::from_secs(5);

/// How long a goodbye may take; whoever is slow has waited long enough.
const BYE_LIMIT: Duration = Duration::from_millis(500);

/// How often the other side is asked whether it is there.
pub const PING: Duration = Duration::from_secs(15);

/// How many answers may be missing.
const MISSES: u32 = 2;

/// Frames that a client may send in a second.
const INBOUND: u32 = 10;

/// Longer frames go out in pieces, so that no connection keeps a buffer as large as the
/// largest board it was ever sent.
const PIECE: usize = 8 * 1024;

/// The limits of a connection; the library's own are 64 MiB and none at all.
#[must_use]
pub fn limits() -> Config {
    Config {
        max_message_size: Some(16 * 1024),
        max_frame_size: Some(16 * 1024),
        write_buffer_size: 2 * PIECE,
        max_write_buffer_size: 256 * 1024,
        ..Config::default()
    }
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
    stream: DuplexStream,
    inbound: Inbound,
    unanswered: u32,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("inbound", &self.inbound).finish_non_exhaustive()
    }
}

async fn limited(sending: impl Future<Output = Result<(), WsError>>) -> Result<(), End> {
    match timeout(SEND_LIMIT, sending).await {
        Ok(sent) => Ok(sent?),
        Err(_) => Err(Bye::because(ByeCode::Slow, "a frame could not be sent in time").into()),
    }
}

impl Line {
    /// Takes a connection over.
    #[must_use]
    pub fn new(stream: DuplexStream) -> Self {
        Self { stream, inbound: Inbound { since: Instant::now(), count: 0 }, unanswered: 0 }
    }

    /// Puts a frame into the buffer.
    ///
    /// # Errors
    /// `slow`, or the other side has gone.
    pub async fn put(&mut self, text: &str) -> Result<(), End> {
        if text.len() <= PIECE {
            return limited(self.stream.feed(Message::Text(text.to_owned()))).await;
        }
        // Opcodes of RFC 6455, 5.2: text, then continuation.
        let mut opcode = 1_u8;
        let mut pieces = text.as_bytes().chunks(PIECE).peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            let frame = Frame::message(piece.to_vec(), opcode.into(), last);
            limited(self.stream.send(Message::Frame(frame))).await?;
            opcode = 0;
        }
        Ok(())
    }

    /// Sends what is in the buffer.
    ///
    /// # Errors
    /// `slow`, or the other side has gone.
    pub async fn flush(&mut self) -> Result<(), End> {
        limited(self.stream.flush()).await
    }

    /// Sends one frame now.
    ///
    /// # Errors
    /// As [`Line::flush`].
    pub async fn send(&mut self, text: &str) -> Result<(), End> {
        self.put(text).await?;
        self.flush().await
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
                Message::Text(text) => return Ok(text),
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
    /// As [`Line::flush`].
    pub async fn ping(&mut self) -> Result<(), End> {
        limited(self.stream.send(Message::Ping(Vec::new()))).await
    }

    /// Says why and closes. A failure changes nothing: the connection is over.
    pub async fn close(mut self, end: End) {
        let End::Bye(bye) = end else {
            let _ = timeout(BYE_LIMIT, self.stream.close(None)).await;
            return;
        };
        let code = match bye.code {
            ByeCode::Drain => CloseCode::Away,
            ByeCode::Slow | ByeCode::Resync | ByeCode::Busy => CloseCode::Again,
            _ => CloseCode::Policy,
        };
        let frame = CloseFrame { code, reason: bye.code.as_str().into() };
        let _ = timeout(BYE_LIMIT, async {
            self.stream.send(Message::Text(bye.text())).await?;
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
    use super::*;

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
