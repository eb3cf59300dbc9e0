//! What is played upon: a database with so much history, and two contests in it, one for the
//! server and one for the textbook.

use super::operation::Operation;
use crate::hall::{Database, Hall, start};
use crate::server::{Server, Target};

/// Questions that each team of the past has answered.
const ANSWERS: u64 = 100;

/// Rows that each of them left behind: assignment, submission, judgement, entry, three events.
const ROWS: u64 = 7;

/// Rows of a team itself: team, member, entry, event.
const OWN_ROWS: u64 = 4;

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
    pub(super) database: Database,
    server: Hall,
    textbook: Hall,
    questions: u64,
    runs: u64,
}

impl Stage {
    /// Makes the database, and lets a server make what a server makes.
    pub(super) async fn set(target: &Target, keeper: &Server, rows: u64) -> Result<Self, String> {
        eprintln!("making {rows} rows of history …");
        let database = Database::create(keeper, &format!("history_{rows}")).await?;
        let server = start(target, &database, &[]).await?;
        let done = Self::fill(&server, database, rows).await;
        server.stop().await;
        done
    }

    async fn fill(server: &Server, database: Database, rows: u64) -> Result<Self, String> {
        let mut stage = Self {
            rows,
            database,
            server: Hall::open(server, "Server").await?,
            textbook: Hall::open(server, "Textbook").await?,
            questions: 0,
            runs: 0,
        };
        stage.database.quiet().await?;
        let (teams, each) = spread(rows);
        let (contest, first) = (stage.server.contest.clone(), stage.questions);
        stage.add_questions(&contest, "regular", teams * each).await?;
        let history = include_str!("sql/history.sql")
            .replace("$contest", &contest)
            .replace("$teams", &teams.to_string())
            .replace("$each", &each.to_string())
            .replace("$base", &first.to_string());
        stage.database.execute(&history).await?;
        stage.database.execute("VACUUM ANALYZE").await?;
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
        let hall = match side {
            Side::Server => &mut self.server,
            Side::Textbook => &mut self.textbook,
        };
        hall.fill(&self.database, operation.teams(seconds)).await?;
        if let Some((pool, needed)) = operation.questions(seconds) {
            self.fill_pool(side, pool, needed).await?;
        }
        self.database.quiet().await?;
        // With statistics from before this contest was played, PostgreSQL takes any index that
        // begins with the contest for as good as the right one, on either side.
        self.database.execute("ANALYZE").await?;
        self.database.execute("CHECKPOINT").await
    }

    /// Whether the server's contest keeps every promise; the server's own checker says so.
    pub(super) async fn is_sound(&self, target: &Target) -> Result<bool, String> {
        let server = start(target, &self.database, &[]).await?;
        let report = match self.database.quiet().await {
            Ok(()) => server.api().check(&self.server.contest).await,
            Err(why) => Err(why),
        };
        server.stop().await;
        let report = report?;
        let ok = report["ok"].as_bool() == Some(true);
        if ok {
            eprintln!("{} rows of history: the checker finds nothing", self.rows);
        } else {
            eprintln!("{} rows of history: the checker finds breaches: {report:#}", self.rows);
        }
        Ok(ok)
    }

    async fn fill_pool(&mut self, side: Side, pool: &str, needed: u64) -> Result<(), String> {
        let contest = self.hall(side).contest.clone();
        let free = format!("FROM free_question WHERE contest_id = '{contest}' AND pool = '{pool}'");
        let free = self.database.number(&format!("SELECT count(*) {free}")).await?;
        if free.unsigned_abs() < needed {
            self.add_questions(&contest, pool, 2 * needed).await?;
        }
        Ok(())
    }

    async fn add_questions(&mut self, contest: &str, pool: &str, count: u64) -> Result<(), String> {
        let made = include_str!("sql/questions.sql")
            .replace("$contest", contest)
            .replace("$pool", pool)
            .replace("$base", &self.questions.to_string())
            .replace("$count", &count.to_string());
        self.questions += count;
        self.database.execute(&made).await
    }

    /// A team can have one box open only: those of the last run end here.
    async fn close_boxes(&self, side: Side) -> Result<(), String> {
        let contest = &self.hall(side).contest;
        let close = format!(
            "UPDATE assignment SET state = 'expired', resolved_at = now()
             WHERE contest_id = '{contest}' AND pool = 'mystery' AND state = 'revealed'"
        );
        self.database.execute(&close).await
    }
}

/// How many teams of the past, and how many answers each, make so many rows.
fn spread(rows: u64) -> (u64, u64) {
    let teams = rows.div_ceil(OWN_ROWS + ANSWERS * ROWS).max(1);
    (teams, ((rows / teams).saturating_sub(OWN_ROWS) / ROWS).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_has_about_the_rows_that_were_asked_for() {
        for rows in [1_000, 50_000, 1_000_000] {
            let (teams, each) = spread(rows);
            let made = teams * (OWN_ROWS + each * ROWS);
            assert!(made.abs_diff(rows) * 50 <= rows, "{made} instead of {rows}");
        }
    }
}
