//! Writing a file of questions: all of it or nothing.

use std::time::Duration;

use diesel::sql_types::{Array, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::plan::Plan;
use super::{ImportReport, Record, Wrong, queries};
use crate::audit::{Act, Target};
use crate::auth::Admin;
use crate::contests::commands::gate;
use crate::contests::{ContestRef, queries as contests};
use crate::db::{Command, Tx};
use crate::error::{Error, Refusal};
use crate::events::Event;
use crate::questions::commands::{write_questions, write_versions};
use crate::questions::placement::commands::{keep_free_list, lock_all, write_placements};
use crate::questions::placement::must_take_questions;
use crate::sql::sql;
use crate::types::{ContestId, QuestionId};

/// Brings a file of questions into the bank and into a contest.
#[derive(Debug)]
pub struct ImportQuestions {
    /// Who imports it.
    pub by: Admin,
    /// Into which contest.
    pub contest: ContestRef,
    /// What the file says.
    pub records: Vec<Record>,
    /// Whether to say only what would happen.
    pub dry_run: bool,
}

/// A file of thousands of questions takes longer than a move of the game: as long as the database
/// gives any statement.
const LIMIT: Duration = Duration::from_secs(5);

impl Command for ImportQuestions {
    type Outcome = ImportReport;

    async fn run(&self, tx: &mut Tx) -> Result<ImportReport, Error> {
        tx.be_patient(LIMIT);
        let contest = contests::find_id(tx, &self.contest).await?;
        must_take_questions(&gate(tx, contest).await?)?;
        let names: Vec<&str> = self.records.iter().map(|r| r.external_id.as_str()).collect();
        // A dry run must not stand in anybody's way.
        if !self.dry_run {
            lock(tx, contest, &names).await?;
        }
        let known = queries::known(tx, contest, &names).await?;
        let mut plan = Plan::new(&self.records, &known);
        let report = self.report(&mut plan);
        if self.dry_run {
            return Ok(report);
        }
        if report.error_count > 0 {
            return Err(report.refused()?);
        }
        write(tx, contest, &plan).await?;
        self.tell(tx, contest, &report);
        Ok(report)
    }
}

impl ImportQuestions {
    fn report(&self, plan: &mut Plan<'_>) -> ImportReport {
        let mut wrong = Wrong::default();
        wrong.add(std::mem::take(&mut plan.errors));
        ImportReport {
            dry_run: self.dry_run,
            total: self.records.len(),
            created: plan.questions.len(),
            new_versions: plan.new_versions(),
            unchanged: plan.unchanged,
            placed: plan.placements.len(),
            errors: wrong.listed,
            error_count: wrong.count,
        }
    }

    /// One event for the whole file: ten thousand would say no more.
    fn tell(&self, tx: &mut Tx, contest: ContestId, report: &ImportReport) {
        let told = json!({
            "total": report.total, "created": report.created, "new_versions": report.new_versions,
            "unchanged": report.unchanged, "placed": report.placed, "by": self.by.name(),
        });
        let act = Act::making(tx, &self.by, "import_questions", Target::File(contest));
        act.done_with(tx, Some(told.clone()));
        tx.tell(Event::for_staff(contest, "questions_imported", None, told));
    }
}

#[derive(diesel::QueryableByName)]
struct Locked {
    #[diesel(sql_type = SqlUuid)]
    id: QuestionId,
}

/// One import at a time, so that two of the same new file make one question of each name;
/// then the questions that are there, in the order of their ids.
async fn lock(tx: &mut Tx, contest: ContestId, names: &[&str]) -> Result<(), Error> {
    sql("SELECT pg_advisory_xact_lock(hashtextextended('import', 0))").execute(tx).await?;
    let locked: Vec<Locked> =
        sql("SELECT id FROM question WHERE external_id = ANY ($1) ORDER BY id FOR NO KEY UPDATE")
            .bind::<Array<Text>, _>(names)
            .load(tx)
            .await?;
    let ids: Vec<_> = locked.into_iter().map(|row| row.id).collect();
    lock_all(tx, contest, &ids).await?;
    Ok(())
}

/// A handful of statements, however many questions there are.
async fn write(tx: &mut Tx, contest: ContestId, plan: &Plan<'_>) -> Result<(), Error> {
    write_questions(tx, &plan.questions).await?;
    write_versions(tx, &plan.versions).await?;
    point_to_current(tx, plan).await?;
    let written = write_placements(tx, contest, &plan.placements).await?;
    if written != plan.placements.len() {
        return Err(Refusal::StaleVersion.because("a question was changed while the file was imported"));
    }
    let placed: Vec<_> = plan.placements.iter().map(|p| p.question_id).collect();
    keep_free_list(tx, contest, &placed).await
}

/// Known questions that got a version now point to it; new ones do already.
async fn point_to_current(tx: &mut Tx, plan: &Plan<'_>) -> Result<(), Error> {
    let next = plan.versions.iter().filter(|(_, version, _)| *version > 1);
    let (ids, versions): (Vec<_>, Vec<_>) = next.map(|(id, version, _)| (*id, *version)).unzip();
    sql("UPDATE question q SET current_version = n.version FROM unnest($1, $2) AS n(id, version) WHERE q.id = n.id")
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Integer>, _>(versions)
        .execute(tx)
        .await?;
    Ok(())
}
