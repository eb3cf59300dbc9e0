//! How long something takes, on a machine that others use as well.

use std::time::{Duration, Instant};

/// Measures what we have promised to be quick at. The time in which somebody had to wait for a processor does
/// not count: a machine that has none to spare is late with everything, and nobody is to blame.
pub struct Stopwatch {
    began: Instant,
    waited: Duration,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self { began: Instant::now(), waited: waited() }
    }

    pub fn elapsed(&self) -> Duration {
        self.began.elapsed().saturating_sub(waited().saturating_sub(self.waited))
    }
}

/// For how long, since the machine was started, somebody has waited for a processor (the kernel's
/// "pressure stall information"); nothing where that is not known.
fn waited() -> Duration {
    let told = std::fs::read_to_string("/proc/pressure/cpu").unwrap_or_default();
    let some = told.lines().find_map(|line| line.strip_prefix("some ")?.split_once("total=")?.1.parse().ok());
    Duration::from_micros(some.unwrap_or_default())
}
