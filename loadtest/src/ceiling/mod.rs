//! The server against the same work as plain SQL, on the same PostgreSQL and in turn with it.
//!
//! The ceiling is the textbook transaction, written by hand for Podium's own tables and sent by
//! `pgbench`. It writes no events, looks no token up, checks no rule and speaks no HTTP.
//! docs/LOADTEST.md tells how to read the tables.

mod contenders;
mod drive;
mod moves;
mod operation;
mod stage;
mod table;
mod textbook;

use serde_json::json;

use crate::report::{Failure, Outcome, Verdict};
use crate::server::{Server, Target};
use contenders::Contenders;
use operation::Operation;
use stage::Stage;
use table::Comparison;
use textbook::Textbook;

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Only these, instead of all three
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<Operation>,
    /// Rows of history to play upon, each in a database of its own
    #[arg(long, value_delimiter = ',', value_name = "ROWS", default_values_t = [1_000, 1_000_000])]
    history: Vec<u64>,
    /// Runs of each side, in turn
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// How long one run lasts
    #[arg(long, value_name = "S", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// Clients at once: each side is tried with all of these, then keeps its best
    #[arg(long, value_delimiter = ',', value_name = "N", default_values_t = [8, 16, 32])]
    clients: Vec<usize>,
    /// Pool sizes of the server that are tried
    #[arg(long, value_delimiter = ',', value_name = "N", default_values_t = [4, 6, 8, 12, 16])]
    pools: Vec<u32>,
    /// What the server must at least reach of the ceiling
    #[arg(long, value_name = "RATIO", default_value_t = 0.8)]
    require: f64,
    /// Send an idempotency key with every request
    #[arg(long)]
    keyed: bool,
    /// Seconds instead of minutes: shows that it works, the figures mean nothing
    #[arg(long)]
    quick: bool,
}

/// How far a figure upon a long history may lie below the one upon a short one.
const HISTORY_SLACK: f64 = 0.15;

impl Options {
    fn settled(&self) -> Self {
        if !self.quick {
            return self.clone();
        }
        Self {
            history: vec![1_000, 5_000],
            rounds: 1,
            seconds: 1,
            clients: vec![8],
            pools: vec![8],
            require: 0.0,
            ..self.clone()
        }
    }

    fn operations(&self) -> Vec<Operation> {
        let wanted = |operation: &Operation| self.only.is_empty() || self.only.contains(operation);
        Operation::IN_ORDER.into_iter().filter(wanted).collect()
    }

    fn check(&self) -> Result<(), String> {
        if self.rounds == 0 || self.history.is_empty() || self.clients.is_empty() || self.pools.is_empty() {
            return Err("--rounds, --history, --clients and --pools need at least one".to_owned());
        }
        if self.clients.iter().any(|clients| !(1..=textbook::MOST_CLIENTS).contains(clients)) {
            return Err(format!("--clients must be between 1 and {}", textbook::MOST_CLIENTS));
        }
        Ok(())
    }
}

pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    let options = options.settled();
    options.check().map_err(Failure::Usage)?;
    if target.host.is_some() {
        return Err(Failure::Usage("the ceiling needs servers and a PostgreSQL of its own".to_owned()));
    }
    // It only keeps the private PostgreSQL up; the servers that are measured come and go beside it.
    let keeper = Server::start(target).await?;
    let done = Box::pin(measure(&options, target, &keeper)).await;
    keeper.stop().await;
    done.map_err(Failure::NoServer)
}

async fn measure(options: &Options, target: &Target, keeper: &Server) -> Result<Outcome, String> {
    let mut stages = Vec::new();
    for &rows in &options.history {
        stages.push(Stage::set(target, keeper, rows).await?);
    }
    let Some(first) = stages.first() else { return Err("there is no history".to_owned()) };
    let textbook = Textbook::find(&first.database).await?;
    let mut comparisons = Vec::new();
    for operation in options.operations() {
        let contenders = Contenders { options, target, textbook: &textbook, operation };
        comparisons.extend(contenders.compare(&mut stages).await?);
    }
    let mut sound = true;
    for stage in &stages {
        sound &= stage.is_sound(target).await?;
    }
    Ok(outcome(options, &comparisons, sound))
}

fn outcome(options: &Options, comparisons: &[Comparison], sound: bool) -> Outcome {
    table::print(comparisons);
    let reached = comparisons.iter().all(|one| one.strict() >= options.require);
    let steady =
        options.quick || table::steadiness(comparisons).iter().all(|(_, kept)| *kept >= 1.0 - HISTORY_SLACK);
    let verdict = match (sound, reached && steady) {
        (false, _) => Verdict::Invariant,
        (true, false) => Verdict::Threshold,
        (true, true) => Verdict::Fine,
    };
    let result = json!({
        "command": "ceiling",
        "required": options.require,
        "invariants_hold": sound,
        "comparisons": comparisons.iter().map(Comparison::json).collect::<Vec<_>>(),
    });
    Outcome { verdict, result }
}
