//! What happened: written with the change, numbered after the commit, told to those who may know.

pub mod feed;
pub mod routes;
pub mod sequencer;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Binary, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::idempotency::Kept;
use crate::sql::sql;
use crate::types::{ContestId, TeamId, text_enum};

text_enum! {
    /// Who may know of an event.
    Audience { Public = "public", Team = "team", Staff = "staff" }
}

/// One thing that happened. Its kind is in the past tense; its payload holds absolute
/// values, never increments, so that applying it twice does no harm.
#[derive(Debug, Clone)]
pub struct Event {
    contest: ContestId,
    kind: &'static str,
    audience: Audience,
    team: Option<TeamId>,
    payload: Value,
}

impl Event {
    /// For everybody; `team` says whom it is about.
    #[must_use]
    pub fn public(contest: ContestId, kind: &'static str, team: Option<TeamId>, payload: Value) -> Self {
        Self { contest, kind, audience: Audience::Public, team, payload }
    }

    /// For one team and for staff.
    #[must_use]
    pub fn for_team(contest: ContestId, kind: &'static str, team: TeamId, payload: Value) -> Self {
        Self { contest, kind, audience: Audience::Team, team: Some(team), payload }
    }

    /// For staff only.
    #[must_use]
    pub fn for_staff(contest: ContestId, kind: &'static str, team: Option<TeamId>, payload: Value) -> Self {
        Self { contest, kind, audience: Audience::Staff, team, payload }
    }
}

/// Who looks at events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody.
    Public,
    /// A member of this team.
    Team(TeamId),
    /// Staff.
    Staff,
}

/// The one audience filter: REST, sockets and exports all ask here.
#[must_use]
pub fn visible(audience: Audience, about: Option<TeamId>, viewer: Viewer) -> bool {
    match (audience, viewer) {
        (Audience::Public, _) | (_, Viewer::Staff) => true,
        (Audience::Team, Viewer::Team(team)) => about == Some(team),
        (Audience::Team | Audience::Staff, _) => false,
    }
}

macro_rules! outbox {
    ($with:literal) => {
        concat!(
            $with,
            "INSERT INTO outbox (contest_id, kind, audience, team_id, payload, at)
             SELECT c, k, a, t, p, $6 FROM unnest($1, $2, $3, $4, $5) AS e(c, k, a, t, p)"
        )
    };
}

/// Writes the events of a transaction, and the reply that is kept for its key, in one statement:
/// the last one before the commit. With neither it still is one, for the sake of what
/// [`crate::db`] says of COMMIT.
pub(crate) async fn write_last(
    mut conn: &AsyncPgConnection,
    events: &[Event],
    kept: Option<&Kept>,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let column = |f: fn(&Event) -> Uuid| events.iter().map(f).collect::<Vec<_>>();
    let told = sql(match kept {
        None => outbox!(""),
        Some(_) => outbox!(
            "WITH kept AS (INSERT INTO idempotency (principal, key, request_hash, status, reply)
                           VALUES ($7, $8, $9, $10, $11)) "
        ),
    })
    .bind::<Array<SqlUuid>, _>(column(|e| e.contest.uuid()))
    .bind::<Array<Text>, _>(events.iter().map(|e| e.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(events.iter().map(|e| e.audience.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(events.iter().map(|e| e.team.map(TeamId::uuid)).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(events.iter().map(|e| &e.payload).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(at);
    match kept {
        None => told.execute(&mut conn).await?,
        Some(kept) => {
            told.bind::<Text, _>(&kept.key.principal)
                .bind::<Text, _>(&kept.key.key)
                .bind::<Binary, _>(&kept.key.request_hash)
                .bind::<SmallInt, _>(kept.status)
                .bind::<Text, _>(&kept.body)
                .execute(&mut conn)
                .await?
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_sees_its_own_and_the_public_events_only() {
        let (mine, other) = (TeamId::new(), TeamId::new());
        let me = Viewer::Team(mine);
        assert!(visible(Audience::Public, Some(other), me));
        assert!(visible(Audience::Team, Some(mine), me));
        assert!(!visible(Audience::Team, Some(other), me));
        assert!(!visible(Audience::Team, None, me));
        assert!(!visible(Audience::Staff, Some(mine), me));
        assert!(!visible(Audience::Team, Some(mine), Viewer::Public));
        assert!(visible(Audience::Staff, None, Viewer::Staff));
    }
}
