//! A breaker: after a few failures nobody is asked for a while, then one who asks finds out.

use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 3;

/// How long it stays open before somebody may try.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether it is worth asking.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    /// While it is open: nobody asks before, and whoever asks first then moves it on.
    next_try: Option<Instant>,
}

impl Breaker {
    /// Whether this call may be made. While it is open, one in each pause may: that one tries
    /// for all.
    pub fn allows(&mut self, now: Instant) -> bool {
        match self.next_try {
            Some(at) if now < at => false,
            Some(_) => {
                self.next_try = Some(now + PAUSE);
                true
            }
            None => true,
        }
    }

    /// A call was answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call was not answered, or not in time.
    pub fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.next_try = Some(now + PAUSE);
        }
    }

    /// Whether calls are held back.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.next_try.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try_for_all() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES - 1 {
            breaker.failed(start);
        }
        breaker.succeeded();
        for _ in 0..FAILURES {
            assert!(breaker.allows(start), "failures before a success do not count");
            breaker.failed(start);
        }
        assert!(!breaker.allows(start) && !breaker.allows(start + PAUSE / 2));
        assert!(breaker.allows(start + PAUSE), "one may try");
        assert!(!breaker.allows(start + PAUSE), "and no other");
        breaker.failed(start + PAUSE);
        assert!(breaker.is_open() && !breaker.allows(start + PAUSE));
        assert!(breaker.allows(start + 2 * PAUSE));
        breaker.succeeded();
        assert!(!breaker.is_open() && breaker.allows(start + 2 * PAUSE));
    }
}
