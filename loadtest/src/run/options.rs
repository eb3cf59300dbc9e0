//! How a scenario is run: what its plan says, and what the command line says instead.

use std::path::PathBuf;
use std::time::Duration;

use super::scenario::Scenario;
use crate::span;

/// A run of a scenario (the default).
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What is played
    #[arg(long, value_enum, default_value = "mixed")]
    pub(crate) scenario: Scenario,
    /// How many users at once [default: the scenario's]
    #[arg(long, value_name = "N")]
    users: Option<usize>,
    /// How long with all users, such as 30s or 2m [default: the scenario's]
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    run_time: Option<Duration>,
    /// How long until all users are there [default: the scenario's]
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    startup_time: Option<Duration>,
    /// How many watch the board by socket meanwhile [default: the scenario's]
    #[arg(long, value_name = "N")]
    watchers: Option<usize>,
    /// A pause of up to so long between two turns of a user [default: the scenario's]
    #[arg(long, value_name = "MS")]
    think_ms: Option<u64>,
    /// Questions to begin with [default: more than the run can use up]
    #[arg(long, value_name = "N")]
    pub(crate) questions: Option<usize>,
    /// Share of the writes that are sent a second time under the same key
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
    pub(crate) replays: f64,
    /// The 95th percentile must stay below this [default: the scenario's; not judged in a
    /// debug build]
    #[arg(long, value_name = "MS")]
    p95_ms: Option<f64>,
    /// Share of requests that may go wrong
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) max_error_rate: f64,
    /// Share of requests that may be turned away with 503 or 429 [default: the scenario's]
    #[arg(long, value_name = "SHARE")]
    max_busy_rate: Option<f64>,
    /// A further rule, as Goose has them: "p99<200ms", "rps>=500", "avg<20ms for GET /leaderboard"
    #[arg(long, value_name = "RULE")]
    pub(crate) threshold: Vec<String>,
    /// The folder or report.json of an earlier run to compare with, in the reports
    #[arg(long, value_name = "PATH")]
    pub(crate) baseline: Option<PathBuf>,
    /// How many teams' ledgers are read afterwards at most
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) ledgers: usize,
}

/// What is done, after everything was said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled {
    pub(crate) users: usize,
    pub(crate) startup: Duration,
    pub(crate) run: Duration,
    pub(crate) watchers: usize,
    pub(crate) think_ms: u64,
    /// Not judged when nobody has asked for it and this is a debug build.
    pub(crate) p95_ms: Option<f64>,
    pub(crate) max_busy_rate: f64,
}

impl Options {
    /// The scenario's plan with what the command line says.
    pub(crate) fn settle(&self) -> Result<Settled, String> {
        let plan = self.scenario.plan();
        let users = self.users.unwrap_or(plan.users);
        if users == 0 {
            return Err("--users must be at least 1".to_owned());
        }
        for (name, share) in [
            ("--replays", self.replays),
            ("--max-error-rate", self.max_error_rate),
            ("--max-busy-rate", self.max_busy_rate.unwrap_or(0.0)),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("{name} is a share, from 0 to 1"));
            }
        }
        let of_release = (!cfg!(debug_assertions)).then_some(plan.p95_ms);
        Ok(Settled {
            users,
            startup: self.startup_time.unwrap_or(plan.startup),
            run: self.run_time.unwrap_or(plan.run),
            watchers: self.watchers.unwrap_or(plan.watchers),
            think_ms: self.think_ms.unwrap_or(plan.think_ms),
            p95_ms: self.p95_ms.or(of_release),
            max_busy_rate: self.max_busy_rate.unwrap_or(plan.max_busy_rate),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn settle(line: &str) -> Result<Settled, String> {
        let words = std::iter::once("loadtest").chain(line.split_whitespace());
        Line::try_parse_from(words).map_err(|e| e.to_string())?.options.settle()
    }

    #[test]
    fn the_command_line_wins_over_the_plan() {
        let plain = settle("--scenario registration").unwrap();
        assert_eq!((plain.users, plain.run), (100, Duration::from_secs(30)));
        let told = settle("--scenario registration --users 5 --run-time 3s --p95-ms 70").unwrap();
        assert_eq!((told.users, told.run, told.p95_ms), (5, Duration::from_secs(3), Some(70.0)));
        assert_eq!(settle("").unwrap().users, 150);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for line in ["--users 0", "--replays 2", "--max-error-rate -1", "--scenario nap", "--run-time soon"] {
            assert!(settle(line).is_err(), "{line}");
        }
    }
}
