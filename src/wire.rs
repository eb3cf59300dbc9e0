//! The wire to PostgreSQL, which notices when nobody is at the other end any more.
//!
//! A connection can be half open: the other host has gone, or hangs, and nobody says so. A
//! statement would wait for ever, and nothing may be put around a transaction to stop the
//! waiting: whether it was committed would be anybody's guess. So the guess is made here, where
//! the bytes are. When a question is open and not a byte has come for some time, the wire breaks
//! like any other that is cut: whoever waits hears that the connection was lost, COMMIT's special
//! case included, and the connection is never used again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long the other end may say nothing while a question is open; can be changed meanwhile.
#[derive(Debug, Clone)]
pub struct Patience(Arc<AtomicU64>);

impl Patience {
    /// So long.
    #[must_use]
    pub fn of(limit: Duration) -> Self {
        let patience = Self(Arc::default());
        patience.set(limit);
        patience
    }

    /// From now on.
    pub fn set(&self, limit: Duration) {
        self.0.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A stream of bytes that speaks PostgreSQL's protocol and ends when the other side is silent.
pub struct Wire<S> {
    stream: S,
    patience: Patience,
    sent: Messages,
    received: Messages,
    /// Questions that have no answer yet.
    open: u64,
    heard_at: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S> std::fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("open", &self.open).finish_non_exhaustive()
    }
}

impl<S> Wire<S> {
    /// Before the first byte.
    pub fn new(stream: S, patience: Patience) -> Self {
        Self {
            stream,
            patience,
            // The first message has no kind; nothing else is called 0.
            sent: Messages { head: [0; 5], have: 1, skip: 0 },
            received: Messages::default(),
            open: 0,
            heard_at: Instant::now(),
            alarm: None,
        }
    }

    /// Each of these is answered by "ready for query": the beginning, Sync, and a simple query.
    fn asked(&mut self, bytes: &[u8]) {
        let asked = self.sent.count(bytes, |kind| matches!(kind, 0 | b'S' | b'Q'));
        if self.open == 0 && asked > 0 {
            self.heard_at = Instant::now();
        }
        self.open += asked;
    }

    fn answered(&mut self, bytes: &[u8]) {
        let answered = self.received.count(bytes, |kind| kind == b'Z');
        self.open = self.open.saturating_sub(answered);
        self.heard_at = Instant::now();
    }

    /// Ready when a question has been open in silence for too long. One alarm serves many
    /// questions: when it rings too early, it is set anew.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.open > 0 {
            let limit = self.heard_at + self.patience.get();
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(limit)));
            // It may have been set in greater patience than there is now.
            if alarm.deadline() > limit {
                alarm.as_mut().reset(limit);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.alarm = None;
            if Instant::now() >= limit {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut wire.stream).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                wire.answered(&buffer.filled()[before..]);
                Poll::Ready(read)
            }
            Poll::Pending => wire.poll_silence(cx).map(|()| {
                tracing::warn!("the database has fallen silent; the connection is given up");
                Err(io::ErrorKind::TimedOut.into())
            }),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let written = Pin::new(&mut wire.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            wire.asked(&bytes[..count]);
        }
        // Who waits is woken by the alarm; the reader says what it means.
        if wire.poll_silence(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Tells messages apart: a kind, a length that includes itself, and so many bytes.
#[derive(Debug, Default)]
struct Messages {
    head: [u8; 5],
    have: usize,
    skip: usize,
}

impl Messages {
    /// How many messages begin in these bytes whose kind is of interest.
    fn count(&mut self, mut bytes: &[u8], of_interest: impl Fn(u8) -> bool) -> u64 {
        let mut count = 0;
        while let [first, rest @ ..] = bytes {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                self.skip -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head[self.have] = *first;
            self.have += 1;
            bytes = rest;
            if let (5, [kind, length @ ..]) = (self.have, self.head) {
                self.have = 0;
                self.skip = (u32::from_be_bytes(length) as usize).saturating_sub(4);
                count += u64::from(of_interest(kind));
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], body].concat()
    }

    #[test]
    fn messages_are_told_apart_however_they_are_cut() {
        let bytes = [message(b'D', b"Z of no interest"), message(b'Z', b"I"), message(b'Z', b"")].concat();
        for size in 1..bytes.len() {
            let mut messages = Messages::default();
            let count = |part: &[u8]| messages.count(part, |kind| kind == b'Z');
            assert_eq!(bytes.chunks(size).map(count).sum::<u64>(), 2, "in pieces of {size}");
        }
    }

    /// A wire after its startup was answered, and the other end.
    async fn open(limit: Duration) -> (Wire<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
        let (near, mut far) = duplex(1024);
        let mut wire = Wire::new(near, Patience::of(limit));
        wire.write_all(&[0, 0, 0, 8, 0, 3, 0, 0]).await.unwrap();
        far.write_all(&message(b'Z', b"I")).await.unwrap();
        wire.read_exact(&mut [0; 6]).await.unwrap();
        (wire, far)
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_end_only_while_a_question_is_open() {
        let limit = Duration::from_secs(2);
        let (mut wire, mut far) = open(limit).await;
        assert!(tokio::time::timeout(100 * limit, wire.read_u8()).await.is_err(), "nobody asked");
        wire.write_all(&message(b'Q', b"SELECT 1")).await.unwrap();
        let began = Instant::now();
        assert_eq!(wire.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!((limit..limit * 2).contains(&began.elapsed()));
        drop(far.shutdown().await);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_with_one_question_is_none_with_the_next() {
        let limit = Duration::from_secs(2);
        let (mut wire, mut far) = open(limit * 5).await;
        wire.write_all(&message(b'Q', b"SELECT 1")).await.unwrap();
        far.write_all(&message(b'Z', b"I")).await.unwrap();
        wire.read_exact(&mut [0; 6]).await.unwrap();
        wire.patience.set(limit);
        wire.write_all(&message(b'Q', b"SELECT 2")).await.unwrap();
        let began = Instant::now();
        assert_eq!(wire.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!((limit..limit * 2).contains(&began.elapsed()), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_gives_the_next_question_its_full_time() {
        let limit = Duration::from_secs(2);
        let (mut wire, mut far) = open(limit).await;
        wire.write_all(&[message(b'S', b""), message(b'S', b""), message(b'S', b"")].concat()).await.unwrap();
        for _ in 0..2 {
            let answer = async {
                tokio::time::sleep(limit * 3 / 4).await;
                far.write_all(&message(b'Z', b"I")).await.unwrap();
            };
            let read = async { wire.read_exact(&mut [0; 6]).await.unwrap() };
            tokio::join!(answer, read);
        }
        let began = Instant::now();
        wire.patience.set(limit * 5);
        assert_eq!(wire.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= limit * 5);
    }
}
