//! Thousands of watchers on one thread. What they cost is taken from the server under test, so
//! they keep nothing of what they read, and share one buffer to read it into.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::tracker::{Tracker, now};
use super::wire::{Reader, Seen, masked};

/// Handshakes that go on at once.
const AT_ONCE: usize = 64;

/// How long one handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// How long all may take to be there.
const GATHERING: Duration = Duration::from_secs(120);

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

/// How a watcher begins.
#[derive(Debug, Clone)]
pub(super) enum Opening {
    /// With a WebSocket handshake and a hello; it is there when the board has come.
    Socket { authority: String, hello: String },
    /// With nothing: bytes of frames come at once.
    Bare { authority: String },
}

/// Watchers that are there until this is dropped.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) tracker: Arc<Tracker>,
    pub(super) size: usize,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Crowd {
    /// Lets so many watchers connect, and waits until all are there.
    pub(super) async fn gather(opening: Opening, size: usize) -> Result<Self, String> {
        let tracker = Arc::new(Tracker::default());
        tracker.expect(size);
        let (end, ended) = oneshot::channel();
        let shared = Arc::clone(&tracker);
        let thread = std::thread::Builder::new().name("watchers".to_owned());
        let thread = thread.spawn(move || live(&opening, size, &shared, ended));
        let thread = thread.map_err(|e| format!("no thread for the watchers: {e}"))?;
        let crowd = Self { tracker, size, end: Some(end), thread: Some(thread) };
        crowd.tracker.all(GATHERING).await?;
        Ok(crowd)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn live(opening: &Opening, size: usize, tracker: &Arc<Tracker>, ended: oneshot::Receiver<()>) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracker.fail(format!("no runtime: {error}")),
    };
    runtime.block_on(async {
        let doors = Arc::new(Semaphore::new(AT_ONCE));
        for number in 0..size {
            let (opening, tracker, doors) = (opening.clone(), Arc::clone(tracker), Arc::clone(&doors));
            tokio::spawn(async move {
                if let Err(why) = watch(&opening, number, &tracker, &doors).await {
                    tracker.fail(format!("watcher {number}: {why}"));
                }
            });
        }
        // Either word ends it: one that is sent, or the sender gone.
        drop(ended.await);
    });
}

/// One watcher, from its handshake to its end.
async fn watch(opening: &Opening, number: usize, tracker: &Tracker, doors: &Semaphore) -> Result<(), String> {
    let door = doors.acquire().await.map_err(|e| e.to_string())?;
    let (stream, rest) = match timeout(HANDSHAKE, open(opening)).await {
        Ok(opened) => opened?,
        Err(_) => return Err("the handshake took too long".to_owned()),
    };
    drop(door);
    let mut watcher = Watcher { stream, reader: Reader::new(), number, there: false };
    if matches!(opening, Opening::Bare { .. }) {
        watcher.there = true;
        tracker.received(now());
    }
    watcher.take(&rest, tracker)?;
    poll_fn(|context| watcher.poll(context, tracker)).await
}

struct Watcher {
    stream: TcpStream,
    reader: Reader,
    number: usize,
    /// Whether the first board has come.
    there: bool,
}

impl Watcher {
    /// Reads whatever there is, into the buffer of all. Only its end is worth a result.
    fn poll(&mut self, context: &mut Context<'_>, tracker: &Tracker) -> Poll<Result<(), String>> {
        BUFFER.with_borrow_mut(|buffer| {
            loop {
                let mut read = ReadBuf::new(buffer);
                if let Err(error) = ready!(Pin::new(&mut self.stream).poll_read(context, &mut read)) {
                    return Poll::Ready(Err(error.to_string()));
                }
                if read.filled().is_empty() {
                    return Poll::Ready(Err("the server has closed".to_owned()));
                }
                if let Err(why) = self.take(read.filled(), tracker) {
                    return Poll::Ready(Err(why));
                }
            }
        })
    }

    fn take(&mut self, bytes: &[u8], tracker: &Tracker) -> Result<(), String> {
        if self.number == 0 && self.there {
            tracker.sample(bytes);
        }
        let (mut there, mut ping, mut bye) = (self.there, false, false);
        let fed = self.reader.feed(bytes, |seen| match seen {
            Seen::Update(number) if there => tracker.updated(number, now()),
            Seen::Snapshot if !there => {
                there = true;
                tracker.received(now());
            }
            Seen::Ping => ping = true,
            Seen::Bye => bye = true,
            _ => {}
        });
        self.there = there;
        fed?;
        if ping {
            self.stream.try_write(&masked(r#"{"type":"pong"}"#)).map_err(|e| e.to_string())?;
        }
        if bye { Err("the server said goodbye".to_owned()) } else { Ok(()) }
    }
}

/// The connection, and what came in with the answer to the handshake.
async fn open(opening: &Opening) -> Result<(TcpStream, Vec<u8>), String> {
    let (Opening::Socket { authority, .. } | Opening::Bare { authority }) = opening;
    let mut stream = TcpStream::connect(authority).await.map_err(|e| e.to_string())?;
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    let Opening::Socket { hello, .. } = opening else { return Ok((stream, Vec::new())) };
    let rest = greet(&mut stream, authority, hello).await?;
    Ok((stream, rest))
}

/// The handshake and the hello; what came in with the answer to the handshake.
pub(super) async fn greet(stream: &mut TcpStream, authority: &str, hello: &str) -> Result<Vec<u8>, String> {
    let request = format!(
        "GET /api/v1/ws HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
    let rest = accepted(stream).await?;
    stream.write_all(&masked(hello)).await.map_err(|e| e.to_string())?;
    Ok(rest)
}

/// Sixteen bytes in base 64. A watcher does not check what the server makes of them.
const KEY: &str = "dGhlIHdhdGNoZXIncyBrZQ==";

/// Reads the answer to the handshake; returns what came after it.
async fn accepted(stream: &mut TcpStream) -> Result<Vec<u8>, String> {
    let mut answer = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut answer).await.map_err(|e| e.to_string())? == 0 {
            return Err("the server closed during the handshake".to_owned());
        }
        if let Some(end) = answer.windows(4).position(|part| part == b"\r\n\r\n") {
            if answer.starts_with(b"HTTP/1.1 101") {
                return Ok(answer.split_off(end + 4));
            }
            return Err(format!("the handshake was answered {}", String::from_utf8_lossy(&answer)));
        }
        if answer.len() > 16 * 1024 {
            return Err("the answer to the handshake does not end".to_owned());
        }
    }
}
