//! What must hold after every run, whatever the thresholds said: the suite's own books against
//! what the server has, row by row, and the server's own checker.

mod board;
mod check;
mod compare;
mod first_correct;
mod numbers;
mod points;
mod read;
mod stored;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::api::Api;
use crate::books::Written;
use crate::game::Game;
use crate::report::{Failure, Folder};
use crate::server::Server;
use crate::watch::{Watched, Watchers};
use check::Check;
use stored::Stored;

/// How long events may wait for their number after the last write.
const QUIET: Duration = Duration::from_secs(60);

/// What was found.
#[derive(Debug)]
pub(crate) struct Audit {
    checks: Vec<Check>,
    /// What the watchers have seen.
    pub(crate) fanout: Value,
}

/// Checks everything, and writes `invariants.json` and `fanout.json`.
pub(crate) async fn run(
    server: &Server,
    game: &Game,
    watchers: Watchers,
    ledgers: usize,
    folder: &Folder,
) -> Result<Audit, Failure> {
    eprintln!("checking what must hold …");
    let api = server.api();
    let written = game.books.close();
    let mut checks = Vec::new();
    let quiet = quiet(&api).await;
    if let Err(why) = &quiet
        && api.get("health").await.is_err()
    {
        return Err(Failure::NoServer(format!("the server has gone: {why}")));
    }
    checks.push(Check::of("quiet", "every event gets its number soon after the last write", 1, quiet.err()));
    let fanout = match read::stored(&api, game, &written, ledgers).await {
        Ok(stored) => {
            checks.extend(compare(&written, &stored, game));
            let watched = watchers.finish(&stored.board, stored.queue_ends(), &written.told).await;
            checks.extend(watched_checks(&watched));
            // An instance that is killed takes what it remembered with it.
            checks.extend((!game.loses_servers()).then(|| going_on(&watched)));
            watched.report
        }
        Err(why) => {
            checks.push(Check::impossible("read", "everything can be read page by page", &why));
            Value::Null
        }
    };
    checks.push(server_check(&api, game).await);
    checks.extend(command_check(server).await);
    let audit = Audit { checks, fanout };
    folder.write("invariants.json", &audit.json())?;
    folder.write("fanout.json", &audit.fanout)?;
    Ok(audit)
}

/// All comparisons of the books with what is stored.
fn compare(written: &Written, stored: &Stored, game: &Game) -> Vec<Check> {
    let mut checks = compare::all(written, stored);
    checks.push(points::ledgers(stored));
    checks.push(points::expected(written, stored));
    checks.push(board::ranks(stored));
    checks.push(board::standings(written, stored));
    checks.push(first_correct::one_each(stored, &game.contest.shared));
    checks.push(numbers::events(written, stored));
    checks.push(numbers::versions(written, stored, game.contest.version));
    checks
}

fn watched_checks(watched: &Watched) -> [Check; 2] {
    let frames = usize::try_from(watched.frames).unwrap_or(usize::MAX);
    [
        Check::of(
            "sockets_show_the_board",
            "once quiet, every watcher's board is the one that REST shows, and its queues have ended where the log has",
            watched.watchers,
            watched.boards_differing.iter().cloned(),
        ),
        Check::of(
            "sockets_are_complete",
            "no watcher missed a frame, got one twice, or got it out of order",
            frames,
            watched.breaks.iter().cloned(),
        ),
    ]
}

fn going_on(watched: &Watched) -> Check {
    Check::of(
        "sockets_go_on",
        "every watcher that came back could go on where it had stopped",
        watched.watchers,
        watched.begun_anew.iter().cloned(),
    )
}

/// Waits until no event waits for its number.
async fn quiet(api: &Api) -> Result<(), String> {
    let deadline = Instant::now() + QUIET;
    loop {
        let waiting = api.get("health").await?["outbox"].as_i64();
        match waiting {
            Some(0) => return Ok(()),
            _ if Instant::now() > deadline => {
                return Err(format!("{waiting:?} events still wait after {} s", QUIET.as_secs()));
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

const CHECKER: &str = "the server's own checker finds no breach";

/// The checker's report on this contest, by REST.
async fn server_check(api: &Api, game: &Game) -> Check {
    match api.check(&game.contest.id).await {
        Ok(report) => of_report("checker", &report),
        Err(why) => Check::impossible("checker", CHECKER, &why),
    }
}

/// `podium check` on the whole installation, when it is ours: another process, on SQL alone.
async fn command_check(server: &Server) -> Option<Check> {
    let output = server.started()?.podium(&["check", "--json"]).await;
    let report = output.map(|output| serde_json::from_slice::<Value>(&output.stdout).unwrap_or(Value::Null));
    Some(match report {
        Ok(report) if report["invariants"].is_array() => of_report("podium_check", &report),
        Ok(_) => Check::impossible("podium_check", CHECKER, "podium check printed no report"),
        Err(error) => Check::impossible("podium_check", CHECKER, &error.to_string()),
    })
}

fn of_report(name: &'static str, report: &Value) -> Check {
    let breaches = report["breaches"].as_array().cloned().unwrap_or_default();
    let text = |breach: &Value| {
        let of = |field: &str| breach[field].as_str().unwrap_or_default().to_owned();
        format!("{}: {}: {}", of("invariant"), of("subject"), of("detail"))
    };
    let mut check = Check::of(
        name,
        CHECKER,
        report["invariants"].as_array().map_or(0, Vec::len),
        breaches.iter().map(text),
    );
    // The report lists the first hundred of them.
    check.breaches = check.breaches.max(report["total"].as_u64().unwrap_or(0));
    check
}

impl Audit {
    /// Whether everything was checked and nothing is broken.
    pub(crate) fn holds(&self) -> bool {
        self.checks.iter().all(Check::holds)
    }

    fn json(&self) -> Value {
        json!({"ok": self.holds(), "checks": self.checks.iter().map(Check::json).collect::<Vec<_>>()})
    }

    /// For the last line.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "ok": self.holds(),
            "checks": self.checks.len(),
            "compared": self.checks.iter().map(|check| check.compared).sum::<u64>(),
            "breaches": self.checks.iter().map(|check| check.breaches).sum::<u64>(),
            "broken": self.checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect::<Vec<_>>(),
        })
    }

    /// A line for each check, and what is wrong.
    pub(crate) fn print(&self) {
        eprintln!("\n{:<26} {:>10} {:>9}", "what must hold", "compared", "breaches");
        for check in &self.checks {
            check.print();
        }
    }
}
