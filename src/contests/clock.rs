//! Starts, freezes and ends contests when their time has come. The gate judges by the clock
//! itself; this only writes down what is already true and tells everybody. The freeze alone is
//! where this finds that its time has come, a quarter of a second late at most: whatever was
//! told before it is before it.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::commands::close_gate;
use super::freeze::freeze;
use super::moves::commands::{end, set_state};
use super::queries::read;
use super::{Contest, ContestRef, ContestState, queries};
use crate::db::{Command, Db, Tx};
use crate::error::Error;
use crate::events::{Action, BOARD_FROZEN, Event};
use crate::sql::sql;
use crate::types::ContestId;

const TICK: Duration = Duration::from_millis(250);

/// Runs until the process ends.
pub async fn run(db: Db) {
    loop {
        if let Err(error) = tick(&db).await {
            tracing::warn!(%error, "the contest clock waits");
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn tick(db: &Db) -> Result<(), Error> {
    let due = queries::due(&mut *db.conn().await?).await?;
    for contest in due {
        db.run(&Advance { contest }).await?;
    }
    Ok(())
}

/// Writes down a start, a freeze or an end that the clock has brought.
#[derive(Debug)]
struct Advance {
    contest: ContestId,
}

impl Command for Advance {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        close_gate(tx, self.contest).await.map(drop)
    }
}

/// Brings what is stored up to what the clock says, behind a closed gate. Of a freeze and an end
/// that are both due, after a time without a server, the freeze comes first.
pub(super) async fn advance(tx: &mut Tx, found: Contest) -> Result<Contest, Error> {
    let before = found.state;
    let found = start_if_due(tx, found).await?;
    let found = freeze_if_due(tx, found).await?;
    let found = end_if_due(tx, found).await?;
    if found.state != before {
        tx.tell(Event::public(found.id, "contest_changed", None, found.as_event()));
    }
    Ok(found)
}

async fn start_if_due(tx: &mut Tx, found: Contest) -> Result<Contest, Error> {
    let due = found.starts_at.is_some_and(|start| start <= tx.now());
    if found.state != ContestState::Published || !due {
        return Ok(found);
    }
    set_state(tx, &found, ContestState::Running).await?;
    read(tx, &ContestRef::Id(found.id)).await
}

async fn freeze_if_due(tx: &mut Tx, found: Contest) -> Result<Contest, Error> {
    let due = found.freezes_at().is_some_and(|at| at <= tx.now());
    if found.state != ContestState::Running || !due {
        return Ok(found);
    }
    freeze(tx, &found).await?;
    let found = read(tx, &ContestRef::Id(found.id)).await?;
    tx.tell(Event::public(found.id, BOARD_FROZEN, None, found.as_event()));
    let reason = Some("the time before the end has come");
    let action = Action { name: "freeze_board", by: "podium", reason, values: Value::Null };
    tx.tell(Event::of_staff(found.id, None, &action));
    Ok(found)
}

#[derive(QueryableByName)]
struct Longest {
    #[diesel(sql_type = BigInt)]
    extra_ms: i64,
}

/// The end waits for the team with the most extra time.
async fn end_if_due(tx: &mut Tx, found: Contest) -> Result<Contest, Error> {
    let Some(planned) = found.ends_at().filter(|end| *end <= tx.now()) else { return Ok(found) };
    if found.state != ContestState::Running {
        return Ok(found);
    }
    let Longest { extra_ms } = sql("SELECT coalesce(max(extra_time_ms), 0) AS extra_ms FROM team
        WHERE contest_id = $1 AND state = 'active'")
    .bind::<SqlUuid, _>(found.id)
    .get_result(tx)
    .await?;
    let last = planned + chrono::Duration::milliseconds(extra_ms);
    if last > tx.now() {
        return Ok(found);
    }
    end(tx, &found, last).await?;
    read(tx, &ContestRef::Id(found.id)).await
}
