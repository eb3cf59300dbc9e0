//! Making games, and taking the scores that accounts report.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use super::{GameRef, GameView, ReportedScore, queries};
use crate::audit::{Act, Target};
use crate::auth::{Admin, SignedIn};
use crate::contests::time_zone;
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::schema::{game, reported_score};
use crate::sql::sql;
use crate::types::{GameId, Points, ReportId};

/// Makes a game.
#[derive(Debug)]
pub struct CreateGame {
    /// Who makes it.
    pub by: Admin,
    /// What it is called in paths.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// Whether accounts report their scores themselves.
    pub self_reported: bool,
    /// Whose days its reports count in.
    pub time_zone: Option<String>,
}

impl Command for CreateGame {
    type Outcome = GameView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<GameView, Error> {
        let id = GameId::new();
        let zone = self.time_zone.as_deref().unwrap_or("UTC");
        time_zone::must_exist(tx, zone).await?;
        let made = diesel::insert_into(game::table)
            .values((
                game::id.eq(id),
                game::slug.eq(&self.slug),
                game::title.eq(&self.title),
                game::self_reported.eq(self.self_reported),
                game::time_zone.eq(zone),
            ))
            .returning(GameView::as_returning())
            .get_result(tx)
            .await?;
        Act::making(tx, &self.by, "create_game", Target::Game(id)).done(tx).await?;
        Ok(made)
    }
}

/// What is to change of a game; `None` leaves it as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = game)]
pub struct GameChange {
    /// What it is called.
    pub title: Option<String>,
    /// Whose days its reports count in.
    pub time_zone: Option<String>,
}

/// Changes a game; what kind of game it is stays for ever.
#[derive(Debug)]
pub struct EditGame {
    /// Who changes it.
    pub by: Admin,
    /// Which game.
    pub game: GameRef,
    /// The version that was read.
    pub version: i32,
    /// What.
    pub change: GameChange,
}

impl Command for EditGame {
    type Outcome = GameView;

    async fn run(&self, tx: &mut Tx) -> Result<GameView, Error> {
        let id = queries::find(tx, &self.game).await?.id;
        // Before anything is locked: the database reads its files of time zones one by one.
        if let Some(zone) = &self.change.time_zone {
            time_zone::must_exist(tx, zone).await?;
        }
        // Each score that is reported meanwhile refers to the game, and does not wait.
        let locked: i32 = game::table.find(id).select(game::version).for_no_key_update().first(tx).await?;
        if locked != self.version {
            return Err(Refusal::StaleVersion.because(format!("the version is {locked} by now")));
        }
        let act = Act::upon(tx, &self.by, "edit_game", Target::Game(id)).await?;
        let after = diesel::update(game::table.find(id))
            .set((&self.change, game::version.eq(game::version + 1)))
            .returning(GameView::as_returning())
            .get_result(tx)
            .await?;
        act.done(tx).await?;
        Ok(after)
    }
}

/// What came of a score that was reported.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reported {
    /// What is kept of it.
    #[serde(flatten)]
    #[schema(inline)]
    pub kept: ReportedScore,
    /// In which game.
    pub game_id: GameId,
    /// The best score of the account, with this one.
    #[schema(example = 4200)]
    pub best: Points,
    /// Whether this one is better than all before it.
    pub improved: bool,
}

/// Takes a score that an account reports of itself. All are kept; the best one is on the board.
#[derive(Debug)]
pub struct SubmitScore {
    /// Whose it is.
    pub by: SignedIn,
    /// In which game.
    pub game: GameRef,
    /// How many points.
    pub score: Points,
}

#[derive(QueryableByName)]
struct Best {
    #[diesel(sql_type = BigInt)]
    score: Points,
}

impl Command for SubmitScore {
    type Outcome = Reported;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<Reported, Error> {
        let game = queries::find(tx, &self.game).await?;
        if !game.self_reported {
            return Err(Refusal::ScoresNotReported.into());
        }
        let improved = self.raise(tx, game.id).await?;
        let at = tx.received_at();
        let kept = diesel::insert_into(reported_score::table)
            .values((
                reported_score::game_id.eq(game.id),
                reported_score::id.eq(ReportId::new()),
                reported_score::account_id.eq(self.by.account()),
                reported_score::score.eq(self.score),
                reported_score::at.eq(at),
            ))
            .returning(ReportedScore::as_returning())
            .get_result(tx)
            .await?;
        let best = if improved { self.score } else { self.best(tx, game.id).await? };
        Ok(Reported { kept, game_id: game.id, best, improved })
    }
}

impl SubmitScore {
    /// Only ever up: of two that meet on the row, the second compares with what the first has left.
    async fn raise(&self, tx: &mut Tx, game: GameId) -> Result<bool, Error> {
        let raised = sql("INSERT INTO high_score AS best (game_id, account_id, score) VALUES ($1, $2, $3)
             ON CONFLICT (game_id, account_id) DO UPDATE SET score = excluded.score, changed = excluded.changed
             WHERE best.score < excluded.score")
        .bind::<SqlUuid, _>(game)
        .bind::<SqlUuid, _>(self.by.account())
        .bind::<BigInt, _>(self.score)
        .execute(tx)
        .await?;
        Ok(raised == 1)
    }

    async fn best(&self, tx: &mut Tx, game: GameId) -> Result<Points, Error> {
        let Best { score } = sql("SELECT score FROM high_score WHERE game_id = $1 AND account_id = $2")
            .bind::<SqlUuid, _>(game)
            .bind::<SqlUuid, _>(self.by.account())
            .get_result(tx)
            .await?;
        Ok(score)
    }
}
