//! What the bank and the contest have already, for imports and exports.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Jsonb, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::plan::{Known, Placed};
use super::{Format, QuestionRecord, print_file};
use crate::error::Error;
use crate::questions::Content;
use crate::questions::placement::{Placement, Terms};
use crate::questions::queries::{key, kind, options};
use crate::sql::sql;
use crate::types::{ContestId, QuestionId};

#[derive(QueryableByName)]
struct ContentRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Jsonb)]
    options: Value,
    #[diesel(sql_type = Jsonb)]
    key: Value,
    #[diesel(sql_type = Text)]
    explanation: String,
}

impl ContentRow {
    fn content(self) -> Result<Content, Error> {
        let kind = kind(&self.kind)?;
        Ok(Content {
            kind,
            text: self.text,
            options: options(self.options)?,
            key: key(kind, &self.key)?,
            explanation: self.explanation,
        })
    }
}

#[derive(QueryableByName)]
struct BankRow {
    #[diesel(sql_type = SqlUuid)]
    id: QuestionId,
    #[diesel(sql_type = Text)]
    external_id: String,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(embed)]
    content: ContentRow,
}

#[derive(QueryableByName)]
struct PlacedRow {
    #[diesel(embed)]
    placement: Placement,
    #[diesel(embed)]
    content: ContentRow,
    #[diesel(sql_type = Bool)]
    in_use: bool,
}

/// The questions of these names, by name, with their places in the contest.
pub(super) async fn known(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    names: &[&str],
) -> Result<HashMap<String, Known>, Error> {
    let bank: Vec<BankRow> =
        sql("SELECT q.id, q.external_id, v.version, v.kind, v.text, v.options, k.key, k.explanation
        FROM question q
        JOIN question_version v ON (v.question_id, v.version) = (q.id, q.current_version)
        JOIN answer_key k ON (k.question_id, k.version) = (v.question_id, v.version)
        WHERE q.external_id = ANY ($1)")
        .bind::<Array<Text>, _>(names)
        .load(conn)
        .await?;
    let ids: Vec<_> = bank.iter().map(|row| row.id).collect();
    let mut places = places(conn, contest, &ids).await?;
    let known = bank.into_iter().map(|row| {
        let placed = places.remove(&row.id);
        Ok((
            row.external_id,
            Known { id: row.id, version: row.version, content: row.content.content()?, placed },
        ))
    });
    known.collect()
}

async fn places(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    questions: &[QuestionId],
) -> Result<HashMap<QuestionId, Placed>, Error> {
    let rows: Vec<PlacedRow> =
        sql("SELECT c.question_id, c.version, c.difficulty, c.category, c.points, c.exclusive,
            c.pool, c.max_attempts, c.time_limit_ms, c.state, c.edit_version,
            v.kind, v.text, v.options, k.key, k.explanation,
            EXISTS (SELECT FROM assignment a
                WHERE a.contest_id = c.contest_id AND a.question_id = c.question_id) AS in_use
        FROM contest_question c
        JOIN question_version v ON (v.question_id, v.version) = (c.question_id, c.version)
        JOIN answer_key k ON (k.question_id, k.version) = (v.question_id, v.version)
        WHERE c.contest_id = $1 AND c.question_id = ANY ($2)")
        .bind::<SqlUuid, _>(contest)
        .bind::<Array<SqlUuid>, _>(questions)
        .load(conn)
        .await?;
    let places = rows.into_iter().map(|row| {
        let placed = Placed { content: row.content.content()?, placement: row.placement, in_use: row.in_use };
        Ok((placed.placement.question_id, placed))
    });
    places.collect()
}

#[derive(QueryableByName)]
struct ExportRow {
    #[diesel(sql_type = Text)]
    external_id: String,
    #[diesel(embed)]
    content: ContentRow,
    #[diesel(embed)]
    terms: Terms,
}

/// A file of all questions of a contest in the versions that are played, with their answers,
/// in the order in which they were made; without those that were withdrawn.
///
/// # Errors
/// Those of the database.
pub async fn export(
    conn: &mut AsyncPgConnection,
    contest: ContestId,
    format: Format,
) -> Result<String, Error> {
    let rows: Vec<ExportRow> = sql("SELECT coalesce(q.external_id, q.id::text) AS external_id,
            v.kind, v.text, v.options, k.key, k.explanation,
            c.difficulty, c.category, c.points, c.exclusive, c.pool, c.max_attempts, c.time_limit_ms
        FROM contest_question c
        JOIN question q ON q.id = c.question_id
        JOIN question_version v ON (v.question_id, v.version) = (c.question_id, c.version)
        JOIN answer_key k ON (k.question_id, k.version) = (v.question_id, v.version)
        WHERE c.contest_id = $1 AND c.state <> 'withdrawn' ORDER BY c.question_id")
    .bind::<SqlUuid, _>(contest)
    .load(conn)
    .await?;
    let records = rows
        .into_iter()
        .map(|row| Ok(QuestionRecord::new(row.external_id, row.content.content()?, row.terms)));
    print_file(format, &records.collect::<Result<Vec<_>, Error>>()?)
}
