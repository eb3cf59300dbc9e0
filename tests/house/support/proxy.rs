//! A way to PostgreSQL or Redis that can be made bad: cut, refused, slow, dead, or forgetful.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// How a reply to COMMIT ends (`CommandComplete` of the PostgreSQL protocol).
const COMMITTED: &[u8] = b"COMMIT\0";

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It arrives.
    Open,
    /// Connections end as soon as they are made, and there are no old ones.
    Refused,
    /// Each piece takes so much longer, either way.
    Slow(Duration),
    /// Nothing arrives any more, either way, and no end is seen: the connection is half open.
    Dead,
    /// What is asked arrives, but never an answer, nor the end of the other side.
    Mute,
    /// Every second reply to COMMIT is lost, and its connection with it.
    LosesCommits,
}

/// Stands before a server.
pub struct Proxy {
    /// How the server is found through it.
    pub url: String,
    way: watch::Sender<Way>,
    cuts: watch::Sender<usize>,
    lost: Arc<AtomicUsize>,
}

/// What every connection knows.
#[derive(Clone)]
struct Rules {
    way: watch::Receiver<Way>,
    cuts: watch::Receiver<usize>,
    commits: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
}

impl Proxy {
    /// Before whatever listens on the port that this address names.
    pub async fn before(url: &str) -> Self {
        let to = port_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (way, cuts) = (watch::Sender::new(Way::Open), watch::Sender::new(0));
        let lost = Arc::new(AtomicUsize::new(0));
        let commits = Arc::new(AtomicUsize::new(0));
        let rules = Rules { way: way.subscribe(), cuts: cuts.subscribe(), commits, lost: Arc::clone(&lost) };
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *rules.way.borrow() != Way::Refused {
                    tokio::spawn(connect(near, to, rules.clone()));
                }
            }
        });
        Self { url: url.replace(&format!(":{to}"), &format!(":{port}")), way, cuts, lost }
    }

    /// From now on, for old and new connections.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
        if way == Way::Refused {
            self.cut();
        }
    }

    /// Ends every connection there is.
    pub fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    /// How many replies to COMMIT were lost.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

fn port_of(url: &str) -> u16 {
    let (_, rest) = url.rsplit_once(':').unwrap_or_default();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("an address with a port")
}

async fn connect(near: TcpStream, to: u16, mut rules: Rules) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    rules.cuts.mark_unchanged();
    let mut cuts = rules.cuts.clone();
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let asked = pass(near_in, far_out, rules.clone(), false);
    let answered = pass(far_in, near_out, rules, true);
    tokio::select! {
        () = asked => {}
        () = answered => {}
        _ = cuts.changed() => {}
    }
}

/// Passes bytes on until one side ends, which on a dead way nobody sees.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, rules: Rules, answers: bool) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let way = *rules.way.borrow();
        match way {
            Way::Dead if read == 0 => pending().await,
            Way::Mute if read == 0 && answers => pending().await,
            Way::Dead => continue,
            Way::Mute if answers => continue,
            Way::LosesCommits if answers && rules.loses(&buffer[..read]) => return,
            Way::Slow(by) => sleep(by).await,
            Way::Open | Way::Refused | Way::Mute | Way::LosesCommits => {}
        }
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

impl Rules {
    fn loses(&self, reply: &[u8]) -> bool {
        let committed = reply.windows(COMMITTED.len()).any(|part| part == COMMITTED);
        let loses = committed && self.commits.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        self.lost.fetch_add(usize::from(loses), Ordering::Relaxed);
        loses
    }
}
