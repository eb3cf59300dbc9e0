//! From commit to receipt: when a change of points was committed, and when watchers heard of it.

use std::collections::HashMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use uuid::Uuid;

use super::view::Heard;
use crate::books::Told;
use crate::tally::{histogram, record};

/// A commit lies between the sending of its request and the reply to it. So the time from the
/// reply to the receipt is at most, and the time from the sending to the receipt at least, as
/// long as it was from commit to receipt.
#[derive(Debug)]
pub(crate) struct Latency {
    /// From the reply to the receipt; a frame that came before the reply counts as at once.
    pub(crate) from_reply: Histogram<u64>,
    /// From the sending of the request to the receipt.
    pub(crate) from_request: Histogram<u64>,
    /// What was heard of changes that nobody has asked for, such as those of another tool.
    pub(crate) unmatched: usize,
}

impl Latency {
    pub(crate) fn new() -> Self {
        Self { from_reply: histogram(), from_request: histogram(), unmatched: 0 }
    }

    /// Adds what one watcher has heard.
    pub(crate) fn add(&mut self, told: &Index<'_>, heard: &[Heard]) {
        // A team may come to the same points again: the third time it is told is the third
        // time it is heard.
        let mut times: HashMap<(Uuid, i64), usize> = HashMap::new();
        for one in heard {
            let turn = times.entry((one.team, one.points)).or_default();
            match told.0.get(&(one.team, one.points)).and_then(|all| all.get(*turn)) {
                Some(told) => self.match_up(told, one),
                None => self.unmatched += 1,
            }
            *turn += 1;
        }
    }

    fn match_up(&mut self, told: &Told, heard: &Heard) {
        let since =
            |from: std::time::Instant| heard.at.checked_duration_since(from).unwrap_or(Duration::ZERO);
        record(&mut self.from_reply, since(told.replied));
        record(&mut self.from_request, since(told.sent));
    }
}

/// What was told, found by team and points.
#[derive(Debug)]
pub(crate) struct Index<'a>(HashMap<(Uuid, i64), Vec<&'a Told>>);

impl<'a> Index<'a> {
    pub(crate) fn new(told: &'a [Told]) -> Self {
        let mut index: HashMap<_, Vec<_>> = HashMap::new();
        for one in told {
            index.entry((one.team, one.points)).or_default().push(one);
        }
        Self(index)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::tally::percentile_ms;

    #[test]
    fn each_receipt_is_matched_with_its_own_change() {
        let (team, start) = (Uuid::from_u128(1), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        let told = |points, ms| Told { team, points, sent: at(ms), replied: at(ms + 4) };
        // Up to 1100, down to 1000, and up to 1100 again.
        let told = [told(1100, 0), told(1000, 100), told(1100, 200)];
        let heard = |points, ms| Heard { team, points, at: at(ms) };
        let mut latency = Latency::new();
        latency
            .add(&Index::new(&told), &[heard(1100, 10), heard(1000, 110), heard(1100, 210), heard(7, 300)]);
        assert_eq!((latency.from_request.len(), latency.unmatched), (3, 1));
        assert!((percentile_ms(&latency.from_request, 100.0) - 10.0).abs() < 0.1);
        assert!((percentile_ms(&latency.from_reply, 100.0) - 6.0).abs() < 0.1);
    }
}
