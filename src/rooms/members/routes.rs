//! The door to who is in a room.

use rocket::serde::json::Json;
use rocket::{delete, get, post};

use super::commands::{JoinRoom, LeaveRoom, RemoveMember};
use super::{OwnMembership, RoomMember, queries};
use crate::auth::{Caller, Player, SignedIn};
use crate::body::NoContent;
use crate::contests::{ContestRef, queries::find_id};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::request::{Given, page_cursor, page_limit};
use crate::rooms::{Membership, queries::named};
use crate::types::{Page, TeamId};

/// Comes into a room. Whoever is in it already stays; whoever left it finds their points again;
/// whoever was removed stays out.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path)), responses((status = 200, body = Membership)))]
#[post("/rooms/<room>/join")]
pub async fn join_room(db: Db, by: SignedIn, room: ContestRef) -> Result<Json<Membership>, Error> {
    Ok(Json(db.run(&JoinRoom { by: by.account(), room }).await?))
}

/// Reads who the account is in a room: also whether it has left, or was shown out.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path)), responses((status = 200, body = OwnMembership)))]
#[get("/rooms/<room>/membership")]
pub async fn get_membership(db: Db, by: SignedIn, room: ContestRef) -> Result<Json<OwnMembership>, Error> {
    let mut conn = db.conn().await?;
    let room = find_id(&mut conn, &room).await?;
    let own = queries::own(&mut conn, room, by.account()).await?;
    own.map(Json).ok_or_else(|| Refusal::NotFound.because("the account has never been in this room"))
}

/// Leaves a room. The owner's leaving passes it on to whoever has been in it longest; the last one
/// out closes it.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path)), responses((status = 204)))]
#[post("/rooms/<room>/leave")]
pub async fn leave_room(db: Db, by: Player, room: ContestRef) -> Result<NoContent, Error> {
    by.must_play(&room)?;
    db.run(&LeaveRoom { by }).await?;
    Ok(NoContent)
}

/// Lists who is in a room.
#[utoipa::path(tag = "rooms", context_path = "/api/v1",
    params(("room" = String, Path)), responses((status = 200, body = Page<RoomMember>)))]
#[get("/rooms/<room>/members?<limit>&<cursor>")]
pub async fn list_room_members(
    db: Db,
    _caller: Caller,
    room: ContestRef,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<RoomMember>>, Error> {
    let after = page_cursor::<TeamId>(cursor)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let room = named(&mut conn, &room).await?.contest_id;
    let rows = queries::members(&mut conn, room, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |member| member.id.to_string())))
}

/// Shows a member out, for good. For the owner.
#[utoipa::path(tag = "rooms", context_path = "/api/v1", security(("account" = [])),
    params(("room" = String, Path), ("team" = String, Path, description = "The member's id")),
    responses((status = 204)))]
#[delete("/rooms/<room>/members/<team>")]
pub async fn remove_member(db: Db, by: Player, room: ContestRef, team: TeamId) -> Result<NoContent, Error> {
    by.must_play(&room)?;
    db.run(&RemoveMember { by, member: team }).await?;
    Ok(NoContent)
}
