//! The documented flow of the live leaderboard that Podium replaces, with four tabs: people join and
//! score and overtake each other, sample data comes and goes, a tab closes and comes back.
//!
//! What must be shown is worked out here from what was done, and never read from the server.

mod tab;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::tab::{LINE, Tab, must_have};
use super::Play;
use crate::http::Ask;

const SESSION: &str = "DEMO123";

/// Who plays; the tabs are opened in this order.
const PEOPLE: [&str; 4] = ["alice", "bob", "charlie", "diana"];

/// Everybody who can be played.
const USERS: usize = 8;

/// `alice` is called Alice.
fn name(user: &str) -> String {
    let (first, rest) = user.split_at(1);
    first.to_uppercase() + rest
}

/// What everybody must see.
#[derive(Debug, Default)]
struct Wanted {
    scores: BTreeMap<String, i64>,
    connected: BTreeSet<&'static str>,
}

impl Wanted {
    fn rank_of(&self, user: &str) -> usize {
        let own = self.scores.get(user).copied().unwrap_or_default();
        1 + self.scores.values().filter(|score| **score > own).count()
    }

    /// Whoever has points or is connected: the highest score first, equal ones by name.
    fn board(&self) -> Value {
        let is_connected = |user: &str| self.connected.contains(user);
        let mut shown: Vec<_> =
            self.scores.iter().filter(|(user, score)| **score != 0 || is_connected(user)).collect();
        shown.sort_by_key(|(user, score)| (-**score, (*user).clone()));
        let line = |(user, score): (&String, &i64)| {
            json!({"rank": self.rank_of(user), "userId": user, "username": name(user), "score": score,
                "isConnected": is_connected(user)})
        };
        shown.into_iter().map(line).collect()
    }
}

/// The demo under way.
struct Live<'a> {
    play: &'a mut Play,
    tabs: Vec<Tab>,
    wanted: Wanted,
}

/// Plays it.
pub(super) async fn play(play: &mut Play) -> Result<(), String> {
    let mut live = Live { play, tabs: Vec::new(), wanted: Wanted::default() };
    live.information().await?;
    live.everybody_joins().await?;
    live.people_score().await?;
    live.sample_data_and_reset().await?;
    live.one_leaves_and_comes_back().await?;
    live.what_cannot_be().await
}

impl Live<'_> {
    async fn ask(&mut self, ask: Ask) -> Result<Value, String> {
        let what = format!("{} {}", ask.method, ask.path);
        let reply = self.play.connection.send(&ask).await.map_err(|e| e.to_string())?;
        if reply.status != 200 {
            return Err(format!("{what} was answered {}: {}", reply.status, reply.json()));
        }
        Ok(reply.json())
    }

    /// Health, who there is to play as, and an empty board.
    async fn information(&mut self) -> Result<(), String> {
        let health = self.ask(Ask::get("/health")).await?;
        self.play.same("GET /health: status", &health["status"], &json!("ok"))?;
        let about = self.ask(Ask::get("/api/demo")).await?;
        let users = about["availableUsers"].as_array().map_or(&[][..], Vec::as_slice);
        for user in PEOPLE {
            let wanted = json!({"userId": user, "username": name(user), "isConnected": false});
            let there = users.iter().find(|one| one["userId"] == user).unwrap_or(&about);
            self.play.same(&format!("GET /api/demo: {user} is available"), there, &wanted)?;
        }
        self.play.same("GET /api/demo: sessionId", &about["sessionId"], &json!(SESSION))?;
        self.ask(Ask::new(hyper::Method::POST, "/api/demo/reset")).await?;
        self.board_by_http().await
    }

    async fn board_by_http(&mut self) -> Result<(), String> {
        let board = self.ask(Ask::get(format!("/api/leaderboard/{SESSION}"))).await?;
        for line in board["leaderboard"].as_array().into_iter().flatten() {
            must_have(line, LINE)?;
        }
        let wanted = self.wanted.board();
        self.play.same("GET /api/leaderboard/DEMO123: leaderboard", &board["leaderboard"], &wanted)
    }

    /// Every tab must come to show what is wanted.
    async fn everybody_sees(&mut self) -> Result<(), String> {
        let wanted = self.wanted.board();
        for tab in &mut self.tabs {
            let right = |data: &Value| data["leaderboard"] == wanted;
            tab.shows("leaderboard-update", &wanted.to_string(), right).await?;
            self.play.saw(&format!("leaderboard-update in {}'s tab", tab.user));
        }
        self.board_by_http().await
    }

    async fn joins(&mut self, user: &'static str) -> Result<(), String> {
        let mut tab = Tab::open(&format!("ws://{}/ws", self.play.authority), user).await?;
        tab.join(SESSION).await?;
        self.tabs.push(tab);
        self.wanted.connected.insert(user);
        self.wanted.scores.entry(user.to_owned()).or_default();
        let wanted =
            json!({"userId": user, "username": name(user), "totalParticipants": self.wanted.connected.len()});
        for tab in &mut self.tabs {
            tab.shows("participant-joined", &wanted.to_string(), |data| *data == wanted).await?;
            self.play.saw(&format!("participant-joined of {user} in {}'s tab", tab.user));
        }
        self.own_rank(user).await
    }

    async fn own_rank(&mut self, user: &'static str) -> Result<(), String> {
        let score = self.wanted.scores.get(user).copied().unwrap_or_default();
        let wanted = json!({"userId": user, "score": score, "rank": self.wanted.rank_of(user)});
        let tab = self.tabs.iter_mut().find(|tab| tab.user == user).ok_or("nobody has this tab")?;
        tab.shows("user-rank-update", &wanted.to_string(), |data| *data == wanted).await?;
        self.play.saw(&format!("user-rank-update: {wanted}"));
        Ok(())
    }

    async fn everybody_joins(&mut self) -> Result<(), String> {
        for user in PEOPLE {
            self.joins(user).await?;
        }
        self.board_by_http().await
    }

    async fn scores(&mut self, user: &'static str, points: i64) -> Result<(), String> {
        let tab = self.tabs.iter_mut().find(|tab| tab.user == user).ok_or("nobody has this tab")?;
        tab.say("update-score", json!({"points": points})).await?;
        let score = self.wanted.scores.entry(user.to_owned()).or_default();
        *score += points;
        let (score, wanted) = (*score, self.wanted.board());
        let last = json!({"userId": user, "username": name(user), "score": score});
        for tab in &mut self.tabs {
            let right = |data: &Value| data["leaderboard"] == wanted && data["lastUpdate"] == last;
            tab.shows("leaderboard-update", &format!("{wanted} after {last}"), right).await?;
            self.play.saw(&format!("lastUpdate {last} in {}'s tab", tab.user));
        }
        Ok(())
    }

    /// "+25" in one tab and another; ranks change for those who did nothing, too.
    async fn people_score(&mut self) -> Result<(), String> {
        self.scores("alice", 25).await?;
        self.own_rank("alice").await?;
        self.own_rank("bob").await?;
        self.scores("bob", 50).await?;
        self.own_rank("bob").await?;
        self.own_rank("alice").await?;
        self.scores("charlie", 25).await?;
        self.own_rank("charlie").await?;
        self.scores("charlie", 100).await?;
        self.own_rank("charlie").await?;
        self.own_rank("bob").await?;
        self.board_by_http().await
    }

    /// "Populate Demo Data" shows a full leaderboard and takes nobody's points; "Reset" clears it.
    async fn sample_data_and_reset(&mut self) -> Result<(), String> {
        let filled = self.ask(Ask::new(hyper::Method::POST, "/api/demo/populate")).await?;
        let lines = filled["leaderboard"].as_array().cloned().unwrap_or_default();
        self.play.same("POST /api/demo/populate: lines", &json!(lines.len()), &json!(USERS))?;
        for line in &lines {
            let (user, score) = (line["userId"].as_str().unwrap_or_default(), line["score"].as_i64());
            let before = self.wanted.scores.get(user).copied().unwrap_or_default();
            let kept = score.is_some_and(|score| score > 0 && (before == 0 || score == before));
            self.play.same(
                &format!("POST /api/demo/populate: {user} had {before}"),
                &json!(kept),
                &json!(true),
            )?;
            self.wanted.scores.insert(user.to_owned(), score.unwrap_or_default());
        }
        self.everybody_sees().await?;
        let cleared = self.ask(Ask::new(hyper::Method::POST, "/api/demo/reset")).await?;
        self.wanted.scores.values_mut().for_each(|score| *score = 0);
        let wanted = self.wanted.board();
        self.play.same("POST /api/demo/reset: leaderboard", &cleared["leaderboard"], &wanted)?;
        self.everybody_sees().await?;
        self.scores("diana", 25).await?;
        self.own_rank("diana").await
    }

    /// The connection status follows a tab that closes and comes back; its points wait for it.
    async fn one_leaves_and_comes_back(&mut self) -> Result<(), String> {
        self.tabs.retain(|tab| tab.user != "diana");
        self.wanted.connected.remove("diana");
        self.everybody_sees().await?;
        self.joins("diana").await?;
        self.board_by_http().await
    }

    /// What is refused is told, and the tab goes on.
    async fn what_cannot_be(&mut self) -> Result<(), String> {
        let tab = self.tabs.iter_mut().find(|tab| tab.user == "alice").ok_or("nobody has this tab")?;
        for points in [0, -25, 1_000_000] {
            tab.say("update-score", json!({"points": points})).await?;
            tab.shows("error", "a refusal", |data| data["code"] == "invalid").await?;
            self.play.saw(&format!("{points} points are refused"));
        }
        self.scores("alice", 25).await?;
        let other = Ask::get("/api/leaderboard/OTHER");
        let status = self.play.connection.send(&other).await.map_err(|e| e.to_string())?.status;
        self.play.same("GET /api/leaderboard/OTHER: status", &json!(status), &json!(404))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_board_shares_ranks_and_leaves_out_who_is_neither_there_nor_has_points() {
        let scores = [("alice", 25), ("bob", 50), ("charlie", 25), ("eve", 0), ("frank", 0)];
        let wanted = Wanted {
            scores: scores.map(|(user, score)| (user.to_owned(), score)).into(),
            connected: ["bob", "eve"].into(),
        };
        let board = wanted.board();
        let lines: Vec<_> = board.as_array().unwrap().iter().map(|l| (&l["rank"], &l["username"])).collect();
        let wanted = [(1, "Bob"), (2, "Alice"), (2, "Charlie"), (4, "Eve")];
        let wanted: Vec<_> = wanted.iter().map(|(rank, name)| (json!(rank), json!(name))).collect();
        assert_eq!(lines, wanted.iter().map(|(rank, name)| (rank, name)).collect::<Vec<_>>());
    }
}
