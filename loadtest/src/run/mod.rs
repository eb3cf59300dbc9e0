//! A run of a scenario: a contest of its own, users, watchers, and afterwards the books.

mod attack;
mod figures;
mod options;
mod progress;
pub(crate) mod role;
mod scenario;
mod transport;

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

pub(crate) use options::Options;
use options::Settled;

use crate::audit::{self, Audit};
use crate::environment;
use crate::game::Game;
use crate::game::contest::Contest;
use crate::report::{Failure, Folder, Outcome, Verdict};
use crate::server::{Server, Target};
use crate::watch::Watchers;

/// Runs a scenario, checks what must hold, and tells what came of it.
pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    let settled = options.settle().map_err(Failure::Usage)?;
    let server = Server::find(target).await?;
    let done = Box::pin(on_server(options, &settled, target, &server)).await;
    server.stop().await;
    done
}

async fn on_server(
    options: &Options,
    settled: &Settled,
    target: &Target,
    server: &Server,
) -> Result<Outcome, Failure> {
    let name = options.scenario.name();
    let folder = Folder::make(&target.runs(), name)?;
    let api = server.api();
    environment::describe(server, target, &folder).await?;
    let game = Arc::new(Game::new(contest(options, settled, &api).await?, options.replays));
    let watchers =
        Watchers::begin(server, &game.contest, settled.watchers).await.map_err(Failure::NoServer)?;
    announce(options, settled);
    let began = Instant::now();
    let progress = progress::show(Arc::clone(&game), Arc::clone(watchers.counts()));
    let found = attack::run(options, settled, server, &game, &folder).await;
    progress.abort();
    let found = found?;
    let took = began.elapsed();
    // Whatever the thresholds said: what must hold, must hold.
    let counts = game.tally.counts();
    let audit = audit::run(server, &game, watchers, options.ledgers, &folder).await?;
    server.keep_log(&folder);
    let mut result = figures::result(&found, &counts, &game, took);
    let verdict = judge(options, settled, &found, &counts, &audit);
    result["scenario"] = json!(name);
    result["users"] = json!(settled.users);
    result["watchers"] = json!(settled.watchers);
    result["invariants"] = audit.summary();
    result["fanout"] = audit.fanout.clone();
    result["server"] = server.summary();
    result["run_folder"] = json!(folder.to_string());
    figures::print(&found, &result);
    audit.print();
    eprintln!("\nreport: {}", folder.file("report.html").display());
    folder.write("result.json", &result)?;
    Ok(Outcome { verdict, result })
}

async fn contest(options: &Options, settled: &Settled, api: &crate::api::Api) -> Result<Contest, Failure> {
    let scenario = options.scenario;
    let length = settled.startup + settled.run;
    let mut stock = scenario.stock(settled.users, length, settled.think_ms);
    stock.exclusive = options.questions.unwrap_or(stock.exclusive);
    Contest::make(api, scenario.name(), stock).await.map_err(Failure::NoServer)
}

fn announce(options: &Options, settled: &Settled) {
    eprintln!(
        "{}: {} users within {} s, then {} s; {} watchers",
        options.scenario.name(),
        settled.users,
        settled.startup.as_secs(),
        settled.run.as_secs(),
        settled.watchers,
    );
    if settled.p95_ms.is_none() {
        eprintln!("a debug build: latencies are shown but not judged (--release, or --p95-ms)");
    }
}

/// What the run amounts to.
fn judge(
    options: &Options,
    settled: &Settled,
    found: &attack::Found,
    counts: &crate::tally::Counts,
    audit: &Audit,
) -> Verdict {
    if !audit.holds() {
        return Verdict::Invariant;
    }
    let missed = found.thresholds.iter().any(|rule| !rule.passed)
        || counts.error_rate() > options.max_error_rate
        || counts.busy_rate() > settled.max_busy_rate;
    if missed { Verdict::Threshold } else { Verdict::Fine }
}

impl Server {
    /// For the last line.
    fn summary(&self) -> Value {
        json!({"address": self.base(), "ours": self.started().is_some()})
    }
}
