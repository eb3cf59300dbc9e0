//! The attack, by Goose: its configuration, its users, and what it found.

use std::sync::Arc;
use std::time::Duration;

use goose::config::{GooseConfiguration, GooseDefault, GooseDefaultType};
use goose::goose::Scenario as Part;
use goose::metrics::GooseMetrics;
use goose::threshold::ThresholdResult;
use goose::{GooseAttack, GooseError};

use super::options::{Options, Settled};
use super::scenario::Scenario;
use crate::game::Game;
use crate::report::{Failure, Folder};
use crate::server::Server;

/// No request takes longer. Podium answers within two seconds, or with 503.
const TIMEOUT_SECONDS: u64 = 10;

/// What Goose found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) metrics: GooseMetrics,
    /// All rules, with what was observed.
    pub(crate) thresholds: Vec<ThresholdResult>,
}

/// Runs the scenario to its end, or until Ctrl-C.
pub(crate) async fn run(
    options: &Options,
    settled: &Settled,
    server: &Server,
    game: &Arc<Game>,
    folder: &Folder,
) -> Result<Found, Failure> {
    let configuration = configuration(options, settled, server, folder);
    let cannot = |e: GooseError| Failure::Usage(explain(&e));
    let mut attack = GooseAttack::initialize_with_config(configuration).map_err(cannot)?;
    let token: Arc<str> = server.token().into();
    for (role, weight) in options.scenario.plan().cast {
        let part = Part::new(role.name()).register_transaction(role.transaction(game, &token));
        let part = part.set_weight(*weight).map_err(cannot)?;
        let longest = Duration::from_millis(settled.think_ms);
        let part = if settled.think_ms == 0 {
            part
        } else {
            part.set_wait_time(Duration::ZERO, longest).map_err(cannot)?
        };
        attack = attack.register_scenario(part);
    }
    if options.scenario == Scenario::Spike {
        let plan = spike(settled);
        attack = *attack.set_default(GooseDefault::TestPlan, plan.as_str()).map_err(cannot)?;
    }
    // Goose's future is too large for a stack.
    match Box::pin(attack.execute()).await {
        Ok(metrics) => Ok(Found { thresholds: metrics.thresholds.clone(), metrics }),
        Err(GooseError::ThresholdsFailed { metrics, .. }) => {
            Ok(Found { thresholds: metrics.thresholds.clone(), metrics: *metrics.0 })
        }
        Err(error) => Err(cannot(error)),
    }
}

fn configuration(
    options: &Options,
    settled: &Settled,
    server: &Server,
    folder: &Folder,
) -> GooseConfiguration {
    let mut all = GooseConfiguration::default();
    all.host = Some(server.base());
    if options.scenario != Scenario::Spike {
        all.users = Some(settled.users);
        all.run_time = Some(settled.run.as_secs().to_string());
        // Goose spreads over a time only more than one user.
        if settled.users > 1 {
            all.increase_time = Some(settled.startup.as_secs().to_string());
        }
    }
    all.timeout = Some(TIMEOUT_SECONDS.to_string());
    all.report_file =
        ["report.html", "report.json"].map(|name| folder.file(name).display().to_string()).into();
    all.notes = Some(format!("Podium, scenario {}", options.scenario.name()));
    all.baseline_file = options.baseline.as_ref().map(|path| path.display().to_string());
    all.threshold = rules(options, settled);
    // What is too slow is still to be checked for what is wrong, so nothing stops early.
    all.no_threshold_abort = true;
    all.no_telnet = true;
    all.no_print_metrics = true;
    all.quiet = 1;
    all
}

/// The rules that Goose judges. Errors are judged once more from the first request on, and
/// apart from 503 and 429, which Goose cannot tell from them.
fn rules(options: &Options, settled: &Settled) -> Vec<String> {
    let turned_away = (options.max_error_rate + settled.max_busy_rate).min(1.0);
    let mut rules: Vec<String> = settled.p95_ms.map(|limit| format!("p95<{limit}ms")).into_iter().collect();
    rules.push(format!("error-rate<={:.6}%", turned_away * 100.0));
    rules.extend(options.threshold.iter().cloned());
    rules
}

/// A few, then all at once, then a few, then all at once again.
fn spike(settled: &Settled) -> String {
    let (few, all) = ((settled.users / 15).max(1), settled.users);
    let (rise, hold) = (settled.startup.as_secs().max(1), (settled.run.as_secs() / 4).max(1));
    format!(
        "{few},1s;{few},{hold}s;{all},{rise}s;{all},{hold}s;{few},{rise}s;{few},{hold}s;{all},{rise}s;{all},{hold}s;0,0s"
    )
}

fn explain(error: &GooseError) -> String {
    match error {
        GooseError::InvalidOption { option, value, detail } => format!("{option} {value}: {detail}"),
        other => other.to_string(),
    }
}
