//! Reading everything back, page by page, as staff may.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::stored::{Entry, Log, Stored};
use crate::api::Api;
use crate::books::Written;
use crate::game::Game;
use crate::game::player::id;
use crate::game::staff::WRITTEN_CATEGORY;

/// No list is read any further. A run that writes more should be shorter.
const MOST: usize = 2_000_000;

/// A ledger of a run is short; longer ones are cut off, which the sums would show.
const LEDGER: usize = 100_000;

/// Ledgers that are read at the same time.
const AT_ONCE: usize = 8;

/// Reads the contest back.
pub(super) async fn stored(
    api: &Api,
    game: &Game,
    written: &Written,
    ledgers: usize,
) -> Result<Stored, String> {
    let contest = format!("contests/{}", game.contest.id);
    let mut stored = Stored {
        teams: rows(api, &format!("{contest}/teams"), |team: &super::stored::Team| team.id).await?,
        assignments: rows(api, &format!("{contest}/assignments"), |a: &super::stored::Assignment| a.id)
            .await?,
        submissions: rows(api, &format!("{contest}/submissions"), |s: &super::stored::Submission| s.id)
            .await?,
        log: log(api, &contest).await?,
        version: api.get(&contest).await?["version"].as_i64().unwrap_or(0),
        ..Stored::default()
    };
    for offer in &game.contest.boxes {
        let path = format!("{contest}/mystery-boxes/{}/openings", offer.id);
        stored.openings.extend(rows(api, &path, |o: &super::stored::Opening| o.id).await?);
    }
    let board = api.board(&game.contest.id, MOST).await?;
    stored.board = board.into_iter().map(typed).collect::<Result<_, _>>()?;
    stored.questions = placed(api, &contest).await?;
    stored.emails = emails(api, &contest, written).await?;
    stored.ledgers = read_ledgers(api, &contest, chosen(&stored, ledgers)).await?;
    Ok(stored)
}

fn typed<T: DeserializeOwned>(row: Value) -> Result<T, String> {
    let text = row.to_string();
    serde_json::from_value(row).map_err(|e| format!("{e} in {text}"))
}

async fn rows<T: DeserializeOwned>(
    api: &Api,
    path: &str,
    id: impl Fn(&T) -> Uuid,
) -> Result<HashMap<Uuid, T>, String> {
    let (mut rows, mut wrong) = (HashMap::new(), None);
    let seen = api
        .each(path, MOST, |row| match typed::<T>(row) {
            Ok(row) => drop(rows.insert(id(&row), row)),
            Err(why) => wrong = Some(why),
        })
        .await?;
    match wrong {
        Some(why) => Err(format!("{path}: {why}")),
        None if rows.len() != seen => Err(format!("{path}: {seen} rows have only {} ids", rows.len())),
        None if seen >= MOST => Err(format!("{path}: more than {MOST} rows")),
        None => Ok(rows),
    }
}

/// Whose ledgers are read: first of those that did something.
fn chosen(stored: &Stored, ledgers: usize) -> Vec<Uuid> {
    let mut chosen: Vec<Uuid> = Vec::new();
    let mut known = HashSet::new();
    let active = stored.assignments.values().map(|a| a.team_id);
    for team in active.chain(stored.teams.keys().copied()) {
        if chosen.len() >= ledgers {
            break;
        }
        if known.insert(team) {
            chosen.push(team);
        }
    }
    chosen
}

async fn read_ledgers(
    api: &Api,
    contest: &str,
    teams: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<Entry>>, String> {
    if teams.len() > 1000 {
        eprintln!("reading {} ledgers …", teams.len());
    }
    stream::iter(teams)
        .map(|team| async move {
            let entries = api.all(&format!("{contest}/teams/{team}/ledger"), LEDGER).await?;
            let entries = entries.into_iter().map(typed).collect::<Result<Vec<Entry>, _>>()?;
            Ok((team, entries))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn log(api: &Api, contest: &str) -> Result<Log, String> {
    let id = contest.trim_start_matches("contests/");
    let (mut log, mut since) = (Log::default(), 0);
    loop {
        let page = api.events(id, since).await?;
        for event in page["data"].as_array().into_iter().flatten() {
            note(&mut log, event);
        }
        log.head = page["head"].as_i64().unwrap_or(0);
        match page["next_since"].as_i64() {
            Some(next) if next > since && next < log.head => since = next,
            Some(next) if next >= log.head => return Ok(log),
            _ => return Err(format!("the event log does not go on after {since} of {}", log.head)),
        }
    }
}

fn note(log: &mut Log, event: &Value) {
    let (seq, kind) = (event["seq"].as_i64().unwrap_or(0), event["kind"].as_str().unwrap_or_default());
    let before = log.last.values().max().copied().unwrap_or(0);
    if seq != before + 1 {
        log.gaps.push(format!("{before} is followed by {seq}"));
    }
    *log.kinds.entry(kind.to_owned()).or_default() += 1;
    log.last.insert(kind.to_owned(), seq);
    if kind == "first_correct"
        && let (Some(question), Some(team)) =
            (id(&event["payload"], "question_id"), id(&event["payload"], "team_id"))
    {
        log.first_correct.insert(question, team);
    }
}

/// The questions that staff has placed during the run.
async fn placed(api: &Api, contest: &str) -> Result<HashMap<Uuid, i64>, String> {
    let mut found = HashMap::new();
    let category = WRITTEN_CATEGORY.replace(' ', "%20");
    api.each(&format!("{contest}/questions?category={category}"), MOST, |question| {
        if let Some(id) = id(&question, "id") {
            found.insert(id, question["edit_version"].as_i64().unwrap_or(0));
        }
    })
    .await?;
    Ok(found)
}

async fn emails(api: &Api, contest: &str, written: &Written) -> Result<HashMap<Uuid, String>, String> {
    stream::iter(written.emails.keys())
        .map(|team| async move {
            let found = api.get(&format!("{contest}/teams/{team}")).await?;
            Ok((*team, found["email"].as_str().unwrap_or_default().to_owned()))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_gap_in_the_log_is_noticed() {
        let mut log = Log::default();
        for seq in [1, 2, 4, 5] {
            note(&mut log, &json!({"seq": seq, "kind": if seq % 2 == 0 { "a" } else { "b" }, "payload": {}}));
        }
        assert_eq!(log.gaps, vec!["2 is followed by 4"]);
        assert_eq!((log.kinds["a"], log.last["b"]), (2, 5));
    }
}
