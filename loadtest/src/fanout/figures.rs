//! Figures, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};

/// How long after an instant each watcher had it, in microseconds, update by update.
#[derive(Debug, Default)]
pub(super) struct Delays {
    all: Vec<u64>,
    lasts: Vec<u64>,
}

impl Delays {
    /// The receipts of one update that began at this instant.
    pub(super) fn add(&mut self, began: u64, receipts: &[u64]) {
        let delays = receipts.iter().map(|at| at.saturating_sub(began));
        self.lasts.extend(delays.clone().max());
        self.all.extend(delays);
    }

    /// How many updates there were.
    pub(super) fn updates(&self) -> usize {
        self.lasts.len()
    }

    /// The middle delay of all.
    pub(super) fn p50(&self) -> f64 {
        quantile(&self.all, 0.5)
    }

    /// What one receipt in a hundred exceeds.
    pub(super) fn p99(&self) -> f64 {
        quantile(&self.all, 0.99)
    }

    /// How long the last watcher waited, in the middle one of the updates.
    pub(super) fn last(&self) -> f64 {
        quantile(&self.lasts, 0.5)
    }

    fn range_of_lasts(&self) -> (f64, f64) {
        (quantile(&self.lasts, 0.0), quantile(&self.lasts, 1.0))
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "p50_ms": rounded(self.p50()), "p99_ms": rounded(self.p99()),
            "last_ms": rounded(self.last()), "updates": self.lasts.len(),
        })
    }
}

impl std::fmt::Display for Delays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (least, most) = self.range_of_lasts();
        let (p50, p99, last) = (self.p50(), self.p99(), self.last());
        write!(f, "p50 {p50:7.2}  p99 {p99:7.2}  last {last:7.2} ({least:.1}..{most:.1})")
    }
}

/// In milliseconds.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn quantile(delays: &[u64], share: f64) -> f64 {
    let mut sorted = delays.to_vec();
    sorted.sort_unstable();
    let Some(top) = sorted.len().checked_sub(1) else { return f64::NAN };
    sorted[(top as f64 * share).round() as usize] as f64 / 1000.0
}

/// To a hundredth.
pub(super) fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

/// The bare broadcaster with so many tasks that write.
#[derive(Debug)]
pub(super) struct BareMeasured {
    pub(super) writers: usize,
    delays: Delays,
    processor: Duration,
}

impl BareMeasured {
    pub(super) fn new(writers: usize) -> Self {
        Self { writers, delays: Delays::default(), processor: Duration::ZERO }
    }

    pub(super) fn add(&mut self, began: u64, receipts: &[u64], processor: Duration) {
        self.delays.add(began, receipts);
        self.processor += processor;
    }

    #[allow(clippy::cast_precision_loss, reason = "far from that many")]
    fn processor_ms(&self) -> f64 {
        self.processor.as_secs_f64() * 1000.0 / self.delays.lasts.len() as f64
    }

    fn json(&self) -> Value {
        let mut told = self.delays.json();
        told["writers"] = self.writers.into();
        told["processor_ms_per_update"] = rounded(self.processor_ms()).into();
        told
    }
}

/// What an update cost with so many watchers and teams.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) watchers: usize,
    pub(super) teams: u64,
    pub(super) server: Delays,
    /// The ceiling, where it was measured.
    pub(super) bare: Vec<BareMeasured>,
    /// Processor time of the server for one update, without what it takes when nothing happens.
    pub(super) processor: Option<Duration>,
    /// Memory of the server for each watcher, in KiB.
    pub(super) memory_kib: Option<f64>,
    /// Bytes of an update on the wire.
    pub(super) bytes: usize,
}

impl Measured {
    /// How much longer the last watcher waits than at the bare broadcaster as it does best.
    pub(super) fn ratio(&self) -> Option<f64> {
        let best = self.bare.iter().map(|bare| bare.delays.last()).min_by(f64::total_cmp)?;
        Some(self.server.last() / best)
    }

    fn processor_ms(&self) -> Option<f64> {
        self.processor.map(|time| time.as_secs_f64() * 1000.0)
    }

    pub(super) fn print(&self) {
        println!("\n{} watchers, {} teams, {} bytes an update", self.watchers, self.teams, self.bytes);
        let processor = self.processor_ms().map_or(String::new(), |ms| format!("  processor {ms:6.2}"));
        println!("  server           {}{processor}", self.server);
        for bare in &self.bare {
            let (delays, processor) = (&bare.delays, bare.processor_ms());
            println!("  bare, {} writers  {delays}  processor {processor:6.2}", bare.writers);
        }
        if let Some(ratio) = self.ratio() {
            println!("  server/bare (last) {ratio:.2}");
        }
        if let Some(kib) = self.memory_kib {
            println!("  the server holds {kib:.1} KiB for each watcher");
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "watchers": self.watchers, "teams": self.teams, "server": self.server.json(),
            "bare": self.bare.iter().map(BareMeasured::json).collect::<Vec<_>>(), "of_bare": self.ratio().map(rounded),
            "processor_ms_per_update": self.processor_ms().map(rounded),
            "kib_per_watcher": self.memory_kib.map(rounded), "bytes_per_update": self.bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_watcher_is_that_of_the_middle_update() {
        let mut delays = Delays::default();
        delays.add(1_000, &[2_000, 3_000, 5_000]);
        delays.add(10_000, &[12_000]);
        delays.add(20_000, &[20_500, 29_000]);
        assert!((delays.last() - 4.0).abs() < 1e-9, "{}", delays.last());
        assert!((delays.p50() - 2.0).abs() < 1e-9, "{}", delays.p50());
        assert!((delays.p99() - 9.0).abs() < 1e-9, "{}", delays.p99());
        assert!(Delays::default().last().is_nan());
    }
}
