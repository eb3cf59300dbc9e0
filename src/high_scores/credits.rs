//! Brings the scores of contests onto the boards of their games, a second behind them at most.
//!
//! A contest is looked at again when its log has gone on. What counts is what its own board shows to
//! everybody: of a frozen one the standing of then, and no team that is hidden, disqualified or gone. It
//! is read whole and compared with what is there, so that nothing which was once missed stays so; and it
//! is read in the background, so that no answer waits for it.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::db::{Command, Db, Tx};
use crate::error::Error;
use crate::leaderboard::shown::{on_board, shown};
use crate::sql::sql;
use crate::types::{AccountId, ContestId, GameId};

/// How often it looks.
const TICK: Duration = Duration::from_secs(1);

/// It rests so many times as long as it worked.
const REST: u32 = 9;

/// A contest may be large.
const PATIENCE: &str = "SET LOCAL statement_timeout = '30s'";

/// The same for the connection.
const LIMIT: Duration = Duration::from_secs(32);

/// Runs until the process ends.
pub async fn run(db: Db) {
    loop {
        let began = Instant::now();
        if let Err(error) = credit_all(&db).await {
            tracing::warn!(%error, "the boards of games wait");
        }
        tokio::time::sleep(TICK.max(began.elapsed() * REST)).await;
    }
}

/// One contest that cannot be credited keeps no other one waiting.
async fn credit_all(db: &Db) -> Result<(), Error> {
    let due: Vec<Due> = sql("SELECT c.id FROM contest c LEFT JOIN credited_contest k ON k.contest_id = c.id
         WHERE (c.game_id IS NOT NULL OR k.contest_id IS NOT NULL)
           AND (k.game_id, k.seq) IS DISTINCT FROM
               (c.game_id, (SELECT max(seq) FROM contest_event e WHERE e.contest_id = c.id))")
    .load(&mut *db.conn().await?)
    .await?;
    for Due { id } in due {
        if let Err(error) = db.run(&CreditContest { contest: id }).await {
            tracing::warn!(contest = %id, %error, "a contest is not on the board of its game for now");
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    id: ContestId,
}

/// Brings what the accounts of one contest have onto the board of its game, and takes off what they
/// have there no more.
#[derive(Debug)]
struct CreditContest {
    contest: ContestId,
}

impl Command for CreditContest {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        if !turn(tx).await? {
            return Ok(());
        }
        tx.be_patient(LIMIT);
        tx.batch_execute(PATIENCE).await?;
        // The number first: standings that are newer than it are looked at again, and are as they are.
        let Head { game_id, seq } = self.head(tx).await?;
        let changed = self.credit(tx).await?;
        raise(tx, &changed).await?;
        self.note(tx, game_id, seq).await
    }
}

#[derive(QueryableByName)]
struct Mine {
    #[diesel(sql_type = Bool)]
    mine: bool,
}

/// One at a time, on whatever instance: two contests of one game may both be about the best score
/// of one account. Who does not come to it leaves it to the one that works.
async fn turn(tx: &mut Tx) -> Result<bool, Error> {
    let Mine { mine } = sql("SELECT pg_try_advisory_xact_lock(hashtextextended('high scores', 0)) AS mine")
        .get_result(tx)
        .await?;
    Ok(mine)
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    game_id: Option<GameId>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

/// An account whose score in a contest is another one.
#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = SqlUuid)]
    game_id: GameId,
    #[diesel(sql_type = SqlUuid)]
    account_id: AccountId,
}

impl CreditContest {
    async fn head(&self, tx: &mut Tx) -> Result<Head, Error> {
        Ok(sql("SELECT game_id,
                coalesce((SELECT max(seq) FROM contest_event WHERE contest_id = $1), 0) AS seq
             FROM contest WHERE id = $1")
        .bind::<SqlUuid, _>(self.contest)
        .get_result(tx)
        .await?)
    }

    /// Each member who plays by an account has what the team has.
    async fn credit(&self, tx: &mut Tx) -> Result<Vec<Changed>, Error> {
        Ok(sql(concat!(
            "WITH ",
            shown!(),
            ", own AS (
                SELECT c.game_id, m.user_id AS account_id, max(s.points) AS score
                FROM shown s JOIN member m ON (m.contest_id, m.team_id) = ($1, s.id) JOIN contest c ON c.id = $1
                WHERE m.user_id IS NOT NULL AND c.game_id IS NOT NULL
                  AND c.state NOT IN ('draft', 'published', 'cancelled') AND ",
            on_board!("s."),
            " GROUP BY 1, 2),
             gone AS (
                DELETE FROM contest_score k WHERE contest_id = $1 AND NOT EXISTS (
                    SELECT FROM own WHERE (own.game_id, own.account_id) = (k.game_id, k.account_id))
                RETURNING game_id, account_id),
             put AS (
                INSERT INTO contest_score AS k (game_id, account_id, contest_id, score)
                SELECT game_id, account_id, $1, score FROM own
                ON CONFLICT (game_id, account_id, contest_id) DO UPDATE SET score = excluded.score
                WHERE k.score <> excluded.score
                RETURNING game_id, account_id)
             SELECT * FROM gone UNION SELECT * FROM put"
        ))
        .bind::<SqlUuid, _>(self.contest)
        .bind::<Bool, _>(false)
        .load(tx)
        .await?)
    }

    async fn note(&self, tx: &mut Tx, game: Option<GameId>, seq: i64) -> Result<(), Error> {
        let noted = match game {
            Some(game) => {
                sql("INSERT INTO credited_contest (contest_id, game_id, seq) VALUES ($1, $2, $3)
                     ON CONFLICT (contest_id) DO UPDATE SET game_id = excluded.game_id, seq = excluded.seq")
                .bind::<SqlUuid, _>(self.contest)
                .bind::<SqlUuid, _>(game)
                .bind::<BigInt, _>(seq)
                .execute(tx)
                .await
            }
            None => {
                sql("DELETE FROM credited_contest WHERE contest_id = $1")
                    .bind::<SqlUuid, _>(self.contest)
                    .execute(tx)
                    .await
            }
        };
        noted.map(drop).map_err(Error::from)
    }
}

/// The best score of each of these is that of their contests together, or none.
async fn raise(tx: &mut Tx, changed: &[Changed]) -> Result<(), Error> {
    let (games, accounts): (Vec<_>, Vec<_>) = changed.iter().map(|c| (c.game_id, c.account_id)).unzip();
    sql("INSERT INTO high_score AS best (game_id, account_id, score)
         SELECT w.game_id, w.account_id, (SELECT max(score) FROM contest_score k
             WHERE (k.game_id, k.account_id) = (w.game_id, w.account_id))
         FROM unnest($1, $2) AS w(game_id, account_id)
         ON CONFLICT (game_id, account_id) DO UPDATE SET score = excluded.score, changed = excluded.changed
         WHERE best.score IS DISTINCT FROM excluded.score")
    .bind::<Array<SqlUuid>, _>(games)
    .bind::<Array<SqlUuid>, _>(accounts)
    .execute(tx)
    .await?;
    Ok(())
}
