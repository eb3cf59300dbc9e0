//! The figures of a probe.

use serde_json::{Value, json};

use super::drive::Seen;
use super::schedule::{Schedule, WINDOW, drift};
use crate::tally::{Counts, histogram, percentile_ms, percentiles};

/// The last line, without what the checks have to add.
pub(super) fn result(schedule: &Schedule, seen: &Seen, counts: &Counts) -> Value {
    let mut all = histogram();
    for window in &seen.windows {
        all += window;
    }
    let p99: Vec<f64> = seen.windows.iter().map(|window| percentile_ms(window, 99.0)).collect();
    let windows = seen.windows.iter().zip(0u64..).map(|(window, number)| {
        let mut figures = percentiles(window);
        figures["from_s"] = json!(number * WINDOW.as_secs());
        figures
    });
    // A request that never ended is as bad as one that went wrong.
    let wrong = counts.errors() + counts.busy + counts.limited + seen.unfinished;
    json!({
        "scenario": "probe",
        "rate": schedule.rate,
        "seconds": schedule.length.as_secs(),
        "requests": schedule.count(),
        "latency": percentiles(&all),
        "windows": windows.collect::<Vec<_>>(),
        "drift": drift(&p99),
        "handed_out_late": percentiles(&seen.handed_out),
        "unfinished": seen.unfinished,
        "errors": counts.errors(),
        "failed": counts.failed,
        "busy": counts.busy,
        "limited": counts.limited,
        "refused": counts.refused,
        "error_rate": wrong as f64 / schedule.count().max(1) as f64,
    })
}

/// A line for each window.
pub(super) fn print(result: &Value) {
    let of = |value: &Value, key: &str| value[key].as_f64().unwrap_or(0.0);
    eprintln!(
        "\nfrom the intended start {:>8} {:>9} {:>9} {:>9} {:>9}",
        "count", "p50 ms", "p95 ms", "p99 ms", "max ms"
    );
    let line = |name: &str, figures: &Value| {
        let [p50, p95, p99, most] = ["p50_ms", "p95_ms", "p99_ms", "max_ms"].map(|key| of(figures, key));
        eprintln!("{name:<23} {:>8} {p50:>9.1} {p95:>9.1} {p99:>9.1} {most:>9.1}", figures["count"]);
    };
    for window in result["windows"].as_array().into_iter().flatten() {
        line(&format!("from second {}", window["from_s"]), window);
    }
    line("all", &result["latency"]);
    line("handed out late by us", &result["handed_out_late"]);
    match result["drift"].as_f64() {
        Some(drift) => eprintln!("drift: p99 of the second half is {drift:.2} times that of the first"),
        None => eprintln!("drift: too short to tell (two windows of {} s at least)", WINDOW.as_secs()),
    }
    eprintln!("errors {}   busy {}   unfinished {}", result["errors"], result["busy"], result["unfinished"]);
    for (why, count) in result["failed"].as_object().into_iter().flatten() {
        eprintln!("  wrong: {why}: {count}");
    }
}
