//! What users are promised while things break: servers, PostgreSQL and Redis are killed again and
//! again under load, and after each time everything must be right within moments.

mod deed;
mod figures;
mod round;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::audit;
use crate::edge::Site;
use crate::edge::load::{Crowd, Load};
use crate::game::Game;
use crate::game::contest::Contest;
use crate::report::{Failure, Folder, Outcome, Verdict};
use crate::server::Target;
use crate::span;
use crate::watch::Watchers;
pub(crate) use deed::Kill;
use round::{Round, Stage};

/// Keyed requests are sent so often before their outcome counts as unknown: for half a minute.
pub(crate) const TRIES: u32 = 120;

/// Kills parts of a site of its own under load, and looks whether everything is right afterwards.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What is killed, in turn. Redis is killed, emptied, and stopped for a while, in turn again
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT", default_value = "server")]
    kill: Vec<Kill>,
    /// How often
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    #[command(flatten)]
    crowd: Crowd,
    /// Watchers on sockets
    #[arg(long, value_name = "N", default_value_t = 20)]
    watchers: usize,
    /// How long they play before each fault, and as long again after it
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "2s")]
    pace: Duration,
    /// How soon every board must be right once everything is quiet and back
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    right_within_ms: u64,
    /// How soon a write must be acknowledged once PostgreSQL is back
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    usable_within_ms: u64,
    /// For how long no write may be acknowledged when PostgreSQL is not what is killed
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    no_write_within_ms: u64,
}

impl Options {
    /// What is killed, in one word or several.
    fn names(&self, joint: &str) -> String {
        self.kill.iter().map(|kill| kill.name()).collect::<Vec<_>>().join(joint)
    }
}

/// Runs the faults.
pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    let mut site = Site::open(target, &[]).await?;
    let done = Box::pin(on_site(options, target, &mut site)).await;
    site.close().await;
    done
}

async fn on_site(options: &Options, target: &Target, site: &mut Site) -> Result<Outcome, Failure> {
    let folder = Folder::make(&target.runs(), &format!("faults-{}", options.names("-")))?;
    let door = site.door();
    let game = Arc::new(game(site, options).await.map_err(Failure::NoServer)?);
    let watchers =
        Watchers::begin(&door, &game.contest, options.watchers).await.map_err(Failure::NoServer)?;
    let load = Load::begin(&game, &door, &options.crowd);
    let stage = Stage {
        game: &game,
        watchers: &watchers,
        load: &load,
        pace: options.pace,
        limit: Duration::from_millis(options.right_within_ms),
    };
    let mut rounds = Vec::new();
    eprintln!(
        "{} times {}, {} users, {} watchers",
        options.times,
        options.names(" or "),
        options.crowd.users,
        options.watchers
    );
    for number in 0..options.times {
        let kill = options.kill[number as usize % options.kill.len()];
        let round = stage.round(site, kill, number / options.kill.len() as u32).await;
        eprintln!("{round}");
        let broken = round.is_hopeless();
        rounds.push(round);
        if broken {
            break;
        }
    }
    let rested = load.end().await;
    let counts = game.tally.counts();
    let unknown = game.books.note(|books| books.unknown.len());
    let audit = audit::run(&door, &game, watchers, 20_000, &folder).await;
    site.keep_logs(&folder);
    let audit = audit?;
    let wrong = wrong(options, &rounds, &counts, rested.err());
    let holds = wrong.is_empty() && audit.holds();
    let result = json!({
        "command": "faults",
        "kill": options.names(","),
        "times": rounds.len(),
        "users": options.crowd.users,
        "rounds": figures::rounds(&rounds),
        "requests": counts.requests,
        "busy": counts.busy,
        "lost": counts.lost,
        "unknown_writes": unknown,
        "wrong": wrong,
        "invariants": audit.summary(),
        "fanout": audit.fanout,
        "run_folder": folder.to_string(),
    });
    audit.print();
    figures::print(&result);
    folder.write("result.json", &result)?;
    Ok(Outcome { verdict: if holds { Verdict::Fine } else { Verdict::Invariant }, result })
}

/// A contest of its own, and clients that send until they are answered.
async fn game(site: &Site, options: &Options) -> Result<Game, String> {
    let contest = Contest::make(&site.door().api(), "faults", options.crowd.stock()).await?;
    Ok(Game::new(contest, 0.02).patient(TRIES))
}

/// Everything that must not be, in sentences.
fn wrong(
    options: &Options,
    rounds: &[Round],
    counts: &crate::tally::Counts,
    late: Option<String>,
) -> Vec<String> {
    let usable = Duration::from_millis(options.usable_within_ms);
    let no_write = Duration::from_millis(options.no_write_within_ms);
    let mut wrong: Vec<String> = rounds.iter().filter_map(|round| round.wrong(usable, no_write)).collect();
    wrong.extend(late);
    if (rounds.len() as u64) < u64::from(options.times) {
        wrong.push(format!("only {} of {} faults could be made", rounds.len(), options.times));
    }
    if counts.errors() > counts.lost {
        let failed = counts.failed.iter().filter(|(why, _)| !crate::tally::is_loss(why));
        wrong.extend(failed.map(|(why, count)| format!("answered wrongly {count} times: {why}")));
    }
    if options.kill == [Kill::Redis] && counts.lost + counts.busy > 0 {
        wrong.push(format!("Redis cost {} replies and {} were busy", counts.lost, counts.busy));
    }
    wrong
}
