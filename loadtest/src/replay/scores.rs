//! The score service: register, get a token, submit scores, read the global board and one's own rank,
//! and report the best between two dates.

use serde_json::{Value, json};

use super::Play;
use crate::http::Ask;
use crate::server::random_hex;

/// Whoever plays it, and what each submits in turn.
const PLAYERS: [(&str, &[i64]); 3] = [("ada", &[1500, 2100, 1800]), ("bob", &[2100]), ("eve", &[900])];

const PASSWORD: &str = "correct horse battery";

pub(super) async fn play(play: &mut Play) -> Result<(), String> {
    // A server may have been played on before.
    let run = random_hex()[..8].to_owned();
    let game = format!("/api/v1/games/scores-{run}");
    make_game(play, &run).await?;
    let mut tokens = Vec::new();
    for (name, scores) in PLAYERS {
        let name = format!("{name} {run}");
        let token = sign_in(play, &name).await?;
        submit(play, &game, &token, scores).await?;
        tokens.push(token);
    }
    board(play, &game, &run).await?;
    ranks(play, &game, &tokens).await?;
    report(play, &run, &tokens[0]).await?;
    refusals(play, &game).await
}

async fn make_game(play: &mut Play, run: &str) -> Result<(), String> {
    let game = json!({"slug": format!("scores-{run}"), "title": "Scores", "self_reported": true});
    let ask = Ask::post("/api/v1/games", &game).bearer(&play.staff);
    let made = json!({"id": "<id>", "slug": game["slug"], "title": "Scores", "self_reported": true,
        "time_zone": "UTC", "version": 1, "created_at": "<time>"});
    play.step("a board for reported scores", ask, 201, &made).await.map(drop)
}

/// `POST /v1/auth/register` and `POST /v1/auth/token`.
async fn sign_in(play: &mut Play, name: &str) -> Result<String, String> {
    let account = json!({"name": name, "password": PASSWORD, "email": "ada@example.org"});
    let made = json!({"id": "<id>", "name": name, "email": "ada@example.org", "role": "member",
        "state": "active", "version": 1, "created_at": "<time>"});
    play.step("register", Ask::post("/api/v1/auth/register", &account), 201, &made).await?;
    let grant = json!({"grant_type": "password", "username": name, "password": PASSWORD});
    let granted = json!({"access_token": "<text>", "token_type": "Bearer", "expires_in": 900,
        "refresh_token": "<text>"});
    let tokens = play.step("token", Ask::post("/api/v1/auth/token", &grant), 200, &granted).await?;
    Ok(tokens["access_token"].as_str().unwrap_or_default().to_owned())
}

/// `POST /v1/scores/submit`: each is kept, the best counts.
async fn submit(play: &mut Play, game: &str, token: &str, scores: &[i64]) -> Result<(), String> {
    let mut best = i64::MIN;
    for score in scores {
        let improved = *score > best;
        best = best.max(*score);
        let kept = json!({"id": "<id>", "score": score, "at": "<time>", "game_id": "<id>", "best": best,
            "improved": improved});
        let ask = Ask::post(format!("{game}/scores"), &json!({"score": score})).bearer(token);
        play.step("submit", ask, 201, &kept).await?;
    }
    let history: Vec<_> =
        scores.iter().rev().map(|score| json!({"id": "<id>", "score": score, "at": "<time>"})).collect();
    let ask = Ask::get(format!("{game}/my_scores")).bearer(token);
    play.step("history", ask, 200, &json!({"data": history, "next_cursor": null})).await.map(drop)
}

fn row(run: &str, rank: i64, name: &str, score: i64) -> Value {
    json!({"rank": rank, "account_id": "<id>", "name": format!("{name} {run}"), "score": score})
}

/// `GET /v1/leaderboard/global`, whole and in pages.
async fn board(play: &mut Play, game: &str, run: &str) -> Result<(), String> {
    let rows = [row(run, 1, "ada", 2100), row(run, 1, "bob", 2100), row(run, 3, "eve", 900)];
    let ask = Ask::get(format!("{game}/leaderboard"));
    play.step("global board", ask, 200, &json!({"data": rows, "next_cursor": null})).await?;
    let ask = Ask::get(format!("{game}/leaderboard?limit=2"));
    let page =
        play.step("first page", ask, 200, &json!({"data": rows[..2], "next_cursor": "<text>"})).await?;
    let next = page["next_cursor"].as_str().unwrap_or_default();
    let ask = Ask::get(format!("{game}/leaderboard?limit=2&cursor={next}"));
    play.step("second page", ask, 200, &json!({"data": rows[2..], "next_cursor": null})).await.map(drop)
}

/// `GET /v1/leaderboard/my_rank`.
async fn ranks(play: &mut Play, game: &str, tokens: &[String]) -> Result<(), String> {
    for (token, (rank, score)) in tokens.iter().zip([(1, 2100), (1, 2100), (3, 900)]) {
        let ask = Ask::get(format!("{game}/my_rank")).bearer(token);
        play.step("my rank", ask, 200, &json!({"rank": rank, "score": score, "others": 2})).await?;
    }
    Ok(())
}

/// `GET /v1/reports/top_players`: today is the last day, and counts.
async fn report(play: &mut Play, run: &str, token: &str) -> Result<(), String> {
    let today = chrono::Utc::now().date_naive();
    let path = |first: chrono::NaiveDate, last: chrono::NaiveDate| {
        format!("/api/v1/reports/top_players?start_date={first}&end_date={last}&game=scores-{run}")
    };
    // Midnight may pass meanwhile.
    let (first, last) = (today - chrono::Days::new(1), today + chrono::Days::new(1));
    let rows = [row(run, 1, "ada", 2100), row(run, 1, "bob", 2100), row(run, 3, "eve", 900)];
    let best = json!({"start_date": first.to_string(), "end_date": last.to_string(), "data": rows});
    play.step("report", Ask::get(path(first, last)).bearer(token), 200, &best).await?;
    let long_ago = today - chrono::Days::new(9);
    let none = json!({"start_date": long_ago.to_string(), "end_date": long_ago.to_string(), "data": []});
    play.step("report of a day long ago", Ask::get(path(long_ago, long_ago)).bearer(token), 200, &none)
        .await?;
    let problem = problem("/problems/dates-reversed", 400, "/api/v1/reports/top_players");
    play.step("report, reversed", Ask::get(path(last, first)).bearer(token), 400, &problem).await.map(drop)
}

/// What needs a token is refused without one.
async fn refusals(play: &mut Play, game: &str) -> Result<(), String> {
    for path in [format!("{game}/my_rank"), "/api/v1/reports/top_players".to_owned()] {
        let mut problem = problem("/problems/not-authenticated", 401, &path);
        if let Some(problem) = problem.as_object_mut() {
            problem.remove("detail");
        }
        play.step("without a token", Ask::get(path), 401, &problem).await?;
    }
    Ok(())
}

fn problem(kind: &str, status: u16, path: &str) -> Value {
    json!({"type": kind, "title": "<text>", "status": status, "detail": "<text>", "instance": path,
        "request_id": "<text>"})
}
