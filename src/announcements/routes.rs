//! The door to announcements.

use garde::Validate;
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::commands::{Announce, WithdrawAnnouncement};
use super::readers::{Acknowledge, MarkRead, member};
use super::{AcknowledgementView, Address, AnnouncementView, Notice, Priority, Unread, queries};
use crate::auth::{Admin, Caller, Player};
use crate::body::{Body, not_blank};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::error::Error;
use crate::events::Viewer;
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{Page, TeamId};

/// Something to announce.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementInput {
    /// In a line.
    #[garde(length(chars, min = 1, max = 200), custom(not_blank))]
    #[schema(example = "Ten minutes left")]
    pub title: String,
    /// Markdown.
    #[serde(default)]
    #[garde(length(chars, max = 10_000))]
    pub body: String,
    /// How loudly it is shown: normal.
    #[garde(skip)]
    pub priority: Option<Priority>,
    /// Whether each team is asked to say that it has taken note: no.
    #[serde(default)]
    #[garde(skip)]
    pub must_acknowledge: bool,
    /// For the teams of this division only.
    #[garde(skip)]
    pub division: Option<String>,
    /// For this team only.
    #[garde(skip)]
    pub team_id: Option<TeamId>,
    /// Takes the place of this announcement, and goes to whom that one went.
    #[garde(skip)]
    pub corrects: Option<i32>,
}

impl AnnouncementInput {
    fn notice(self) -> Result<Notice, Error> {
        let to = match (self.division, self.team_id, self.corrects) {
            (None, None, _) => Address::Everybody,
            (Some(division), None, None) => Address::Division(division),
            (None, Some(team), None) => Address::Team(team),
            (Some(_), Some(_), None) => {
                return Err(Error::invalid_field(
                    "/team_id",
                    "is for a division or for a team, not for both",
                ));
            }
            (_, _, Some(_)) => {
                return Err(Error::invalid_field(
                    "/corrects",
                    "a correction goes to whom the first one went",
                ));
            }
        };
        Ok(Notice {
            title: self.title,
            body: self.body,
            priority: self.priority.unwrap_or(Priority::Normal),
            must_acknowledge: self.must_acknowledge,
            to,
            corrects: self.corrects,
        })
    }
}

/// Announces something to everybody (spectators too), to a division or to a team.
#[utoipa::path(request_body = AnnouncementInput, tag = "announcements", context_path = "/api/v1",
    security(("admin" = [])), params(("contest" = String, Path)),
    responses((status = 201, body = AnnouncementView)))]
#[post("/contests/<contest>/announcements", data = "<body>")]
pub async fn create_announcement(
    db: Db,
    by: Admin,
    contest: ContestRef,
    key: IdempotencyKey,
    body: Body<AnnouncementInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    let notice = body.value.notice()?;
    db.once(key, &Announce { by, contest, notice }).await
}

/// Lists announcements, the newest first: a team's are those to everybody, to its division and to
/// itself; staff's are all.
#[utoipa::path(tag = "announcements", context_path = "/api/v1", security((), ("admin" = []), ("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Page<AnnouncementView>)))]
#[get("/contests/<contest>/announcements?<limit>&<cursor>")]
pub async fn list_announcements(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    limit: Given<u16>,
    cursor: Given<i32>,
) -> Result<Json<Page<AnnouncementView>>, Error> {
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = contests::contest(&mut conn, &contest, caller.is_staff()).await?.id;
    let rows =
        queries::announcements(&mut conn, contest, caller.viewer(contest), cursor.0, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |announced| announced.number.to_string())))
}

/// Which announcement of a contest a path names. What is no number is one that no announcement has.
#[derive(Debug, Clone, Copy)]
pub struct Number(i32);

impl<'a> rocket::request::FromParam<'a> for Number {
    type Error = std::convert::Infallible;
    fn from_param(text: &'a str) -> Result<Self, Self::Error> {
        Ok(Self(text.parse().unwrap_or(0)))
    }
}

/// Why an announcement is withdrawn.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementWithdrawal {
    /// Why, for staff.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "It was meant for the other hall")]
    pub reason: String,
}

/// Withdraws an announcement. Its text stays, with the time.
#[utoipa::path(request_body = AnnouncementWithdrawal, tag = "announcements", context_path = "/api/v1",
    security(("admin" = [])), params(("contest" = String, Path), ("number" = i32, Path)),
    responses((status = 200, body = AnnouncementView)))]
#[post("/contests/<contest>/announcements/<number>/withdraw", data = "<body>")]
pub async fn withdraw_announcement(
    db: Db,
    by: Admin,
    contest: ContestRef,
    number: Number,
    key: IdempotencyKey,
    body: Body<AnnouncementWithdrawal>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, by.principal());
    db.once(key, &WithdrawAnnouncement { by, contest, number: number.0, reason: body.value.reason }).await
}

/// Takes note of an announcement, for the whole team. Again does no harm.
#[utoipa::path(tag = "announcements", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path), ("number" = i32, Path)),
    responses((status = 200, body = AnnouncementView)))]
#[post("/contests/<contest>/announcements/<number>/acknowledge")]
pub async fn acknowledge_announcement(
    db: Db,
    player: Player,
    contest: ContestRef,
    number: Number,
) -> Result<Json<AnnouncementView>, Error> {
    player.must_play(&contest)?;
    Ok(Json(db.run(&Acknowledge { player, number: number.0 }).await?))
}

/// Lists the active teams to which an announcement is addressed, and which have taken note of it.
#[utoipa::path(tag = "announcements", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("number" = i32, Path)),
    responses((status = 200, body = Page<AcknowledgementView>)))]
#[get("/contests/<contest>/announcements/<number>/acknowledgements?<missing>&<limit>&<cursor>")]
pub async fn list_acknowledgements(
    db: Db,
    _by: Admin,
    contest: ContestRef,
    number: Number,
    missing: Given<bool>,
    limit: Given<u16>,
    cursor: Option<&str>,
) -> Result<Json<Page<AcknowledgementView>>, Error> {
    let after = page_cursor::<TeamId>(cursor)?;
    let (limit, mut conn) = (page_limit(limit), db.conn().await?);
    let contest = contests::find_id(&mut conn, &contest).await?;
    queries::announcement(&mut conn, contest, Viewer::Staff, number.0).await?;
    let missing = missing.0.unwrap_or(false);
    let rows = queries::acknowledgements(&mut conn, contest, number.0, missing, after, limit + 1).await?;
    Ok(Json(Page::cut(rows, limit, |row| row.team_id.to_string())))
}

/// Counts what the caller has yet to read, and its team to acknowledge.
#[utoipa::path(tag = "announcements", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Unread)))]
#[get("/contests/<contest>/announcements/unread")]
pub async fn count_unread(db: Db, player: Player, contest: ContestRef) -> Result<Json<Unread>, Error> {
    let contest = player.must_play(&contest)?;
    let mut conn = db.conn().await?;
    Ok(Json(queries::unread(&mut conn, contest, player.team(), member(&player)?).await?))
}

/// Up to where somebody has read.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadInput {
    /// This announcement and all before it.
    #[garde(range(min = 0))]
    #[schema(example = 7)]
    pub up_to: i32,
}

/// Remembers up to where the caller has read; never back.
#[utoipa::path(request_body = ReadInput, tag = "announcements", context_path = "/api/v1", security(("team" = [])),
    params(("contest" = String, Path)), responses((status = 200, body = Unread)))]
#[post("/contests/<contest>/announcements/read", data = "<body>")]
pub async fn mark_read(
    db: Db,
    player: Player,
    contest: ContestRef,
    body: Body<ReadInput>,
) -> Result<Json<Unread>, Error> {
    player.must_play(&contest)?;
    Ok(Json(db.run(&MarkRead { player, up_to: body.value.up_to }).await?))
}
