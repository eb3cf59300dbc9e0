//! The figures of a run, from what Goose has measured: for people as a table, for programs as
//! the last line.

use std::collections::BTreeMap;
use std::time::Duration;

use goose::metrics::GooseRequestMetricTimingData;
use serde_json::{Value, json};

use super::attack::Found;
use crate::game::Game;
use crate::tally::Counts;

/// Latencies by bucket, in microseconds.
#[derive(Debug, Default)]
struct Times {
    buckets: BTreeMap<u64, usize>,
    count: usize,
    longest_us: u64,
}

impl Times {
    fn add(&mut self, data: &GooseRequestMetricTimingData) {
        for (bucket, count) in data.times_us.iter() {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += data.counter;
        self.longest_us = self.longest_us.max(data.maximum_time_us);
    }

    /// In milliseconds: the least time that so many percent did not exceed.
    fn percentile(&self, percent: f64) -> f64 {
        let wanted = (self.count as f64 * percent / 100.0).ceil() as usize;
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= wanted.max(1) {
                return *bucket as f64 / 1000.0;
            }
        }
        0.0
    }

    fn json(&self) -> Value {
        json!({
            "p50_ms": self.percentile(50.0), "p95_ms": self.percentile(95.0),
            "p99_ms": self.percentile(99.0), "max_ms": self.longest_us as f64 / 1000.0,
        })
    }
}

/// The last line, without what the checks have to add. Latencies are those with all users;
/// counts and errors are from the first request on.
pub(super) fn result(found: &Found, counts: &Counts, game: &Game, took: Duration) -> Value {
    let mut all = Times::default();
    for request in found.metrics.requests.values() {
        all.add(&request.raw_data);
    }
    let (begun, cut_off) = game.flows.counts();
    let rules = found
        .thresholds
        .iter()
        .map(|rule| json!({"rule": rule.rule, "observed": rule.observed, "passed": rule.passed}));
    json!({
        "seconds": took.as_secs_f64(),
        "interrupted": goose::is_killswitch_triggered(),
        "requests": counts.requests,
        "rps": counts.requests as f64 / took.as_secs_f64(),
        "latency": all.json(),
        "errors": counts.errors(),
        "failed": counts.failed,
        "busy": counts.busy,
        "limited": counts.limited,
        "refused": counts.refused,
        "flows": {"begun": begun, "cut_off": cut_off},
        "thresholds": rules.collect::<Vec<_>>(),
    })
}

/// A line for each route, then what went wrong.
pub(super) fn print(found: &Found, result: &Value) {
    eprintln!(
        "\n{:<34} {:>8} {:>6} {:>9} {:>9} {:>9} {:>9}",
        "with all users", "count", "failed", "p50 ms", "p95 ms", "p99 ms", "max ms"
    );
    let mut routes: Vec<_> = found.metrics.requests.values().collect();
    routes.sort_by_key(|route| &route.path);
    for route in routes {
        let mut times = Times::default();
        times.add(&route.raw_data);
        line(&route.path, times.count, route.fail_count, &times.json());
    }
    let count = |name: &str| result[name].as_u64().unwrap_or(0);
    eprintln!(
        "\nfrom the first request on: {} requests, {:.0}/s, {} errors, {} busy, {} flows of which {} cut off",
        count("requests"),
        result["rps"].as_f64().unwrap_or(0.0),
        count("errors"),
        count("busy") + count("limited"),
        result["flows"]["begun"],
        result["flows"]["cut_off"],
    );
    for (what, of) in [("refused", &result["refused"]), ("wrong", &result["failed"])] {
        for (why, count) in of.as_object().into_iter().flatten() {
            eprintln!("  {what}: {why}: {count}");
        }
    }
    if result["refused"]["pool-exhausted"].as_u64().unwrap_or(0) > 0 {
        eprintln!("the questions ran out before the end: --questions N");
    }
    for rule in &found.thresholds {
        let verdict = if rule.passed { "passed" } else { "FAILED" };
        eprintln!("threshold {}: {}, {verdict}", rule.rule, rule.observed);
    }
}

fn line(name: &str, count: usize, failed: usize, times: &Value) {
    let of = |key: &str| times[key].as_f64().unwrap_or(0.0);
    eprintln!(
        "{name:<34} {count:>8} {failed:>6} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
        of("p50_ms"),
        of("p95_ms"),
        of("p99_ms"),
        of("max_ms"),
    );
}
