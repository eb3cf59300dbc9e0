//! Saying something, taking it back, and keeping somebody quiet.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{DELETED, MUTED, MessageSent, MessageText, SENT, UNMUTED, must_have_chat};
use crate::audit::{Act, Target};
use crate::auth::{Admin, Player};
use crate::contests::commands::ensure_gate;
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::ledger::commands::{lock, lock_in_contest};
use crate::rooms::commands::lock as lock_room;
use crate::rooms::{Room, must_be_open};
use crate::sql::sql;
use crate::types::{ContestId, MessageId, TeamId};

/// Says something to everybody in the room.
#[derive(Debug)]
pub struct SendMessage {
    /// Who speaks.
    pub player: Player,
    /// What.
    pub text: MessageText,
}

#[derive(QueryableByName)]
struct Muted {
    #[diesel(sql_type = Bool)]
    muted: bool,
}

impl Command for SendMessage {
    type Outcome = MessageSent;
    const CREATES: bool = true;

    fn gate(&self) -> Option<ContestId> {
        Some(self.player.contest())
    }

    async fn run(&self, tx: &mut Tx) -> Result<MessageSent, Error> {
        let (contest, account) = lock_in_contest(tx, self.player.contest(), self.player.team()).await?;
        must_have_chat(&contest)?;
        must_be_open(&contest, tx.now())?;
        account.must_play()?;
        // Read once the team is locked: whoever mutes it holds that lock until it is done.
        let Muted { muted } =
            sql("SELECT EXISTS (SELECT FROM chat_mute WHERE contest_id = $1 AND team_id = $2) AS muted")
                .bind::<SqlUuid, _>(contest.id)
                .bind::<SqlUuid, _>(account.team_id)
                .get_result(tx)
                .await?;
        if muted {
            return Err(Refusal::Muted.into());
        }
        let message_id = MessageId::new();
        sql("INSERT INTO chat_message (contest_id, id, team_id, body) VALUES ($1, $2, $3, $4)")
            .bind::<SqlUuid, _>(contest.id)
            .bind::<SqlUuid, _>(message_id)
            .bind::<SqlUuid, _>(account.team_id)
            .bind::<Text, _>(self.text.as_str())
            .execute(tx)
            .await?;
        let told = json!({"message_id": message_id, "team_id": account.team_id, "author": account.name});
        tx.tell(Event::for_players(contest.id, SENT, account.team_id, told));
        Ok(MessageSent { message_id })
    }
}

/// Who keeps order in a room.
#[derive(Debug)]
pub enum Moderator {
    /// Its owner; and everybody over what they said themselves.
    Member(Player),
    /// Staff.
    Staff(Admin),
}

impl Moderator {
    /// As what they act; `author` is whose message it is about, if it is about one.
    fn role(&self, room: &Room, author: Option<TeamId>) -> Result<&'static str, Error> {
        match self {
            Self::Staff(_) => Ok("staff"),
            Self::Member(player) if author == Some(player.team()) => Ok("author"),
            Self::Member(player) => room.must_be_owned_by(player).map(|()| "owner"),
        }
    }

    /// What staff does leaves a line; what the owner does stands in the room's own log.
    fn acts(&self, tx: &mut Tx, name: &'static str, contest: ContestId, team: TeamId) -> Option<Act> {
        match self {
            Self::Staff(admin) => Some(Act::making(tx, admin, name, Target::Team(contest, team))),
            Self::Member(_) => None,
        }
    }
}

/// Behind the gate, with the room locked, so that it stays its owner's.
async fn enter(tx: &mut Tx, room: ContestId) -> Result<Room, Error> {
    ensure_gate(tx, room).await?;
    lock_room(tx, room).await
}

/// Takes a message back: what was said is gone, that something was said is not.
#[derive(Debug)]
pub struct DeleteMessage {
    /// Who does.
    pub by: Moderator,
    /// In which room.
    pub room: ContestId,
    /// Which message.
    pub message: MessageId,
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = SqlUuid)]
    team_id: TeamId,
    #[diesel(sql_type = Nullable<Text>)]
    deleted_by: Option<String>,
}

impl Command for DeleteMessage {
    type Outcome = ();

    fn gate(&self) -> Option<ContestId> {
        Some(self.room)
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let room = enter(tx, self.room).await?;
        let said: Option<Said> = sql("SELECT team_id, deleted_by FROM chat_message
            WHERE contest_id = $1 AND id = $2 FOR UPDATE")
        .bind::<SqlUuid, _>(self.room)
        .bind::<SqlUuid, _>(self.message)
        .get_result(tx)
        .await
        .optional()?;
        let said = said.ok_or(Refusal::NotFound)?;
        let by = self.by.role(&room, Some(said.team_id))?;
        let act = self.by.acts(tx, "delete_message", self.room, said.team_id);
        if said.deleted_by.is_none() {
            sql("UPDATE chat_message SET body = NULL, deleted_by = $3 WHERE contest_id = $1 AND id = $2")
                .bind::<SqlUuid, _>(self.room)
                .bind::<SqlUuid, _>(self.message)
                .bind::<Text, _>(by)
                .execute(tx)
                .await?;
            let told = json!({"message_id": self.message, "by": by});
            tx.tell(Event::for_players(self.room, DELETED, said.team_id, told));
        }
        if let Some(act) = act {
            act.done_with(tx, Some(json!({"message_id": self.message, "deleted": true})));
        }
        Ok(())
    }
}

/// Keeps a member quiet, or lets them speak again.
#[derive(Debug)]
pub struct Mute {
    /// Who does.
    pub by: Moderator,
    /// In which room.
    pub room: ContestId,
    /// Whom.
    pub team: TeamId,
    /// Whether they are to be quiet.
    pub muted: bool,
}

impl Command for Mute {
    type Outcome = ();

    fn gate(&self) -> Option<ContestId> {
        Some(self.room)
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        let room = enter(tx, self.room).await?;
        let by = self.by.role(&room, None)?;
        let account = lock(tx, self.room, self.team).await?;
        let (kind, act, change) = match self.muted {
            true => (MUTED, "mute_member", "INSERT INTO chat_mute VALUES ($1, $2) ON CONFLICT DO NOTHING"),
            false => {
                (UNMUTED, "unmute_member", "DELETE FROM chat_mute WHERE contest_id = $1 AND team_id = $2")
            }
        };
        let act = self.by.acts(tx, act, self.room, account.team_id);
        let changed =
            sql(change).bind::<SqlUuid, _>(self.room).bind::<SqlUuid, _>(account.team_id).execute(tx).await?;
        if changed > 0 {
            let told = json!({"team_id": account.team_id, "team": account.name, "by": by});
            tx.tell(Event::for_players(self.room, kind, account.team_id, told));
        }
        if let Some(act) = act {
            act.done_with(tx, Some(json!({"team": account.name, "muted": self.muted})));
        }
        Ok(())
    }
}
