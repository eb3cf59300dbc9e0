//! What teams say to announcements: that they have read them, and taken note.

use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{AnnouncementView, Unread, queries};
use crate::auth::Player;
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::{Event, Viewer};
use crate::sql::sql;
use crate::types::{ContestId, MemberId};

/// Takes note for a team.
#[derive(Debug)]
pub struct Acknowledge {
    /// Who does.
    pub player: Player,
    /// Of which announcement.
    pub number: i32,
}

impl Command for Acknowledge {
    type Outcome = AnnouncementView;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<AnnouncementView, Error> {
        let (contest, team, now) = (self.player.contest(), self.player.team(), tx.now());
        queries::announcement(tx, contest, Viewer::Team(team), self.number).await?;
        let first = sql("INSERT INTO acknowledgement (contest_id, number, team_id, by_member, at)
             SELECT $1, $2, $3, name, $5 FROM member WHERE contest_id = $1 AND team_id = $3 AND id = $4
             ON CONFLICT DO NOTHING")
        .bind::<SqlUuid, _>(contest)
        .bind::<Integer, _>(self.number)
        .bind::<SqlUuid, _>(team)
        .bind::<SqlUuid, _>(member(&self.player)?)
        .bind::<Timestamptz, _>(now)
        .execute(tx)
        .await?;
        if first == 1 {
            let told = json!({"number": self.number, "team_id": team});
            tx.tell(Event::for_team(contest, "announcement_acknowledged", team, told));
        }
        let noted = queries::announcement(tx, contest, Viewer::Team(team), self.number).await?;
        // Nobody is there who could have taken note: the team was deleted at this moment.
        if noted.acknowledged_at.is_some() { Ok(noted) } else { Err(Refusal::NotFound.into()) }
    }
}

/// Remembers up to where a member has read.
#[derive(Debug)]
pub struct MarkRead {
    /// Who has.
    pub player: Player,
    /// Up to this number; never back.
    pub up_to: i32,
}

impl Command for MarkRead {
    type Outcome = Unread;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<Unread, Error> {
        let (contest, team) = (self.player.contest(), self.player.team());
        let member = member(&self.player)?;
        // What is not announced yet is not read, whatever the caller says. Whose team is deleted at
        // this moment is not there any more.
        let marked = sql("INSERT INTO read_mark AS mark (contest_id, team_id, member_id, up_to)
             SELECT $1, $2, $3, least($4, coalesce(max(number), 0)) FROM announcement WHERE contest_id = $1
             HAVING EXISTS (SELECT FROM member
                WHERE contest_id = $1 AND team_id = $2 AND id = $3 FOR KEY SHARE)
             ON CONFLICT (contest_id, team_id, member_id)
             DO UPDATE SET up_to = greatest(mark.up_to, excluded.up_to)")
        .bind::<SqlUuid, _>(contest)
        .bind::<SqlUuid, _>(team)
        .bind::<SqlUuid, _>(member)
        .bind::<Integer, _>(self.up_to)
        .execute(tx)
        .await?;
        if marked == 0 {
            return Err(Refusal::NotFound.into());
        }
        Ok(queries::unread(tx, contest, team, member).await?)
    }
}

/// Which person of the team it is; staff that acts for a team is none.
pub(crate) fn member(player: &Player) -> Result<MemberId, Error> {
    player.member().ok_or_else(|| Refusal::NotAllowed.because("this is for a member of the team"))
}
