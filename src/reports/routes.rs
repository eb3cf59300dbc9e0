//! The door to reports.

use rocket::get;
use rocket::serde::json::Json;

use super::Report;
use super::days::Days;
use super::participation::{Participation, participation};
use super::parts::{Parts, Walk};
use super::players::{Among, TopPlayers, top_players as best_of};
use super::questions::{AnsweredQuestion, Questions, answered_questions};
use super::statement::{Changes, Statement, owner};
use crate::auth::{Admin, Caller};
use crate::contests::{ContestRef, queries as contests};
use crate::db::Db;
use crate::download::Format;
use crate::error::{Error, Refusal};
use crate::high_scores::{GameRef, queries as games};
use crate::request::{Given, page_cursor, page_limit};
use crate::types::{Page, TeamId};

/// Reports the best between two days, both included, for whoever has a valid token. A day is that of
/// each contest's time zone. Looked at is what everybody may see: neither drafts and demos, nor teams
/// that are hidden or disqualified, nor what a frozen board withholds; rooms only by naming one.
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
    let mut conn = db.conn_for_reports().await?;
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
/// it is for staff who may see those. A table has all of them.
#[utoipa::path(tag = "reports", context_path = "/api/v1", security(("admin" = [])),
    params(("contest" = String, Path), ("limit" = Option<u16>, Query, description = "50 unless told, 200 at most"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("format" = Option<Format>, Query, description = "JSON when left out")),
    responses((status = 200, content((Page<AnsweredQuestion> = "application/json"), (String = "text/csv")))))]
#[get("/contests/<contest>/reports/questions?<limit>&<cursor>&<format>")]
pub async fn report_questions(
    db: Db,
    _by: Admin,
    contest: ContestRef,
    limit: Given<u16>,
    cursor: Option<&str>,
    format: Given<Format>,
) -> Result<Report<Page<AnsweredQuestion>>, Error> {
    let after = page_cursor(cursor)?;
    let mut conn = db.conn_for_reports().await?;
    let found = contests::contest(&mut conn, &contest, true).await?;
    if format.0 == Some(Format::Csv) {
        drop(conn);
        let all = Questions { contest: found.id, after };
        return Ok(Report::Long(Parts::begin(db, all, &format!("questions-{}", found.code)).await?));
    }
    let limit = page_limit(limit);
    let rows = answered_questions(&mut conn, found.id, after, limit + 1).await?;
    let cursor_of = |question: &AnsweredQuestion| question.figures.question_id.to_string();
    Ok(Report::Json(Json(Page::cut(rows, limit, cursor_of))))
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
    let mut conn = db.conn_for_reports().await?;
    let found = contests::contest(&mut conn, &contest, true).await?;
    let report = participation(&mut conn, found.id).await?;
    Report::of(report, format.0, &format!("participation-{}", found.code))
}

/// Reports every change of a team's points with what it was for, to the team itself and to staff. A
/// table has all of them.
#[utoipa::path(tag = "reports", context_path = "/api/v1", security(("admin" = []), ("team" = [])),
    params(("contest" = String, Path), ("limit" = Option<u16>, Query, description = "50 unless told, 200 at most"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("format" = Option<Format>, Query, description = "JSON when left out")),
    responses((status = 200, content((Statement = "application/json"), (String = "text/csv")))))]
#[get("/contests/<contest>/reports/teams/<team>?<limit>&<cursor>&<format>")]
pub async fn report_team(
    db: Db,
    caller: Caller,
    contest: ContestRef,
    team: TeamId,
    limit: Given<u16>,
    cursor: Option<&str>,
    format: Given<Format>,
) -> Result<Report<Statement>, Error> {
    let after = page_cursor(cursor)?.unwrap_or(0);
    let mut conn = db.conn().await?;
    let contest = contests::find_id(&mut conn, &contest).await?;
    caller.must_see_team(contest, team)?;
    let owner = owner(&mut conn, contest, team).await?.ok_or(Refusal::NotFound)?;
    let mut changes = Changes { contest, team, after };
    if format.0 == Some(Format::Csv) {
        drop(conn);
        return Ok(Report::Long(Parts::begin(db, changes, "statement").await?));
    }
    let limit = page_limit(limit);
    let lines = changes.step(&mut conn, limit + 1).await?;
    let page = Page::cut(lines, limit, |line| line.seq.to_string());
    Ok(Report::Json(Json(Statement { team: owner.name, points: owner.points, page })))
}
