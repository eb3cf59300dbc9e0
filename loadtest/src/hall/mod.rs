//! A contest in a database of its own beside others, filled in SQL: what thousands of teams
//! would need minutes for is there at once.

mod database;

pub(crate) use database::{Database, connect};

use serde_json::json;

use crate::server::{Server, Target, random_hex};

/// What a team begins with; enough for every box that a run opens.
const POINTS: u64 = 1_000_000;

/// A running contest and what is in it.
#[derive(Debug, Default)]
pub(crate) struct Hall {
    pub(crate) contest: String,
    pub(crate) mystery_box: String,
    /// Teams 0 to `teams`.
    pub(crate) teams: u64,
    /// How their tokens begin; the number follows.
    pub(crate) token: String,
}

impl Hall {
    /// Makes a contest with a box on offer, and starts it.
    pub(crate) async fn open(server: &Server, name: &str) -> Result<Self, String> {
        let api = server.api();
        let (contest, _) = api.create_contest(&json!({"name": name, "opening_points": POINTS})).await?;
        let offer = json!({"difficulty": "HARD", "price": 10, "reward": 200, "max_opens": 1000});
        let offered = api.post(&format!("contests/{contest}/mystery-boxes"), &offer).await?;
        let mystery_box = offered["id"].as_str().ok_or("a box without an id")?.to_owned();
        api.start(&contest).await?;
        Ok(Self { contest, mystery_box, teams: 0, token: format!("pdm_team_{}-", random_hex()) })
    }

    /// Makes sure that there are so many teams.
    pub(crate) async fn fill(&mut self, database: &Database, needed: u64) -> Result<(), String> {
        if self.teams >= needed {
            return Ok(());
        }
        let made = include_str!("teams.sql")
            .replace("$contest", &self.contest)
            .replace("$token", &self.token)
            .replace("$points", &POINTS.to_string())
            .replace("$base", &self.teams.to_string())
            .replace("$count", &(needed - self.teams).to_string());
        self.teams = needed;
        database.execute(&made).await
    }

    /// The id of a team.
    pub(crate) fn team(number: u64) -> String {
        format!("01890000-0000-7000-8000-{number:012x}")
    }
}

/// A server on this database, with these settings besides.
pub(crate) async fn start(
    target: &Target,
    database: &Database,
    settings: &[(&str, String)],
) -> Result<Server, String> {
    let mut all = target.settings.clone();
    all.push(("DATABASE_URL".to_owned(), database.url().to_owned()));
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let target = Target {
        host: None,
        fresh: true,
        podium: target.podium.clone(),
        pool_size: target.pool_size,
        data_dir: target.data_dir.clone(),
        out: None,
        settings: all,
    };
    Server::start(&target).await.map_err(|e| e.to_string())
}
