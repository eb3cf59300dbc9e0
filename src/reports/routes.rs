//! The door to reports.

use rocket::get;

use super::Report;
use super::days::Days;
use super::participation::{Participation, participation};
use super::players::{Among, TopPlayers, top_players as best_of};
use super::questions::{AnsweredQuestions, answered_questions};
use super::statement::{Statement, statement};
use crate::auth::{Admin, Caller};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::download::Format;
use crate::error::{Error, Refusal};
use crate::high_scores::{GameRef, queries as games};
use crate::request::{Given, page_limit};
use crate::types::TeamId;

/// Reports the best between two days, both included, for whoever has a valid token. A day is that of
/// each contest's time zone. Looked at is what everybody may see: neither drafts and demos, nor teams
/// that are hidden or disqualified, nor what a frozen board withholds.
#[allow(clippy::too_many_arguments, reason = "one for each part of the query")]
#[utoipa::path(tag = "reports", context_path = "/api/v1", security(("admin" = []), ("account" = []), ("team" = [])),
    params(("start_date" = String, Query, description = "The first day, such as 2026-11-01"),
        ("end_date" = String, Query, description = "The last day, included"),
        ("contest" = Option<String>, Query, description = "Only this contest"),
        ("game" = Option<String>, Query, description = "Only contests of this game, or what was reported in it"),
        ("limit" = Option<u16>, Query, description = "50 unless told, 200 at most"),
        ("format" = Option<Format>, Query, description = "JSON when left out")),
    responses((status = 200, content((TopPlayers = "application/json"), (String = "text/csv")))))]
#[get("/reports/top_players?<start_date>&<end_date>&<contest>&<game>&<limit>&<format>")]
pub async fn report_top_players(
    db: Db,
    caller: Caller,
    start_date: Option<&str>,
    end_date: Option<&str>,
    contest: Option<&str>,
    game: Option<&str>,
    limit: Given<u16>,
    format: Given<Format>,
) -> Result<Report<TopPlayers>, Error> {
    if caller == Caller::Spectator {
        return Err(Refusal::NotAuthenticated.into());
    }
    let days = Days::read(start_date, end_date)?;
    let mut conn = db.conn().await?;
    let among = match (contest, game) {
        (None, None) => Among::Contests,
        (Some(contest), None) => {
            Among::Contest(contests::contest(&mut conn, &ContestRef::named(contest), false).await?.id)
        }
        (None, Some(game)) => match games::find(&mut conn, &GameRef::named(game)).await? {
            game if game.self_reported => Among::Reports(game.id),
            game => Among::Game(game.id),
        },
        (Some(_), Some(_)) => return Err(Error::invalid_field("game", "name a contest or a game, not both")),
    };
    let report = best_of(&mut conn, days, among, page_limit(limit)).await?;
    Report::of(report, format.0, &format!("top-players-{}-{}", days.first, days.last))
}

/// Reports how the questions of a contest were answered. Most answers being right, it tells which are:
/// it is for staff who may see those.
#[utoipa::path(tag = "reports", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("format" = Option<Format>, Query, description = "JSON when left out")),
    responses((status = 200, content((AnsweredQuestions = "application/json"), (String = "text/csv")))))]
#[get("/contests/<contest>/reports/questions?<format>")]
pub async fn report_questions(
    db: Db,
    _by: Admin,
    contest: ContestRef,
    format: Given<Format>,
) -> Result<Report<AnsweredQuestions>, Error> {
    let mut conn = db.conn().await?;
    let found = contests::contest(&mut conn, &contest, true).await?;
    let report = answered_questions(&mut conn, found.id).await?;
    Report::of(report, format.0, &format!("questions-{}", found.code))
}

/// Reports who took part in a contest, by division and by hour.
#[utoipa::path(tag = "reports", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("format" = Option<Format>, Query, description = "JSON when left out")),
    responses((status = 200, content((Participation = "application/json"), (String = "text/csv")))))]
#[get("/contests/<contest>/reports/participation?<format>")]
pub async fn report_participation(
    db: Db,
    _by: Admin,
    contest: ContestRef,
    format: Given<Format>,
) -> Result<Report<Participation>, Error> {
    let mut conn = db.conn().await?;
    let found = contests::contest(&mut conn, &contest, true).await?;
    let report = participation(&mut conn, found.id).await?;
    Report::of(report, format.0, &format!("participation-{}", found.code))
}

/// Reports every change of a team's points with what it was for, to the team itself and to staff.
#[utoipa::path(tag = "reports", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path), ("format" = Option<Format>, Query, description = "JSON when left out")),
    responses((status = 200, content((Statement = "application/json"), (String = "text/csv")))))]
#[get("/contests/<contest>/reports/teams/<team>?<format>")]
pub async fn report_team(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
    format: Given<Format>,
) -> Result<Report<Statement>, Error> {
    let mut conn = db.conn().await?;
    let contest = contests::find_id(&mut conn, &contest).await?;
    caller.must_see_team(contest, team)?;
    let report = statement(&mut conn, contest, team).await?.ok_or(Refusal::NotFound)?;
    Report::of(report, format.0, "statement")
}
