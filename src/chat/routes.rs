//! The door to the chat of a room.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{delete, get, post, put};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{DeleteMessage, Moderator, Mute, SendMessage};
use super::{Message, MessageSent, MessageText, MutedMember, must_have_chat, queries};
use crate::auth::{Caller, Player};
use crate::body::{Body, NoContent};
use crate::contests::{self, ContestRef};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::idempotency::{IdempotencyKey, Reply};
use crate::limits::guards::Asking;
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{ContestId, MessageId, Page, TeamId};

/// Something to be said.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageInput {
    /// One line of 1 to 1000 characters after NFC and trimming, without what cannot be seen.
    #[garde(skip)]
    #[schema(example = "Hello", min_length = 1)]
    pub message: String,
}

/// Says something to everybody in the room.
#[utoipa::path(request_body = MessageInput, tag = "chat", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path)), responses((status = 201, body = MessageSent)))]
#[post("/rooms/<room>/messages", data = "<body>")]
pub async fn send_message(
    db: Db,
    player: Player,
    room: ContestRef,
    asking: Asking,
    key: IdempotencyKey,
    body: Body<MessageInput>,
) -> Result<Reply, Error> {
    player.must_play(&room)?;
    asking.speaks(player.team())?;
    let key = body.keyed(key, player.principal());
    let text = MessageText::parse(&body.value.message)?;
    db.once(key, &SendMessage { player, text }).await
}

/// Whoever may read what is said in a room: its members, and staff.
async fn reads(db: &Db, caller: &Caller, room: &ContestRef) -> Result<ContestId, Error> {
    let (team, mut conn) = (caller.own_rows(room)?, db.conn().await?);
    let contest = contests::queries::contest(&mut conn, room, true).await?;
    must_have_chat(&contest)?;
    match team {
        Some(team) if !queries::is_member(&mut conn, contest.id, team).await? => {
            Err(Refusal::NotFound.into())
        }
        _ => Ok(contest.id),
    }
}

/// Lists what was said, the newest first; `cursor` is the number of the oldest one before.
#[utoipa::path(tag = "chat", context_path = "/api/v1", security(("account" = []), ("admin" = [])),
    params(("room" = String, Path)), responses((status = 200, body = Page<Message>)))]
#[get("/rooms/<room>/messages?<limit>&<cursor>")]
pub async fn list_messages(
    db: Db,
    caller: Caller,
    room: ContestRef,
    limit: Given<u16>,
    cursor: Given<i64>,
) -> Result<Json<Page<Message>>, Error> {
    let (room, limit) = (reads(&db, &caller, &room).await?, page_limit(limit));
    let before = cursor.0.unwrap_or(i64::MAX);
    let messages = queries::before(&mut *db.conn().await?, room, before, limit + 1).await?;
    Ok(Json(Page::cut(messages, limit, |message| message.seq.to_string())))
}

/// A member or staff; of other rooms there is nothing here.
fn moderator(caller: Caller, room: &ContestRef) -> Result<Moderator, Error> {
    caller.own_rows(room)?;
    match caller {
        Caller::Admin(admin) => Ok(Moderator::Staff(admin)),
        Caller::Player(player) => Ok(Moderator::Member(player)),
        Caller::Guest(_) | Caller::Spectator => Err(Refusal::NotFound.into()),
    }
}

/// Deletes a message: its author, the room's owner, or staff. Its text is gone for good; that
/// there was one stays. Deleting it again changes nothing.
#[utoipa::path(tag = "chat", context_path = "/api/v1", security(("account" = []), ("admin" = [])),
    params(("room" = String, Path)), responses((status = 204)))]
#[delete("/rooms/<room>/messages/<message>")]
pub async fn delete_message(
    db: Db,
    caller: Caller,
    room: ContestRef,
    message: MessageId,
) -> Result<NoContent, Error> {
    let by = moderator(caller, &room)?;
    let room = contests::queries::find_id(&mut *db.conn().await?, &room).await?;
    db.run(&DeleteMessage { by, room, message }).await?;
    Ok(NoContent)
}

/// Lists who may not say anything.
#[utoipa::path(tag = "chat", context_path = "/api/v1", security(("account" = []), ("admin" = [])),
    params(("room" = String, Path)), responses((status = 200, body = Page<MutedMember>)))]
#[get("/rooms/<room>/mutes?<limit>&<cursor>")]
pub async fn list_mutes(
    db: Db,
    caller: Caller,
    room: ContestRef,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<MutedMember>>, Error> {
    let after = page_cursor::<TeamId>(cursor)?;
    let (room, limit) = (reads(&db, &caller, &room).await?, page_limit(limit));
    let muted = queries::muted(&mut *db.conn().await?, room, after, limit + 1).await?;
    Ok(Json(Page::cut(muted, limit, |member| member.team_id.to_string())))
}

/// Keeps a member quiet: the room's owner, or staff.
#[utoipa::path(tag = "chat", context_path = "/api/v1", security(("account" = []), ("admin" = [])),
    params(("room" = String, Path)), responses((status = 204)))]
#[put("/rooms/<room>/mutes/<team>")]
pub async fn mute_member(db: Db, caller: Caller, room: ContestRef, team: TeamId) -> Result<NoContent, Error> {
    mute(&db, caller, &room, team, true).await
}

/// Lets a member speak again: the room's owner, or staff.
#[utoipa::path(tag = "chat", context_path = "/api/v1", security(("account" = []), ("admin" = [])),
    params(("room" = String, Path)), responses((status = 204)))]
#[delete("/rooms/<room>/mutes/<team>")]
pub async fn unmute_member(
    db: Db,
    caller: Caller,
    room: ContestRef,
    team: TeamId,
) -> Result<NoContent, Error> {
    mute(&db, caller, &room, team, false).await
}

async fn mute(
    db: &Db,
    caller: Caller,
    room: &ContestRef,
    team: TeamId,
    muted: bool,
) -> Result<NoContent, Error> {
    let by = moderator(caller, room)?;
    let room = contests::queries::find_id(&mut *db.conn().await?, room).await?;
    db.run(&Mute { by, room, team, muted }).await?;
    Ok(NoContent)
}
