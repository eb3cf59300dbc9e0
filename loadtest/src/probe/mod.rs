//! An open model: requests leave on a fixed schedule, whatever the server does, and latencies
//! count from the intended start. So a request that had to wait behind others shows its wait,
//! which a closed model, where everybody waits for a reply before asking again, cannot show.

mod arrivals;
mod drive;
mod figures;
mod schedule;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::audit;
use crate::environment;
use crate::game::Game;
use crate::game::contest::{Contest, Stock};
use crate::report::{Failure, Folder, Outcome, Verdict};
use crate::server::{Server, Target};
use crate::span;
use crate::watch::Watchers;
use arrivals::Arrivals;
use schedule::{DRAWS_OF_TEN, Schedule};

/// How long the maximum is measured, after a warm-up.
const MEASURE: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(2);

/// More than any server that shares two cores with us hands out in a second, in the same profile.
const MOST_DRAWS: usize = if cfg!(debug_assertions) { 300 } else { 1500 };

/// How the probe is taken.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Requests per second [default: half of the maximum, which is measured first]
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// How long
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "60s")]
    duration: Duration,
    /// Connections at most
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// The 99th percentile must stay below this
    #[arg(long, value_name = "MS")]
    p99_ms: Option<f64>,
    /// How much the 99th percentile of the second half may be above that of the first
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0)]
    max_drift: f64,
    /// Share of requests that may go wrong or be turned away
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    max_error_rate: f64,
}

/// Takes the probe.
pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    if options.rate.is_some_and(|rate| !(rate > 0.0 && rate <= 100_000.0)) {
        return Err(Failure::Usage("--rate must be above 0 and at most 100000".to_owned()));
    }
    let server = Server::find(target).await?;
    let done = Box::pin(on_server(options, target, &server)).await;
    server.stop().await;
    done
}

async fn on_server(options: &Options, target: &Target, server: &Server) -> Result<Outcome, Failure> {
    let folder = Folder::make(&target.runs(), "probe")?;
    environment::describe(server, target, &folder).await?;
    let maximum = match options.rate {
        Some(_) => None,
        None => Some(maximum(options, server).await?),
    };
    let rate = options.rate.or(maximum.map(|most| (most / 2.0).floor())).unwrap_or(1.0).max(1.0);
    let schedule = Schedule::new(rate, options.duration);
    let game = begin(server, rate * DRAWS_OF_TEN as f64 / 10.0, options.duration).await?;
    let watchers = Watchers::begin(server, &game.contest, 1).await.map_err(Failure::NoServer)?;
    eprintln!("probe: {rate} requests/s on a fixed schedule for {} s", options.duration.as_secs());
    let arrivals = Arrivals::prepare(Arc::clone(&game), server.authority()).await;
    let seen = drive::open(&schedule, &arrivals, options.connections).await;
    let counts = game.tally.counts();
    let audit = audit::run(server, &game, watchers, 20_000, &folder).await?;
    server.keep_log(&folder);
    let mut result = figures::result(&schedule, &seen, &counts);
    result["maximum_rps"] = json!(maximum);
    result["invariants"] = audit.summary();
    result["fanout"] = audit.fanout.clone();
    result["run_folder"] = json!(folder.to_string());
    figures::print(&result);
    audit.print();
    folder.write("probe.json", &result)?;
    let verdict = if audit.holds() { judge(options, &result) } else { Verdict::Invariant };
    Ok(Outcome { verdict, result })
}

/// A contest with enough to draw for so long at this pace.
async fn begin(server: &Server, draws_per_second: f64, length: Duration) -> Result<Arc<Game>, Failure> {
    let exclusive = (draws_per_second * length.as_secs_f64() * 1.1) as usize + 500;
    let stock = Stock { exclusive, shared: 0, mystery: 0, open: 1 };
    let contest = Contest::make(&server.api(), "probe", stock).await.map_err(Failure::NoServer)?;
    Ok(Arc::new(Game::new(contest, 0.0)))
}

/// How many requests per second the server answers when it is never given a rest.
async fn maximum(options: &Options, server: &Server) -> Result<f64, Failure> {
    let length = WARM_UP + MEASURE;
    let game = begin(server, MOST_DRAWS as f64, length).await?;
    eprintln!("measuring the maximum for {} s", MEASURE.as_secs());
    let arrivals = Arrivals::prepare(Arc::clone(&game), server.authority()).await;
    let most = drive::closed(&arrivals, options.connections, WARM_UP, MEASURE).await;
    let counts = game.tally.counts();
    if counts.errors() > 0 {
        eprintln!("while measuring: {:?}", counts.failed);
    }
    eprintln!("maximum: {most:.0} requests/s over {} connections", options.connections);
    Ok(most)
}

fn judge(options: &Options, result: &serde_json::Value) -> Verdict {
    let of = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::INFINITY);
    let missed = options.p99_ms.is_some_and(|limit| of(&result["latency"]["p99_ms"]) >= limit)
        // Too short a probe shows no drift.
        || result["drift"].as_f64().is_some_and(|drift| drift > options.max_drift)
        || of(&result["error_rate"]) > options.max_error_rate;
    if missed { Verdict::Threshold } else { Verdict::Fine }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_too_short_to_drift_has_not_drifted() {
        let options = Options {
            rate: None,
            duration: Duration::from_secs(10),
            connections: 1,
            p99_ms: None,
            max_drift: 2.0,
            max_error_rate: 0.0,
        };
        let verdict = |drift| judge(&options, &json!({"drift": drift, "error_rate": 0.0}));
        assert_eq!(verdict(json!(null)), Verdict::Fine);
        assert_eq!(verdict(json!(2.0)), Verdict::Fine);
        assert_eq!(verdict(json!(2.1)), Verdict::Threshold);
    }
}
