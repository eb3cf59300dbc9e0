//! How requests fare while they are made, from the very first one on: for the progress that is
//! printed, and for the error rate that is judged.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::game::moves::Judgement;

/// Latencies are kept in microseconds, to three digits, up to this one.
const LONGEST_US: u64 = 120_000_000;

/// A histogram of latencies in microseconds.
pub(crate) fn histogram() -> Histogram<u64> {
    // One to two minutes at three digits is always a valid range.
    Histogram::new_with_bounds(1, LONGEST_US, 3).unwrap_or_else(|_| unreachable!("a valid range"))
}

/// Records a latency; what is longer than the longest counts as that.
pub(crate) fn record(histogram: &mut Histogram<u64>, latency: Duration) {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US);
    histogram.saturating_record(micros.clamp(1, LONGEST_US));
}

/// A percentile in milliseconds.
pub(crate) fn percentile_ms(histogram: &Histogram<u64>, percent: f64) -> f64 {
    histogram.value_at_percentile(percent) as f64 / 1000.0
}

/// Percentiles for a report.
pub(crate) fn percentiles(histogram: &Histogram<u64>) -> Value {
    let of = |percent| percentile_ms(histogram, percent);
    json!({
        "count": histogram.len(),
        "p50_ms": of(50.0), "p95_ms": of(95.0), "p99_ms": of(99.0), "p999_ms": of(99.9), "max_ms": of(100.0),
    })
}

/// Counts of requests.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

/// What was counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    /// Proper refusals, by slug.
    pub(crate) refused: BTreeMap<String, u64>,
    /// What went wrong, by what came instead.
    pub(crate) failed: BTreeMap<String, u64>,
    /// How many of those got no reply, so that nobody knows what they did.
    pub(crate) lost: u64,
    /// 503.
    pub(crate) busy: u64,
    /// 429.
    pub(crate) limited: u64,
    /// Latencies since the last look.
    lately: Option<Histogram<u64>>,
    /// Writes that were acknowledged.
    written: u64,
    /// When the latest of them was, and the longest time since the last look in which none was.
    gap: Option<(Instant, Duration)>,
}

impl Counts {
    /// Requests that went wrong: no 503 and no 429.
    pub(crate) fn errors(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Which share of the requests went wrong.
    pub(crate) fn error_rate(&self) -> f64 {
        share(self.errors(), self.requests)
    }

    /// Which share of the requests was turned away with 503 or 429.
    pub(crate) fn busy_rate(&self) -> f64 {
        share(self.busy + self.limited, self.requests)
    }
}

impl Counts {
    fn wrote(&mut self) {
        self.written += 1;
        let now = Instant::now();
        let (last, longest) = self.gap.unwrap_or((now, Duration::ZERO));
        self.gap = Some((now, longest.max(now - last)));
    }
}

/// What a failure begins with when there was no reply.
const LOST: &str = "no reply to ";

/// Whether this failure was that no reply came.
pub(crate) fn is_loss(why: &str) -> bool {
    why.starts_with(LOST)
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// What happened since the last look.
#[derive(Debug)]
pub(crate) struct Lately {
    pub(crate) requests: u64,
    pub(crate) p95_ms: f64,
    /// All so far.
    pub(crate) errors: u64,
    /// All so far.
    pub(crate) busy: u64,
}

impl Tally {
    fn change<T>(&self, by: impl FnOnce(&mut Counts) -> T) -> T {
        by(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a request and what came of it.
    pub(crate) fn count(&self, route: &str, latency: Duration, judged: &Judgement) {
        self.change(|counts| {
            counts.requests += 1;
            record(counts.lately.get_or_insert_with(histogram), latency);
            match judged {
                Judgement::Done(_) => {}
                Judgement::Refused(slug) => *counts.refused.entry(slug.clone()).or_default() += 1,
                Judgement::Busy => counts.busy += 1,
                Judgement::Limited => counts.limited += 1,
                Judgement::Failed(why) => {
                    *counts.failed.entry(format!("{route}: {why}")).or_default() += 1;
                }
                Judgement::Lost(why) => {
                    counts.lost += 1;
                    *counts.failed.entry(format!("{LOST}{route}: {why}")).or_default() += 1;
                }
            }
        });
    }

    /// All counts so far.
    pub(crate) fn counts(&self) -> Counts {
        self.change(|counts| counts.clone())
    }

    /// A write was acknowledged.
    pub(crate) fn wrote(&self) {
        self.change(Counts::wrote);
    }

    /// How many writes were acknowledged.
    pub(crate) fn written(&self) -> u64 {
        self.change(|counts| counts.written)
    }

    /// The longest time in which no write was acknowledged, since this was asked last.
    pub(crate) fn longest_gap(&self) -> Duration {
        self.change(|counts| {
            let looked = counts.gap.replace((Instant::now(), Duration::ZERO));
            looked.map_or(Duration::ZERO, |(last, gap)| gap.max(last.elapsed()))
        })
    }

    /// What happened since this was asked last.
    pub(crate) fn lately(&self) -> Lately {
        self.change(|counts| {
            let lately = counts.lately.take().unwrap_or_else(histogram);
            Lately {
                requests: lately.len(),
                p95_ms: percentile_ms(&lately, 95.0),
                errors: counts.errors(),
                busy: counts.busy + counts.limited,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_no_errors_and_busy_is_counted_apart() {
        let tally = Tally::default();
        let ms = Duration::from_millis(3);
        tally.count("GET /x", ms, &Judgement::Done(Value::Null));
        tally.count("GET /x", ms, &Judgement::Refused("pool-exhausted".to_owned()));
        tally.count("GET /x", ms, &Judgement::Busy);
        tally.count("GET /x", ms, &Judgement::Lost("no reply in time".to_owned()));
        let counts = tally.counts();
        assert_eq!((counts.requests, counts.errors(), counts.busy), (4, 1, 1));
        assert!((counts.error_rate() - 0.25).abs() < 1e-9);
        assert!((counts.busy_rate() - 0.25).abs() < 1e-9);
        assert_eq!(counts.refused["pool-exhausted"], 1);
        assert_eq!(tally.lately().requests, 4);
        assert_eq!(tally.lately().requests, 0);
    }

    #[test]
    fn a_latency_beyond_the_longest_still_counts() {
        let mut all = histogram();
        record(&mut all, Duration::ZERO);
        record(&mut all, Duration::from_secs(3600));
        assert_eq!(all.len(), 2);
        assert!(percentile_ms(&all, 100.0) >= 119_000.0);
    }
}
