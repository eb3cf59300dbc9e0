//! Offering and opening boxes.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{BoxView, OpenedBox, queries};
use crate::assignments::AssignmentView;
use crate::assignments::commands::{Terms, assign, enter};
use crate::assignments::draw::{Wanted, draw};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Player};
use crate::contests::commands::gate;
use crate::contests::{Contest, ContestRef, queries::find_id};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::ledger::commands::post;
use crate::ledger::{Account, EntryKind, Posting};
use crate::sql::sql;
use crate::types::{AssignmentId, BoxId, ContestId, Difficulty, OpeningId, Points, Pool};

/// Puts a box on offer.
#[derive(Debug)]
pub struct OfferBox {
    /// Who offers it.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// How hard its questions are; one box for each difficulty.
    pub difficulty: Difficulty,
    /// What it costs.
    pub price: Points,
    /// What a right answer earns.
    pub reward: Points,
    /// How often a team may open it.
    pub max_opens: i16,
}

impl Command for OfferBox {
    type Outcome = BoxView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<BoxView, Error> {
        let contest = find_id(tx, &self.contest).await?;
        gate(tx, contest).await?;
        let id = BoxId::new();
        sql("INSERT INTO mystery_box (contest_id, id, difficulty, price, reward, max_opens)
             VALUES ($1, $2, $3, $4, $5, $6)")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(self.difficulty)
        .bind::<BigInt, _>(self.price)
        .bind::<BigInt, _>(self.reward)
        .bind::<SmallInt, _>(self.max_opens)
        .execute(tx)
        .await?;
        Act::making(tx, &self.by, "offer_box", Target::Box(contest, id)).done(tx).await?;
        tracing::info!(%contest, difficulty = %self.difficulty, by = self.by.name(), "mystery box offered");
        tell_offer(tx, contest, id).await
    }
}

async fn tell_offer(tx: &mut Tx, contest: crate::types::ContestId, id: BoxId) -> Result<BoxView, Error> {
    let offered = queries::mystery_box(tx, contest, id).await?;
    let told = serde_json::to_value(&offered).map_err(|e| Error::Bug(e.to_string()))?;
    tx.tell(Event::public(contest, "box_offered", None, told));
    Ok(offered)
}

/// Changes an offer; boxes that are open already keep their price and reward.
#[derive(Debug)]
pub struct EditBox {
    /// Who changes it.
    pub by: Admin,
    /// In which contest.
    pub contest: ContestRef,
    /// Which box.
    pub id: BoxId,
    /// The version the caller read.
    pub version: i32,
    /// A new price.
    pub price: Option<Points>,
    /// A new reward.
    pub reward: Option<Points>,
    /// A new limit.
    pub max_opens: Option<i16>,
    /// On offer or not.
    pub enabled: Option<bool>,
}

impl Command for EditBox {
    type Outcome = BoxView;

    async fn run(&self, tx: &mut Tx) -> Result<BoxView, Error> {
        let contest = find_id(tx, &self.contest).await?;
        gate(tx, contest).await?;
        lock(tx, contest, self.id).await?;
        let act = Act::upon(tx, &self.by, "edit_box", Target::Box(contest, self.id)).await?;
        let changed = sql("UPDATE mystery_box SET version = version + 1, price = coalesce($4, price),
                reward = coalesce($5, reward), max_opens = coalesce($6, max_opens), enabled = coalesce($7, enabled)
             WHERE contest_id = $1 AND id = $2 AND version = $3")
            .bind::<SqlUuid, _>(contest)
            .bind::<SqlUuid, _>(self.id)
            .bind::<Integer, _>(self.version)
            .bind::<Nullable<BigInt>, _>(self.price)
            .bind::<Nullable<BigInt>, _>(self.reward)
            .bind::<Nullable<SmallInt>, _>(self.max_opens)
            .bind::<Nullable<Bool>, _>(self.enabled)
            .execute(tx)
            .await?;
        if changed == 0 {
            let found = queries::mystery_box(tx, contest, self.id).await?;
            return Err(Refusal::StaleVersion.because(format!("the version is {} by now", found.version)));
        }
        act.done(tx).await?;
        tracing::info!(%contest, id = %self.id, by = self.by.name(), "mystery box changed");
        tell_offer(tx, contest, self.id).await
    }
}

/// Nobody else edits it meanwhile.
async fn lock(tx: &mut Tx, contest: ContestId, id: BoxId) -> Result<(), Error> {
    sql("SELECT FROM mystery_box WHERE contest_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Pays for a box and gets its question: all of it, or nothing at all.
#[derive(Debug)]
pub struct OpenBox {
    /// Who pays.
    pub player: Player,
    /// Which box.
    pub id: BoxId,
    /// The price the caller saw, if it says.
    pub expected_price: Option<Points>,
}

#[derive(QueryableByName)]
struct Before {
    #[diesel(sql_type = BigInt)]
    opened: i64,
    #[diesel(sql_type = BigInt)]
    refunded: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    open: Option<AssignmentId>,
}

impl Command for OpenBox {
    type Outcome = OpenedBox;
    const CREATES: bool = true;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<OpenedBox, Error> {
        let (contest, mut account) = enter(tx, &self.player).await?;
        let offered = queries::mystery_box(tx, contest.id, self.id).await?;
        offered.must_cost(self.expected_price)?;
        let before = self.before(tx).await?;
        must_have_none_open(before.open)?;
        offered.must_open(before.opened - before.refunded)?;
        account.must_afford(offered.price)?;

        let id = OpeningId::new();
        let posting = Posting::new(EntryKind::BoxPrice, id.uuid(), -offered.price);
        let ledger_seq = post(tx, &mut account, &posting).await?;
        let assignment = draw_mystery(tx, &contest, &account, &offered).await?;
        let number = Number { id, before, ledger_seq };
        number.record(tx, &account, &offered, &assignment).await?;

        tx.tell(account.standing_event("score_changed", "box"));
        let told = json!({"opening_id": id, "box_id": offered.id, "difficulty": offered.difficulty,
            "price": offered.price, "reward": offered.reward, "assignment_id": assignment.id,
            "balance": account.points});
        tx.tell(Event::for_team(contest.id, "box_opened", account.team_id, told));
        Ok(OpenedBox {
            id,
            box_id: offered.id,
            price: offered.price,
            reward: offered.reward,
            balance: account.points,
            assignment,
        })
    }
}

impl OpenBox {
    async fn before(&self, tx: &mut Tx) -> Result<Before, Error> {
        Ok(sql("SELECT (SELECT count(*) FROM box_opening
                WHERE contest_id = $1 AND team_id = $2 AND box_id = $3) AS opened,
               (SELECT count(*) FROM box_opening o
                JOIN assignment a ON (a.contest_id, a.id) = (o.contest_id, o.assignment_id)
                WHERE o.contest_id = $1 AND o.team_id = $2 AND o.box_id = $3 AND a.state = 'voided') AS refunded,
               (SELECT id FROM assignment WHERE contest_id = $1 AND team_id = $2 AND pool = 'mystery'
                AND state IN ('assigned', 'revealed')) AS open")
        .bind::<SqlUuid, _>(self.player.contest())
        .bind::<SqlUuid, _>(self.player.team())
        .bind::<SqlUuid, _>(self.id)
        .get_result(tx)
        .await?)
    }
}

/// One open box at a time. One whose time is over is closed by the sweeper within seconds; until
/// then an answer that was received in time may still be on its way.
fn must_have_none_open(open: Option<AssignmentId>) -> Result<(), Error> {
    match open {
        None => Ok(()),
        Some(open) => Err(Refusal::BoxAlreadyOpen
            .because("answer its question first")
            .with("assignment_id", open.to_string())),
    }
}

async fn draw_mystery(
    tx: &mut Tx,
    contest: &Contest,
    account: &Account,
    offered: &BoxView,
) -> Result<AssignmentView, Error> {
    let wanted = Wanted { pool: Pool::Mystery, difficulty: Some(offered.difficulty), category: None };
    let question = draw(tx, contest.id, account.team_id, &wanted).await?;
    assign(tx, contest, account, question, &Terms { reveal: true, points: Some(offered.reward) }).await
}

/// What numbers an opening.
struct Number {
    id: OpeningId,
    before: Before,
    ledger_seq: i32,
}

impl Number {
    async fn record(
        &self,
        tx: &mut Tx,
        account: &Account,
        offered: &BoxView,
        assignment: &AssignmentView,
    ) -> Result<(), Error> {
        let now = tx.now();
        sql(
            "INSERT INTO box_opening (contest_id, id, box_id, team_id, open_no, max_opens, price, ledger_seq,
                assignment_id, opened_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind::<SqlUuid, _>(account.contest_id)
        .bind::<SqlUuid, _>(self.id)
        .bind::<SqlUuid, _>(offered.id)
        .bind::<SqlUuid, _>(account.team_id)
        .bind::<SmallInt, _>(small(self.before.opened + 1))
        .bind::<SmallInt, _>(offered.max_opens)
        .bind::<BigInt, _>(offered.price)
        .bind::<Integer, _>(self.ledger_seq)
        .bind::<SqlUuid, _>(assignment.id)
        .bind::<Timestamptz, _>(now)
        .execute(tx)
        .await?;
        Ok(())
    }
}

fn small(count: i64) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}
