//! Rolling restarts: each instance is told to stop, and started again, while everybody plays.
//! Nobody may notice: no request fails, and sockets are told to go on at the other instance.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::audit;
use crate::edge::load::{Crowd, Load};
use crate::edge::{Instance, Site, boards};
use crate::game::Game;
use crate::game::contest::Contest;
use crate::report::{Failure, Folder, Outcome, Verdict};
use crate::server::Target;
use crate::tally::Counts;
use crate::watch::Watchers;

/// An instance that was told to stop has ended by then.
const DRAIN: Duration = Duration::from_secs(8);

/// How soon every board must be right once everything is quiet.
const RIGHT: Duration = Duration::from_secs(2);

/// Restarts both instances of a site of its own, one after the other, again and again.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often both are restarted
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    #[command(flatten)]
    crowd: Crowd,
    /// Watchers on sockets
    #[arg(long, value_name = "N", default_value_t = 40)]
    watchers: usize,
    /// How long one waits after an instance is ready, before the next is told to stop: the proxy
    /// has to notice
    #[arg(long, value_name = "MS", default_value_t = 3000)]
    settle_ms: u64,
}

/// One restart.
#[derive(Debug)]
struct Restart {
    instance: &'static str,
    /// From SIGTERM to the end of the process.
    drained: Duration,
    /// From its start until it says that it is ready.
    ready: Duration,
    /// How it ended, if that was not exit code 0.
    wrong: Option<String>,
}

/// Runs the restarts.
pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    let mut site = Site::open(target, &[]).await?;
    let done = Box::pin(on_site(options, target, &mut site)).await;
    site.close().await;
    done
}

async fn on_site(options: &Options, target: &Target, site: &mut Site) -> Result<Outcome, Failure> {
    let folder = Folder::make(&target.runs(), "rolling")?;
    let door = site.door();
    let contest =
        Contest::make(&door.api(), "rolling", options.crowd.stock()).await.map_err(Failure::NoServer)?;
    let game = Arc::new(Game::new(contest, 0.02));
    let watchers =
        Watchers::begin(&door, &game.contest, options.watchers).await.map_err(Failure::NoServer)?;
    let load = Load::begin(&game, &door, &options.crowd);
    let restarts = restarts(options, site).await;
    let rested = load.end().await;
    let right = boards::right(site, &game.contest.id, &watchers, RIGHT).await;
    let (counts, told, anew) = (game.tally.counts(), watchers.byes(), watchers.begun_anew());
    let reconnects = watchers.reconnects();
    let audit = audit::run(&door, &game, watchers, 20_000, &folder).await;
    site.keep_logs(&folder);
    let audit = audit?;
    let (restarts, broken) = restarts;
    let mut wrong: Vec<String> = restarts.iter().filter_map(|restart| restart.wrong.clone()).collect();
    wrong.extend(broken);
    wrong.extend(rested.err());
    wrong.extend(right.as_ref().err().cloned());
    wrong.extend(noticed(&counts, &told, anew, restarts.len()));
    let most = |of: fn(&Restart) -> Duration| restarts.iter().map(of).max().unwrap_or_default().as_millis();
    let holds = wrong.is_empty() && audit.holds();
    let result = json!({
        "command": "rolling",
        "restarts": restarts.len(),
        "users": options.crowd.users,
        "requests": counts.requests,
        "failed": counts.errors(),
        "busy": counts.busy + counts.limited,
        "sockets_told": told,
        "reconnects": reconnects,
        "begun_anew": anew,
        "drained_after_at_most_ms": u64::try_from(most(|restart| restart.drained)).unwrap_or(u64::MAX),
        "ready_after_at_most_ms": u64::try_from(most(|restart| restart.ready)).unwrap_or(u64::MAX),
        "wrong": wrong,
        "invariants": audit.summary(),
        "fanout": audit.fanout,
        "run_folder": folder.to_string(),
    });
    audit.print();
    print(&result);
    folder.write("result.json", &result)?;
    Ok(Outcome { verdict: if holds { Verdict::Fine } else { Verdict::Invariant }, result })
}

/// All restarts, and what made the rest of them impossible.
async fn restarts(options: &Options, site: &mut Site) -> (Vec<Restart>, Option<String>) {
    let (settle, mut done) = (Duration::from_millis(options.settle_ms), Vec::new());
    eprintln!(
        "{} times both instances, {} users, {} watchers",
        options.times, options.crowd.users, options.watchers
    );
    for number in 0..options.times {
        for instance in &mut site.instances {
            sleep(settle).await;
            match restart(instance).await {
                Ok(restart) => {
                    eprintln!("{:>4}. {restart}", number + 1);
                    done.push(restart);
                }
                Err(why) => return (done, Some(why)),
            }
        }
    }
    sleep(settle).await;
    (done, None)
}

async fn restart(instance: &mut Instance) -> Result<Restart, String> {
    let (status, drained) = instance.drain(DRAIN).await?;
    instance.again()?;
    let started = Instant::now();
    instance.ready().await?;
    let wrong = (!status.success()).then(|| format!("instance {} ended with {status}", instance.name));
    Ok(Restart { instance: instance.name, drained, ready: started.elapsed(), wrong })
}

/// What clients have noticed, in sentences.
fn noticed(counts: &Counts, told: &BTreeMap<String, u64>, anew: u64, restarts: usize) -> Vec<String> {
    let mut wrong: Vec<String> =
        counts.failed.iter().map(|(why, times)| format!("{times} requests failed: {why}")).collect();
    if counts.busy + counts.limited > 0 {
        wrong.push(format!("{} requests were turned away", counts.busy + counts.limited));
    }
    let other = told.iter().filter(|(code, _)| *code != "drain");
    wrong.extend(other.map(|(code, times)| format!("{times} sockets ended otherwise: {code}")));
    if restarts > 0 && !told.contains_key("drain") {
        wrong.push("no socket was told drain".to_owned());
    }
    if anew > 0 {
        wrong.push(format!("{anew} sockets could not go on where they had stopped"));
    }
    wrong
}

impl std::fmt::Display for Restart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (drained, ready) = (self.drained.as_millis(), self.ready.as_millis());
        write!(f, "instance {} ended after {drained} ms, was ready again after {ready} ms", self.instance)
    }
}

fn print(result: &Value) {
    eprintln!("\n{} restarts under load:", result["restarts"]);
    eprintln!("  requests {}, failed {}, busy {}", result["requests"], result["failed"], result["busy"]);
    eprintln!("  sockets told {}, came back {} times", result["sockets_told"], result["reconnects"]);
    for wrong in result["wrong"].as_array().into_iter().flatten() {
        eprintln!("  WRONG: {}", wrong.as_str().unwrap_or_default());
    }
    eprintln!(
        "  what must hold: {} checks, broken {}",
        result["invariants"]["checks"], result["invariants"]["broken"]
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_client_notices_is_wrong() {
        let told = |code: &str| BTreeMap::from([("drain".to_owned(), 3), (code.to_owned(), 1)]);
        let none = Counts::default();
        assert_eq!(noticed(&none, &told("drain"), 0, 2), [""; 0]);
        assert_eq!(noticed(&none, &told("closed without a bye"), 0, 2).len(), 1);
        assert_eq!(noticed(&none, &told("drain"), 1, 2).len(), 1);
        assert_eq!(noticed(&none, &BTreeMap::new(), 0, 2).len(), 1);
        let mut busy = Counts::default();
        busy.busy = 1;
        assert_eq!(noticed(&busy, &told("drain"), 0, 2).len(), 1);
    }
}
