//! Whether people who sign in keep those who play waiting.
//!
//! Teams answer at a steady pace; every second turn, hundreds of people sign in at once, wave after
//! wave. Passwords are made to be dear, so this is what would hurt if they were not worked on
//! apart. The turns alternate, so that whatever else the machine does falls upon both kinds.

mod answers;
mod people;

use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use self::answers::Teams;
use self::people::{People, Waves};
use crate::audit;
use crate::environment;
use crate::game::Game;
use crate::game::contest::{Contest, Stock};
use crate::report::{Failure, Folder, Outcome, Verdict};
use crate::server::{Server, Target};
use crate::span;
use crate::tally::{histogram, percentile_ms, percentiles};
use crate::watch::Watchers;

/// Turns without sign-ins and with, one after the other.
const TURNS: usize = 4;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// People who sign in at once
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=2000))]
    at_once: u16,
    /// Answers per second
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=2000))]
    answers: u16,
    /// How long each of the four turns takes
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "20s")]
    turn: Duration,
    /// How many times the p99 of answers without sign-ins that with sign-ins may be
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0)]
    max_ratio: f64,
}

/// Measures answers, A B A B.
pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    let server = Server::find(target).await?;
    let done = Box::pin(on_server(options, target, &server)).await;
    server.stop().await;
    done
}

async fn on_server(options: &Options, target: &Target, server: &Server) -> Result<Outcome, Failure> {
    let folder = Folder::make(&target.runs(), "sign-ins")?;
    environment::describe(server, target, &folder).await?;
    let needed = f64::from(options.answers) * options.turn.as_secs_f64() * (TURNS + 1) as f64;
    let stock = Stock { exclusive: needed as usize + 500, shared: 0, mystery: 0, open: 1 };
    let contest = Contest::make(&server.api(), "sign-ins", stock).await.map_err(Failure::NoServer)?;
    let game = Arc::new(Game::new(contest, 0.0));
    let watchers = Watchers::begin(server, &game.contest, 1).await.map_err(Failure::NoServer)?;
    let people = People::register(server.authority(), options.at_once).await.map_err(Failure::NoServer)?;
    let teams = Teams::register(Arc::clone(&game), server.authority()).await.map_err(Failure::NoServer)?;
    // Connections are made and statements prepared by then.
    teams.answer(options.answers, options.turn / 4).await;
    let (mut alone, mut beside, mut waves) = (histogram(), histogram(), Waves::default());
    for turn in 0..TURNS {
        let with = turn % 2 == 1;
        let signing_in = with.then(|| people.begin());
        let seen = teams.answer(options.answers, options.turn).await;
        if let Some(signing_in) = signing_in {
            waves += signing_in.end().await;
        }
        eprintln!(
            "{} sign-ins: p99 {:.1} ms",
            if with { "with" } else { "without" },
            percentile_ms(&seen, 99.0)
        );
        *if with { &mut beside } else { &mut alone } += seen;
    }
    let audit = audit::run(server, &game, watchers, 20_000, &folder).await?;
    server.keep_log(&folder);
    let mut result = figures(&alone, &beside, &waves);
    let counts = game.tally.counts();
    result["errors"] = json!(counts.errors());
    result["turned_away"] = json!(counts.busy + counts.limited);
    result["invariants"] = audit.summary();
    result["run_folder"] = json!(folder.to_string());
    print(&result);
    audit.print();
    folder.write("sign-ins.json", &result)?;
    let verdict = match audit.holds() {
        false => Verdict::Invariant,
        true => judge(options, &result),
    };
    Ok(Outcome { verdict, result })
}

fn figures(alone: &Histogram<u64>, beside: &Histogram<u64>, waves: &Waves) -> Value {
    json!({
        "scenario": "sign-ins",
        "alone": percentiles(alone),
        "beside": percentiles(beside),
        "ratio": percentile_ms(beside, 99.0) / percentile_ms(alone, 99.0),
        "sign_ins": waves.json(),
    })
}

/// Too slow, something went wrong, players were turned away, or nobody signed in and nothing was shown.
fn judge(options: &Options, result: &Value) -> Verdict {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::INFINITY);
    let wrong = [&result["errors"], &result["turned_away"], &result["sign_ins"]["wrong"]]
        .map(number)
        .iter()
        .sum::<f64>();
    let idle = result["sign_ins"]["signed_in"].as_u64().unwrap_or(0) == 0;
    // A ratio that is no number is no proof either.
    let good = number(&result["ratio"]) <= options.max_ratio && wrong == 0.0 && !idle;
    if good { Verdict::Fine } else { Verdict::Threshold }
}

fn print(result: &Value) {
    eprintln!("\nanswers            {:>8} {:>9} {:>9} {:>9}", "count", "p50 ms", "p95 ms", "p99 ms");
    for (name, key) in [("without sign-ins", "alone"), ("with sign-ins", "beside")] {
        let of = |field: &str| result[key][field].as_f64().unwrap_or(0.0);
        let [p50, p95, p99] = ["p50_ms", "p95_ms", "p99_ms"].map(of);
        eprintln!("{name:<18} {:>8} {p50:>9.1} {p95:>9.1} {p99:>9.1}", result[key]["count"]);
    }
    eprintln!("ratio of the p99   {:>8.2}", result["ratio"].as_f64().unwrap_or(f64::NAN));
    eprintln!("errors {}   turned away {}", result["errors"], result["turned_away"]);
    let told = &result["sign_ins"];
    eprintln!(
        "waves {}   signed in {}   told to come back {}   wrong {}   p50 {:.0} ms   p99 {:.0} ms",
        told["waves"],
        told["signed_in"],
        told["limited"],
        told["wrong"],
        told["latency"]["p50_ms"].as_f64().unwrap_or(0.0),
        told["latency"]["p99_ms"].as_f64().unwrap_or(0.0),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(ratio: &Value, signed_in: u64, wrong: u64) -> Verdict {
        judged(ratio, 0, &json!({"signed_in": signed_in, "wrong": wrong}))
    }

    fn judged(ratio: &Value, turned_away: u64, sign_ins: &Value) -> Verdict {
        let options = Options { at_once: 1, answers: 1, turn: Duration::from_secs(1), max_ratio: 2.0 };
        let result = json!({"ratio": ratio, "errors": 0, "turned_away": turned_away, "sign_ins": sign_ins});
        judge(&options, &result)
    }

    #[test]
    fn a_player_who_is_turned_away_is_kept_waiting() {
        assert_eq!(judged(&json!(1.0), 1, &json!({"signed_in": 40, "wrong": 0})), Verdict::Threshold);
    }

    #[test]
    fn only_a_measured_ratio_within_the_limit_is_fine() {
        assert_eq!(verdict(&json!(2.0), 40, 0), Verdict::Fine);
        assert_eq!(verdict(&json!(2.01), 40, 0), Verdict::Threshold);
        assert_eq!(verdict(&json!(f64::NAN), 40, 0), Verdict::Threshold);
        assert_eq!(verdict(&json!(1.0), 0, 0), Verdict::Threshold);
        assert_eq!(verdict(&json!(1.0), 40, 1), Verdict::Threshold);
    }
}
