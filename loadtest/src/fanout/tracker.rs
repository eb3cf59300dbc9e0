//! Who has received what, and when.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::time::timeout;

/// Microseconds of the clock that every process of this machine shares.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// What the watchers of one crowd have in common.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    /// Watchers that have not yet what is awaited.
    left: AtomicI64,
    /// Updates up to this number are of earlier changes.
    head: AtomicI64,
    receipts: Mutex<Vec<u64>>,
    sample: Mutex<Vec<u8>>,
    trouble: Mutex<Option<String>>,
    rung: Notify,
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tracker {
    /// Awaits something from so many watchers.
    pub(super) fn expect(&self, watchers: usize) {
        self.expect_after(i64::MIN, watchers);
    }

    /// Awaits an update beyond this number from so many watchers: what is still on its way of earlier
    /// changes does not count.
    pub(super) fn expect_after(&self, head: i64, watchers: usize) {
        self.head.store(head, Ordering::SeqCst);
        open(&self.receipts).clear();
        open(&self.sample).clear();
        self.left.store(i64::try_from(watchers).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// A watcher has the update of this number.
    pub(super) fn updated(&self, number: i64, at: u64) {
        if number > self.head.load(Ordering::SeqCst) {
            self.received(at);
        }
    }

    /// A watcher has it.
    pub(super) fn received(&self, at: u64) {
        open(&self.receipts).push(at);
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.rung.notify_one();
        }
    }

    /// What one watcher reads, byte by byte.
    pub(super) fn sample(&self, bytes: &[u8]) {
        open(&self.sample).extend_from_slice(bytes);
    }

    /// Something went wrong: nobody needs to wait any more.
    pub(super) fn fail(&self, why: String) {
        open(&self.trouble).get_or_insert(why);
        self.rung.notify_one();
    }

    /// Waits until all have it; returns when each got it.
    pub(super) async fn all(&self, patience: Duration) -> Result<Vec<u64>, String> {
        let whole = timeout(patience, async {
            while self.left.load(Ordering::SeqCst) > 0 && open(&self.trouble).is_none() {
                self.rung.notified().await;
            }
        });
        let in_time = whole.await.is_ok();
        if let Some(why) = &*open(&self.trouble) {
            return Err(why.clone());
        }
        if !in_time {
            return Err(format!(
                "{} watchers have received nothing in time",
                self.left.load(Ordering::SeqCst)
            ));
        }
        Ok(std::mem::take(&mut *open(&self.receipts)))
    }

    /// What the sampling watcher has read since it was last expected.
    pub(super) fn sampled(&self) -> Vec<u8> {
        std::mem::take(&mut *open(&self.sample))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn late_frames_of_a_burst_are_no_receipts_of_the_next_change() {
        let tracker = Tracker::default();
        tracker.expect_after(20, 2);
        for (number, at) in [(19, 1), (21, 5), (20, 2), (22, 7)] {
            tracker.updated(number, at);
        }
        assert_eq!(tracker.all(Duration::from_secs(1)).await.unwrap(), [5, 7]);
        tracker.expect(1);
        tracker.updated(3, 9);
        assert_eq!(tracker.all(Duration::from_secs(1)).await.unwrap(), [9]);
    }
}
