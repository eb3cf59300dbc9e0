//! Writing the bank: a version is never changed, an edit adds the next one.

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Jsonb, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::{Content, QuestionView, queries, stale};
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::schema::question;
use crate::sql::sql;
use crate::types::QuestionId;

/// Puts a question into the bank.
#[derive(Debug)]
pub struct CreateQuestion {
    /// Who writes it.
    pub by: Admin,
    /// Its name outside of Podium; without one it is called by its id.
    pub external_id: Option<String>,
    /// What it says.
    pub content: Content,
}

impl Command for CreateQuestion {
    type Outcome = QuestionView;
    const CREATES: bool = true;

    async fn run(&self, tx: &mut Tx) -> Result<QuestionView, Error> {
        let id = QuestionId::new();
        let external_id = self.external_id.clone().unwrap_or_else(|| id.to_string());
        write_questions(tx, &[(id, &external_id)]).await?;
        write_versions(tx, &[(id, 1, &self.content)]).await?;
        Act::making(tx, &self.by, "create_question", Target::Question(id)).done(tx).await?;
        tracing::info!(question = %id, by = self.by.name(), "question written");
        queries::question(tx, id).await
    }
}

/// Writes the next version of a question. Contests keep the version they have pinned.
#[derive(Debug)]
pub struct EditQuestion {
    /// Who writes it.
    pub by: Admin,
    /// Which question.
    pub question: QuestionId,
    /// The version the caller read.
    pub version: i32,
    /// A new name outside of Podium; `None` leaves the old one.
    pub external_id: Option<String>,
    /// What it says from now on.
    pub content: Content,
}

impl Command for EditQuestion {
    type Outcome = QuestionView;

    async fn run(&self, tx: &mut Tx) -> Result<QuestionView, Error> {
        let current = lock(tx, self.question).await?;
        if current != self.version {
            return Err(stale(current));
        }
        let act = Act::upon(tx, &self.by, "edit_question", Target::Question(self.question)).await?;
        write_versions(tx, &[(self.question, current + 1, &self.content)]).await?;
        diesel::update(question::table.find(self.question))
            .set((
                question::current_version.eq(current + 1),
                self.external_id.as_ref().map(|name| question::external_id.eq(name)),
            ))
            .execute(tx)
            .await?;
        act.done(tx).await?;
        tracing::info!(question = %self.question, version = current + 1, by = self.by.name(), "question edited");
        queries::question(tx, self.question).await
    }
}

/// Takes a question out of the bank. What was played with it stays as it was; its name
/// becomes free for another one.
#[derive(Debug)]
pub struct RetireQuestion {
    /// Who takes it out.
    pub by: Admin,
    /// Which question.
    pub question: QuestionId,
}

#[derive(QueryableByName)]
struct PlacedIn {
    #[diesel(sql_type = Text)]
    code: String,
}

impl Command for RetireQuestion {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), Error> {
        lock(tx, self.question).await?;
        let placed: Option<PlacedIn> =
            sql("SELECT c.code FROM contest_question p JOIN contest c ON c.id = p.contest_id
            WHERE p.question_id = $1 AND p.state <> 'withdrawn' LIMIT 1")
            .bind::<SqlUuid, _>(self.question)
            .get_result(tx)
            .await
            .optional()?;
        if let Some(PlacedIn { code }) = placed {
            return Err(Refusal::QuestionInUse.because(format!("it has its place in the contest {code}")));
        }
        let act = Act::upon(tx, &self.by, "delete_question", Target::Question(self.question)).await?;
        diesel::update(question::table.find(self.question))
            .set((question::retired_at.eq(tx.now()), question::external_id.eq(None::<String>)))
            .execute(tx)
            .await?;
        act.done(tx).await?;
        tracing::info!(question = %self.question, by = self.by.name(), "question retired");
        Ok(())
    }
}

/// Locks a question of the bank and tells its current version. The lock lets rows that
/// refer to the question be written meanwhile.
pub(crate) async fn lock(tx: &mut Tx, id: QuestionId) -> Result<i32, Error> {
    let found: Option<i32> = question::table
        .find(id)
        .filter(question::retired_at.is_null())
        .select(question::current_version)
        .for_no_key_update()
        .first(tx)
        .await
        .optional()?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// New questions, all in one statement. Their first versions must follow before the commit.
pub(crate) async fn write_questions(tx: &mut Tx, new: &[(QuestionId, &str)]) -> Result<(), Error> {
    let (ids, names): (Vec<_>, Vec<_>) = new.iter().copied().unzip();
    sql("INSERT INTO question (id, external_id) SELECT * FROM unnest($1, $2)")
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(names)
        .execute(tx)
        .await?;
    Ok(())
}

/// New versions with their answers, in two statements however many they are.
pub(crate) async fn write_versions(tx: &mut Tx, new: &[(QuestionId, i32, &Content)]) -> Result<(), Error> {
    let ids: Vec<_> = new.iter().map(|(id, _, _)| *id).collect();
    let versions: Vec<_> = new.iter().map(|(_, version, _)| *version).collect();
    let options: Vec<_> = new.iter().map(|(_, _, content)| Value::from(content.options.clone())).collect();
    let keys: Vec<_> = new.iter().map(|(_, _, content)| content.key.to_stored()).collect();
    sql("INSERT INTO question_version (question_id, version, kind, text, options)
         SELECT * FROM unnest($1, $2, $3, $4, $5)")
    .bind::<Array<SqlUuid>, _>(&ids)
    .bind::<Array<Integer>, _>(&versions)
    .bind::<Array<Text>, _>(new.iter().map(|(_, _, content)| content.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|(_, _, content)| &content.text).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(options)
    .execute(tx)
    .await?;
    sql("INSERT INTO answer_key (question_id, version, key, explanation) SELECT * FROM unnest($1, $2, $3, $4)")
        .bind::<Array<SqlUuid>, _>(&ids)
        .bind::<Array<Integer>, _>(&versions)
        .bind::<Array<Jsonb>, _>(keys)
        .bind::<Array<Text>, _>(new.iter().map(|(_, _, content)| &content.explanation).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}
