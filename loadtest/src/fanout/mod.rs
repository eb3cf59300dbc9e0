//! From commit to receipt, with many watchers, in turn with a bare broadcaster that writes the
//! same bytes to as many raw sockets. docs/LOADTEST.md tells how to read the tables.

pub(crate) mod bare;
mod commits;
mod crowd;
mod figures;
mod machine;
mod measure;
pub(crate) mod stalled;
mod tracker;
mod wire;

use serde_json::json;

use crate::report::{Failure, Outcome, Verdict};
use crate::server::{Server, Target};
use figures::Measured;
use measure::Measure;

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Watchers on one instance
    #[arg(long, value_delimiter = ',', value_name = "N", default_values_t = [100, 1_000, 5_000])]
    watchers: Vec<usize>,
    /// Teams on the board while the watchers are counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    teams: u64,
    /// Lengths of the board that an update is measured at, with the fewest watchers
    #[arg(long, value_delimiter = ',', value_name = "N", default_values_t = [100, 1_000, 10_000])]
    boards: Vec<u64>,
    /// Updates of each kind
    #[arg(long, value_name = "N", default_value_t = 25)]
    updates: usize,
    /// How much longer than at the bare broadcaster the last watcher may wait, with the most
    /// watchers
    #[arg(long, value_name = "RATIO", default_value_t = 2.0)]
    at_most: f64,
    /// Seconds instead of minutes: shows that it works, the figures mean nothing
    #[arg(long)]
    quick: bool,
}

impl Options {
    fn settled(&self) -> Self {
        if !self.quick {
            return self.clone();
        }
        Self {
            watchers: vec![50],
            teams: 20,
            boards: vec![20, 200],
            updates: 3,
            at_most: f64::INFINITY,
            ..self.clone()
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.watchers.is_empty() || self.watchers.contains(&0) || self.updates == 0 || self.teams == 0 {
            return Err("--watchers, --updates and --teams need at least one".to_owned());
        }
        Ok(())
    }
}

pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    let options = options.settled();
    options.check().map_err(Failure::Usage)?;
    if target.host.is_some() {
        return Err(Failure::Usage("the fan-out needs servers and a PostgreSQL of its own".to_owned()));
    }
    // Two sockets for each watcher are ours: one to the server and one to the bare broadcaster.
    let most = options.watchers.iter().max().copied().unwrap_or(0);
    machine::open_many_files(2 * most as u64 + 200).map_err(Failure::Usage)?;
    let keeper = Server::start(target).await?;
    let done = Box::pin(measure(&options, target, &keeper)).await;
    keeper.stop().await;
    done.map_err(Failure::NoServer)
}

async fn measure(options: &Options, target: &Target, keeper: &Server) -> Result<Outcome, String> {
    commits::note(keeper).await?;
    let mut crowds = Vec::new();
    for &watchers in &options.watchers {
        let measure = Measure { target, keeper, watchers, teams: options.teams, updates: options.updates };
        crowds.push(measure.run(true).await?);
    }
    let fewest = options.watchers.iter().min().copied().unwrap_or(1);
    let mut boards = Vec::new();
    for &teams in &options.boards {
        let measure = Measure { target, keeper, watchers: fewest, teams, updates: options.updates };
        boards.push(measure.run(false).await?);
    }
    Ok(outcome(options, &crowds, &boards))
}

fn outcome(options: &Options, crowds: &[Measured], boards: &[Measured]) -> Outcome {
    println!("\nFrom commit to receipt, in milliseconds; last: median (least..most) of the updates");
    crowds.iter().for_each(Measured::print);
    println!("\nThe same change upon boards of other lengths");
    boards.iter().for_each(Measured::print);
    println!();
    let largest = crowds.iter().max_by_key(|one| one.watchers).and_then(Measured::ratio);
    let verdict = match largest {
        Some(ratio) if ratio <= options.at_most => Verdict::Fine,
        _ => Verdict::Threshold,
    };
    let result = json!({
        "command": "fanout",
        "allowed_of_bare": options.at_most.is_finite().then_some(options.at_most),
        "crowds": crowds.iter().map(Measured::json).collect::<Vec<_>>(),
        "boards": boards.iter().map(Measured::json).collect::<Vec<_>>(),
    });
    Outcome { verdict, result }
}
