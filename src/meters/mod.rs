//! What is counted and timed, for Prometheus. Everything is registered once; counting is an
//! addition to a number, without a lookup or a string.

mod lately;

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use rocket::http::Method;
use rocket::request::Request;
use rocket::{Orbit, Rocket};

use crate::error::Busy;
use lately::Lately;
pub use lately::Pace;

/// Bounds of every duration, in seconds: from a read in memory to the longest that we wait.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The meters of one server. A process may have several servers, so nothing here is global.
pub struct Meters {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    requests: OnceLock<Requests>,
    lately: Lately,
    retried: Family,
    busy: Family,
    ambiguous: Counter,
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

/// Counters that differ in the value of one label.
#[derive(Clone)]
pub struct Family(Vec<(&'static str, Counter)>);

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(value, _)| value)).finish()
    }
}

impl Family {
    fn of(
        recorder: &PrometheusRecorder,
        name: &'static str,
        label: &'static str,
        values: &[&'static str],
    ) -> Self {
        let one = |value: &&'static str| (*value, counter(recorder, name, &[(label, value)]));
        Self(values.iter().map(one).collect())
    }

    /// One more of this value.
    pub fn count(&self, value: &str) {
        self.count_many(value, 1);
    }

    /// So many more of this value.
    pub fn count_many(&self, value: &str, more: u64) {
        if let Some((_, counter)) = self.0.iter().find(|(known, _)| *known == value) {
            counter.increment(more);
        }
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self::new()
    }
}

impl Meters {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new();
        // Only an empty list is refused.
        let recorder =
            builder.set_buckets(BUCKETS).unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        let kinds: Vec<_> = Busy::ALL.iter().map(|reason| reason.name()).collect();
        let of_kind = |name, kinds: &[&'static str]| Family::of(&recorder, name, "reason", kinds);
        let retried = of_kind("podium_transaction_retries_total", &kinds[..Busy::RETRIED]);
        let busy = of_kind("podium_busy_total", &kinds);
        let ambiguous = counter(&recorder, "podium_commits_ambiguous_total", &[]);
        describe(&recorder);
        Self {
            recorder,
            handle,
            requests: OnceLock::new(),
            lately: Lately::default(),
            retried,
            busy,
            ambiguous,
        }
    }

    /// Counters that differ in one label.
    #[must_use]
    pub fn family(&self, name: &'static str, label: &'static str, values: &[&'static str]) -> Family {
        Family::of(&self.recorder, name, label, values)
    }

    /// A number that goes up and down.
    pub fn gauge(&self, name: &'static str, labels: &[(&'static str, &'static str)]) -> Gauge {
        self.recorder.register_gauge(&key(name, labels), &META)
    }

    /// Durations, in seconds.
    pub fn times(&self, name: &'static str, labels: &[(&'static str, &'static str)]) -> Histogram {
        self.recorder.register_histogram(&key(name, labels), &META)
    }

    /// A transaction is tried again.
    pub fn retried(&self, reason: Busy) {
        self.retried.count(reason.name());
    }

    /// COMMIT was sent and its reply was lost.
    pub fn lost_commit(&self) {
        self.ambiguous.increment(1);
    }

    /// Somebody was told to come back.
    pub fn was_busy(&self, reason: Busy) {
        self.busy.count(reason.name());
    }

    /// Registers every route that is mounted; to be called once, before the first request.
    pub fn begin_requests(&self, rocket: &Rocket<Orbit>) {
        self.requests.get_or_init(|| Requests::of(&self.recorder, rocket));
    }

    /// A request was answered.
    pub fn answered(&self, request: &Request<'_>, status: u16, took: Duration) {
        let Some(route) = self.requests.get().map(|requests| requests.of_route(request)) else { return };
        route.count(status, took);
        if route.is_api {
            self.lately.count(took);
        }
    }

    /// How the requests of the interface fared in the last minute.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.lately.pace()
    }

    /// Everything, in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Sums up what was timed since the last call. To be called now and then, or what nobody
    /// reads piles up.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }
}

const META: Metadata<'static> = Metadata::new("podium", Level::INFO, None);

fn key(name: &'static str, labels: &[(&'static str, &'static str)]) -> Key {
    Key::from_parts(name, labels.iter().map(|(name, value)| Label::new(*name, *value)).collect::<Vec<_>>())
}

fn counter(
    recorder: &PrometheusRecorder,
    name: &'static str,
    labels: &[(&'static str, &'static str)],
) -> Counter {
    recorder.register_counter(&key(name, labels), &META)
}

/// The routes and their meters. What matches none of them has one of its own: labels never
/// hold what a caller has typed.
struct Requests {
    routes: HashMap<String, Vec<(Method, Answers)>>,
    unmatched: Answers,
}

impl Requests {
    fn of(recorder: &PrometheusRecorder, rocket: &Rocket<Orbit>) -> Self {
        let mut routes: HashMap<String, Vec<(Method, Answers)>> = HashMap::new();
        for route in rocket.routes() {
            let pattern = route.uri.path().to_owned();
            let answers = Answers::of(recorder, route.method.as_str(), pattern);
            routes.entry(route.uri.to_string()).or_default().push((route.method, answers));
        }
        Self { routes, unmatched: Answers::of(recorder, "any", "unmatched".to_owned()) }
    }

    fn of_route(&self, request: &Request<'_>) -> &Answers {
        let found = request.route().and_then(|route| {
            let methods = self.routes.get(route.uri.as_str())?;
            methods.iter().find(|(method, _)| *method == route.method)
        });
        found.map_or(&self.unmatched, |(_, answers)| answers)
    }
}

/// The answers of one route.
struct Answers {
    /// 1xx to 5xx.
    classes: [Counter; 5],
    took: Histogram,
    /// Whether it is of the interface: files of pages would flatter what people wait for.
    is_api: bool,
}

impl Answers {
    fn of(recorder: &PrometheusRecorder, method: &'static str, route: String) -> Self {
        let is_api = route.starts_with("/api/");
        let labels = [Label::new("method", method), Label::new("route", route)];
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            let labels: Vec<_> = labels.iter().cloned().chain([Label::new("status", class)]).collect();
            recorder.register_counter(&Key::from_parts("podium_requests_total", labels), &META)
        });
        let key = Key::from_parts("podium_request_duration_seconds", labels.to_vec());
        Self { classes, took: recorder.register_histogram(&key, &META), is_api }
    }

    fn count(&self, status: u16, took: Duration) {
        if let Some(class) = self.classes.get(usize::from(status / 100).wrapping_sub(1)) {
            class.increment(1);
        }
        self.took.record(took);
    }
}

/// What each of them means, as `# HELP` of the text format; docs/API.md has the same list.
pub const MEANINGS: &[(&str, &str)] = &[
    ("podium_requests_total", "Requests by route pattern, method and class of status"),
    ("podium_request_duration_seconds", "From the first byte of a request to the head of its answer"),
    ("podium_transaction_retries_total", "Transactions that were tried again, by reason"),
    ("podium_commits_ambiguous_total", "COMMITs whose reply was lost"),
    ("podium_busy_total", "Requests that were told to come back (503), by reason"),
    ("podium_rate_limited_total", "Requests that were told to slow down (429), by limit"),
    ("podium_passwords_total", "Passwords that were hashed, or compared with what is stored"),
    ("podium_ranks_total", "Places on the boards of games, by who counted them"),
    ("podium_pool_wait_seconds", "How long somebody waited for a database connection"),
    ("podium_pool_in_use", "Database connections in use"),
    ("podium_outbox_rows", "Events that wait for their number"),
    ("podium_outbox_age_seconds", "How long the oldest of them has waited"),
    ("podium_fanout_seconds", "From the bell of the sequencer until sockets are told"),
    ("podium_sockets", "Open sockets"),
    ("podium_sockets_closed_total", "Sockets that were closed, by reason"),
    ("podium_invariant_breaches", "Breaches that the last background check found, by invariant"),
    ("podium_check_timestamp_seconds", "When the last background check of any instance ended, as Unix time"),
    ("podium_check_duration_seconds", "How long the last background check took"),
    ("podium_clock_offset_seconds", "How far this host's clock is ahead of the database's"),
    ("podium_clock_steps_total", "How often a clock was seen to be set, by clock"),
    ("podium_swept_total", "Old rows that were swept out, by kind"),
];

fn describe(recorder: &PrometheusRecorder) {
    for (name, meaning) in MEANINGS {
        let (name, meaning) = ((*name).into(), (*meaning).into());
        // The exporter keeps one list of meanings for all kinds.
        recorder.describe_counter(name, None, meaning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_can_be_read() {
        let meters = Meters::new();
        meters.retried(Busy::Deadlock);
        meters.was_busy(Busy::PoolExhausted);
        meters.was_busy(Busy::PoolExhausted);
        meters.times("podium_pool_wait_seconds", &[("pool", "requests")]).record(0.03);
        let text = meters.render();
        for line in [
            "podium_transaction_retries_total{reason=\"deadlock\"} 1",
            "podium_transaction_retries_total{reason=\"serialization\"} 0",
            "podium_busy_total{reason=\"pool_exhausted\"} 2",
            "podium_commits_ambiguous_total 0",
            "podium_pool_wait_seconds_bucket{pool=\"requests\",le=\"0.025\"} 0",
            "podium_pool_wait_seconds_bucket{pool=\"requests\",le=\"0.05\"} 1",
            "# HELP podium_busy_total Requests that were told to come back (503), by reason",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn two_servers_of_one_process_count_apart() {
        let (one, other) = (Meters::new(), Meters::new());
        one.lost_commit();
        assert!(one.render().contains("podium_commits_ambiguous_total 1"));
        assert!(other.render().contains("podium_commits_ambiguous_total 0"));
    }
}
