//! What goes on in a room: who is there is known where the sockets are.

use rocket::serde::json::Json;
use rocket::{State, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::Hub;
use crate::auth::Caller;
use crate::chat::queries::sent;
use crate::contests::ContestRef;
use crate::db::Db;
use crate::error::Error;
use crate::rooms::queries::{named, submissions};

/// What goes on in a room.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomStats {
    /// Its code.
    #[schema(example = "ASRBMK")]
    pub room_id: String,
    /// Members who are connected at the moment, on all instances, each counted once.
    #[schema(example = 3)]
    pub active_users: usize,
    /// What was said, also what was deleted since.
    #[schema(example = 45)]
    pub messages_sent: i64,
    /// Answers that were sent.
    #[schema(example = 12)]
    pub submissions: i64,
}

/// Counts who is connected and what was sent in a room.
#[utoipa::path(tag = "rooms", context_path = "/api/v1",
    params(("room" = String, Path)), responses((status = 200, body = RoomStats)))]
#[get("/rooms/<room>/stats")]
pub async fn get_room_stats(
    db: Db,
    _caller: Caller,
    room: ContestRef,
    hub: &State<Hub>,
) -> Result<Json<RoomStats>, Error> {
    let mut conn = db.conn().await?;
    let room = named(&mut conn, &room).await?;
    Ok(Json(RoomStats {
        active_users: hub.present(room.contest_id).len(),
        messages_sent: sent(&mut conn, room.contest_id).await?,
        submissions: submissions(&mut conn, room.contest_id).await?,
        room_id: room.room_id,
    }))
}
