//! What is played upon: a database with so much history, and two contests in it, one for the
//! server and one for the textbook.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

use super::operation::Operation;
use crate::server::{Server, Target, random_hex};

/// Questions that each team of the past has answered.
const ANSWERS: u64 = 100;

/// Rows that each of them left behind: assignment, submission, judgement, entry, three events.
const ROWS: u64 = 7;

/// Rows of a team itself: team, member, entry, event.
const OWN_ROWS: u64 = 4;

/// A contest and what is in it.
#[derive(Debug, Default)]
pub(super) struct Hall {
    pub(super) contest: String,
    pub(super) mystery_box: String,
    /// Teams 0 to `teams`, not counting those of the past.
    pub(super) teams: u64,
    /// How their tokens begin; the number follows.
    pub(super) token: String,
}

/// Whose contest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Textbook,
}

/// A database with two contests.
pub(super) struct Stage {
    /// Rows of history in the server's contest.
    pub(super) rows: u64,
    pub(super) url: String,
    sql: Client,
    server: Hall,
    textbook: Hall,
    questions: u64,
    runs: u64,
}

/// A connection for statements of our own.
pub(super) async fn connect(url: &str) -> Result<Client, String> {
    let opened = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = opened.map_err(|e| format!("cannot connect to the database: {e}"))?;
    // It ends with the client.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// `postgres://…/podium` with another name at the end.
fn named(url: &str, database: &str) -> String {
    url.rsplit_once('/').map_or_else(|| database.to_owned(), |(server, _)| format!("{server}/{database}"))
}

impl Stage {
    /// Makes the database, and lets a server make what a server makes.
    pub(super) async fn set(target: &Target, url: &str, rows: u64) -> Result<Self, String> {
        eprintln!("making {rows} rows of history …");
        let database = format!("history_{rows}_{}", &random_hex()[..8]);
        let made = connect(url).await?.batch_execute(&format!("CREATE DATABASE {database}")).await;
        made.map_err(|e| told(&e))?;
        let url = named(url, &database);
        let server = start(target, &url, 8).await?;
        let done = Self::fill(&server, &url, rows).await;
        server.stop().await;
        done
    }

    async fn fill(server: &Server, url: &str, rows: u64) -> Result<Self, String> {
        let mut stage = Self {
            rows,
            url: url.to_owned(),
            sql: connect(url).await?,
            server: open_hall(server, "Server").await?,
            textbook: open_hall(server, "Textbook").await?,
            questions: 0,
            runs: 0,
        };
        stage.quiet().await?;
        let teams = rows.div_ceil(OWN_ROWS + ANSWERS * ROWS).max(1);
        let each = ((rows / teams).saturating_sub(OWN_ROWS) / ROWS).max(1);
        let contest = stage.server.contest.clone();
        let first = stage.questions;
        stage.add_questions(&contest, "regular", teams * each).await?;
        let history = include_str!("sql/history.sql")
            .replace("$contest", &contest)
            .replace("$teams", &teams.to_string())
            .replace("$each", &each.to_string())
            .replace("$base", &first.to_string());
        stage.execute(&history).await?;
        stage.execute("VACUUM ANALYZE").await?;
        Ok(stage)
    }

    pub(super) fn hall(&self, side: Side) -> &Hall {
        match side {
            Side::Server => &self.server,
            Side::Textbook => &self.textbook,
        }
    }

    /// A number for a run; no two runs on this database have the same.
    pub(super) fn next_run(&mut self) -> u64 {
        self.runs += 1;
        self.runs
    }

    /// Makes sure that a run finds what it needs, and that nothing of an earlier one is still
    /// being written.
    pub(super) async fn prepare(
        &mut self,
        side: Side,
        operation: Operation,
        seconds: u32,
    ) -> Result<(), String> {
        self.close_boxes(side).await?;
        self.fill_hall(side, operation.teams(seconds)).await?;
        if let Some((pool, needed)) = operation.questions(seconds) {
            let contest = self.hall(side).contest.clone();
            let free = format!(
                "SELECT count(*) FROM free_question WHERE contest_id = '{contest}' AND pool = '{pool}'"
            );
            if self.number(&free).await? < needed {
                self.add_questions(&contest, pool, 2 * needed).await?;
            }
        }
        self.quiet().await?;
        // With statistics from before this contest was played, PostgreSQL takes any index that
        // begins with the contest for as good as the right one, on either side.
        self.execute("ANALYZE").await?;
        self.execute("CHECKPOINT").await
    }

    /// Waits until every event has its number.
    pub(super) async fn quiet(&self) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.number("SELECT count(*) FROM (SELECT FROM outbox LIMIT 1) waiting").await? > 0 {
            if Instant::now() > deadline {
                return Err("events still wait for their numbers after a minute".to_owned());
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Whether the server's contest keeps every promise; it says so itself.
    pub(super) async fn is_sound(&self, target: &Target) -> Result<bool, String> {
        let server = start(target, &self.url, 8).await?;
        self.quiet().await?;
        let report = server.api().check(&self.server.contest).await;
        server.stop().await;
        let report = report?;
        let ok = report["ok"].as_bool() == Some(true);
        eprintln!("{} rows of history: the checker says {}", self.rows, if ok { "ok" } else { "BROKEN" });
        if !ok {
            eprintln!("{report:#}");
        }
        Ok(ok)
    }

    async fn add_questions(&mut self, contest: &str, pool: &str, count: u64) -> Result<(), String> {
        let made = include_str!("sql/questions.sql")
            .replace("$contest", contest)
            .replace("$pool", pool)
            .replace("$base", &self.questions.to_string())
            .replace("$count", &count.to_string());
        self.questions += count;
        self.execute(&made).await
    }

    async fn fill_hall(&mut self, side: Side, needed: u64) -> Result<(), String> {
        let hall = self.hall(side);
        if hall.teams >= needed {
            return Ok(());
        }
        let made = include_str!("sql/teams.sql")
            .replace("$contest", &hall.contest)
            .replace("$token", &hall.token)
            .replace("$points", "1000000")
            .replace("$base", &hall.teams.to_string())
            .replace("$count", &(needed - hall.teams).to_string());
        match side {
            Side::Server => self.server.teams = needed,
            Side::Textbook => self.textbook.teams = needed,
        }
        self.execute(&made).await
    }

    /// A team can have one box open only: those of the last run end here.
    async fn close_boxes(&self, side: Side) -> Result<(), String> {
        let contest = &self.hall(side).contest;
        self.execute(&format!(
            "UPDATE assignment SET state = 'expired', resolved_at = now()
             WHERE contest_id = '{contest}' AND pool = 'mystery' AND state = 'revealed'"
        ))
        .await
    }

    async fn execute(&self, statements: &str) -> Result<(), String> {
        self.sql.batch_execute(statements).await.map_err(|e| told(&e))
    }

    async fn number(&self, query: &str) -> Result<u64, String> {
        let row = self.sql.query_one(query, &[]).await.map_err(|e| told(&e))?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }
}

/// The error itself; its own text is only "db error".
fn told(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |e| format!("the database says: {e}"))
}

/// A server on this database.
pub(super) async fn start(target: &Target, url: &str, pool: u32) -> Result<Server, String> {
    let mut settings = target.settings.clone();
    settings.push(("DATABASE_URL".to_owned(), url.to_owned()));
    let target = Target {
        host: None,
        fresh: true,
        podium: target.podium.clone(),
        pool_size: Some(pool),
        data_dir: target.data_dir.clone(),
        out: None,
        settings,
    };
    Server::start(&target).await.map_err(|e| e.to_string())
}

async fn open_hall(server: &Server, name: &str) -> Result<Hall, String> {
    let api = server.api();
    let (contest, _) = api.create_contest(&json!({"name": name, "opening_points": 1_000_000})).await?;
    let offer = json!({"difficulty": "HARD", "price": 10, "reward": 200, "max_opens": 1000});
    let offered = api.post(&format!("contests/{contest}/mystery-boxes"), &offer).await?;
    let mystery_box = offered["id"].as_str().ok_or("a box without an id")?.to_owned();
    api.start(&contest).await?;
    Ok(Hall { contest, mystery_box, teams: 0, token: format!("pdm_team_{}-", random_hex()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_the_database_changes() {
        assert_eq!(
            named("postgres://podium:x@127.0.0.1:5/podium", "other"),
            "postgres://podium:x@127.0.0.1:5/other"
        );
    }
}
