//! Closes assignments whose time is over, their own or the contest's. No team waits for this: an
//! overdue assignment takes no answer and no room from the moment its time is over. Only results
//! become final when the last one is closed.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::commands::{close, lock, told};
use super::draw::give_back;
use super::{Assignment, AssignmentState, queries};
use crate::contests::ContestState;
use crate::contests::commands::gate;
use crate::db::{Command, Db, Tx};
use crate::error::Error;
use crate::events::Event;
use crate::ledger::commands::lock as lock_team;
use crate::sql::sql;
use crate::types::{AssignmentId, ContestId, TeamId};

const TICK: Duration = Duration::from_millis(1000);

/// An answer that was received in time may still be on its way to its lock when the time is
/// over; it must find its assignment open.
const GRACE_S: i32 = 5;

#[derive(Debug, QueryableByName)]
struct Overdue {
    #[diesel(sql_type = SqlUuid)]
    contest_id: ContestId,
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = SqlUuid)]
    id: AssignmentId,
}

async fn overdue(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Overdue>> {
    sql("SELECT a.contest_id, a.team_id, a.id FROM assignment a JOIN contest c ON c.id = a.contest_id
        WHERE a.state IN ('assigned', 'revealed')
          AND (c.state = 'running' AND a.expires_at < now() - $1 * interval '1 second'
               OR c.state = 'ended' AND c.ended_at < now() - $1 * interval '1 second')
        ORDER BY a.expires_at LIMIT 200")
    .bind::<diesel::sql_types::Integer, _>(GRACE_S)
    .load(conn)
    .await
}

/// Runs until the process ends.
pub async fn run(db: Db) {
    loop {
        if let Err(error) = tick(&db).await {
            tracing::warn!(%error, "overdue assignments wait");
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn tick(db: &Db) -> Result<(), Error> {
    let overdue = overdue(&mut *db.conn().await?).await?;
    for late in overdue {
        db.run(&ExpireAssignment { contest: late.contest_id, team: late.team_id, assignment: late.id })
            .await?;
    }
    Ok(())
}

/// Closes one overdue assignment; an unseen question goes back to its pool.
#[derive(Debug)]
struct ExpireAssignment {
    contest: ContestId,
    team: TeamId,
    assignment: AssignmentId,
}

impl Command for ExpireAssignment {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let contest = gate(tx, self.contest).await?;
        lock_team(tx, self.contest, self.team).await?;
        let held = lock(tx, self.contest, self.team, self.assignment).await?;
        let open = matches!(held.state, AssignmentState::Assigned | AssignmentState::Revealed);
        let over = match contest.state {
            ContestState::Running => held.is_overdue(tx.now()),
            ContestState::Ended => true,
            _ => false,
        };
        if !open || !over {
            return Ok(());
        }
        expire(tx, &held).await
    }
}

/// Closes a locked assignment as expired.
pub(crate) async fn expire(tx: &mut Tx, held: &Assignment) -> Result<(), Error> {
    let unseen = held.state == AssignmentState::Assigned;
    close(tx, held, AssignmentState::Expired).await?;
    if unseen && held.exclusive {
        give_back(tx, held.contest_id, held.question_id).await?;
    }
    let view = queries::assignment(tx, held.contest_id, held.id).await?;
    tx.tell(Event::for_team(held.contest_id, "assignment_expired", held.team_id, told(&view)));
    Ok(())
}
