//! A way to PostgreSQL that loses replies: COMMIT arrives, its answer does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// How a reply to COMMIT ends (`CommandComplete` of the PostgreSQL protocol).
const COMMITTED: &[u8] = b"COMMIT\0";

/// Stands between a server and PostgreSQL, and cuts the connection instead of passing on the
/// reply to every second COMMIT.
pub struct LossyProxy {
    /// Where a server finds the database through it.
    pub url: String,
    lost: Arc<AtomicUsize>,
}

impl LossyProxy {
    pub async fn before(url: &str) -> Self {
        let target: tokio_postgres::Config = url.parse().unwrap();
        let to = target.get_ports()[0];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(AtomicUsize::new(0));
        let (seen, counter) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&lost));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                let (seen, lost) = (Arc::clone(&seen), Arc::clone(&counter));
                let asked = tokio::spawn(pass(near_in, far_out, |_| true));
                tokio::spawn(async move {
                    let keeps = |reply: &[u8]| {
                        let committed = reply.windows(COMMITTED.len()).any(|part| part == COMMITTED);
                        let cut = committed && seen.fetch_add(1, Ordering::Relaxed) % 2 == 1;
                        lost.fetch_add(usize::from(cut), Ordering::Relaxed);
                        !cut
                    };
                    pass(far_in, near_out, keeps).await;
                    asked.abort();
                });
            }
        });
        Self { url: url.replace(&format!(":{to}/"), &format!(":{port}/")), lost }
    }

    /// How many replies were lost.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Passes bytes on until the end, or until some are not to be kept.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, keeps: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if !keeps(&buffer[..read]) || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
