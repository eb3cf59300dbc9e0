//! How long requests took of late: a minute in parts of ten seconds, each with a histogram of its
//! own. A request costs one addition; whoever asks adds some hundred numbers up.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Six whole parts, and the one that is under way.
const PARTS: u64 = 7;

/// How long a part is.
const PART: Duration = Duration::from_secs(10);

/// Four steps to each doubling, from an eighth of a millisecond to half a minute.
const STEPS: usize = 72;

/// What has taken how long.
#[derive(Debug)]
pub(super) struct Lately {
    began: Instant,
    parts: [Part; PARTS as usize],
}

#[derive(Debug)]
struct Part {
    /// The how-manieth ten seconds it counts; what counted others is emptied first.
    number: AtomicU64,
    counts: [AtomicU32; STEPS],
}

/// How requests fare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// How many were answered in a second.
    pub per_second: f64,
    /// Half of them were answered within so many ms.
    pub p50_ms: f64,
    /// 95 in a hundred of them were answered within so many ms.
    pub p95_ms: f64,
}

impl Default for Lately {
    fn default() -> Self {
        let part = || Part { number: AtomicU64::new(0), counts: [const { AtomicU32::new(0) }; STEPS] };
        Self { began: Instant::now(), parts: std::array::from_fn(|_| part()) }
    }
}

impl Lately {
    /// Something took so long.
    pub(super) fn count(&self, took: Duration) {
        self.count_at(self.began.elapsed(), took);
    }

    /// How it went in the last minute.
    #[must_use]
    pub(super) fn pace(&self) -> Pace {
        self.pace_at(self.began.elapsed())
    }

    fn count_at(&self, at: Duration, took: Duration) {
        let number = at.as_secs() / PART.as_secs();
        let Some(part) = self.parts.get(usize::try_from(number % PARTS).unwrap_or_default()) else { return };
        let known = part.number.load(Ordering::Relaxed);
        // Whoever comes first empties it; what others count meanwhile may be lost, which nobody sees.
        if known != number
            && part.number.compare_exchange(known, number, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            part.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
        }
        part.counts[step(took)].fetch_add(1, Ordering::Relaxed);
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody answers so many requests in a minute")]
    fn pace_at(&self, at: Duration) -> Pace {
        let number = at.as_secs() / PART.as_secs();
        let mut counts = [0_u64; STEPS];
        for part in self.parts.iter().filter(|part| part.number.load(Ordering::Relaxed) + PARTS > number) {
            for (sum, count) in counts.iter_mut().zip(&part.counts) {
                *sum += u64::from(count.load(Ordering::Relaxed));
            }
        }
        let total: u64 = counts.iter().sum();
        let spanned = at.min(PART * 6 + Duration::from_secs(at.as_secs() % PART.as_secs())).as_secs().max(1);
        Pace {
            per_second: total as f64 / spanned as f64,
            p50_ms: quantile(&counts, total, 50),
            p95_ms: quantile(&counts, total, 95),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the steps")]
fn step(took: Duration) -> usize {
    let doublings = (took.as_secs_f64() * 8000.0).max(1.0).log2();
    ((doublings * 4.0).ceil() as usize).min(STEPS - 1)
}

/// The upper bound of the step in which so many of a hundred have come together; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "there are few steps")]
fn quantile(counts: &[u64; STEPS], total: u64, percent: u64) -> f64 {
    let mut so_far = 0;
    for (step, count) in counts.iter().enumerate().filter(|_| total > 0) {
        so_far += count;
        if so_far * 100 >= total * percent {
            return (step as f64 / 4.0).exp2() / 8.0;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) -> bool {
        (wanted..=wanted * 1.2).contains(&found)
    }

    #[test]
    fn quantiles_are_right_to_a_fifth() {
        let lately = Lately::default();
        let at = Duration::from_secs(30);
        for ms in 1..=100 {
            lately.count_at(at, Duration::from_millis(ms));
        }
        let pace = lately.pace_at(at);
        assert!(near(pace.p50_ms, 50.0) && near(pace.p95_ms, 95.0), "{pace:?}");
        assert!((pace.per_second - 100.0 / 30.0).abs() < 0.01, "{pace:?}");
    }

    #[test]
    fn what_is_longer_ago_than_a_minute_is_forgotten() {
        let lately = Lately::default();
        lately.count_at(Duration::from_secs(5), Duration::from_secs(2));
        for (second, is_known) in [(5, true), (65, true), (70, false), (1000, false)] {
            assert_eq!(lately.pace_at(Duration::from_secs(second)).p95_ms > 0.0, is_known, "{second}");
        }
        // The same place, seventy seconds later.
        lately.count_at(Duration::from_secs(75), Duration::from_millis(1));
        assert!(near(lately.pace_at(Duration::from_secs(75)).p95_ms, 1.0));
    }

    #[test]
    fn whatever_it_takes_has_a_step() {
        assert_eq!(step(Duration::ZERO), 0);
        assert_eq!(step(Duration::from_secs(3600)), STEPS - 1);
    }
}
