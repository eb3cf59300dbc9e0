//! The checker: whether everything that the game promises is still so, as SQL.
//!
//! `invariants.sql` is the whole of it; constraints keep most of the invariants too, but only
//! a look at the rows shows that nothing went around them.

pub mod background;
pub mod commands;
pub mod live;
pub mod queries;
pub mod routes;

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::types::{ContestId, millis};

/// How many breaches a report shows; it counts them all.
pub const SHOWN: usize = 100;

/// Every invariant that is a matter of stored rows, with its meaning. Of P2 that is the marks; that
/// they are heeded is kept by one audience filter, and tested where that is used.
pub const INVARIANTS: &[(&str, &str)] = &[
    ("A1", "an exclusive question has at most one live assignment; once revealed, for ever"),
    ("A2", "a team gets a question at most once"),
    ("A3", "a revealed question never returns to the pool"),
    ("A4", "assignment, team and question belong to one contest"),
    ("A5", "attempts never exceed the limit"),
    ("A6", "the free list holds exactly the open exclusive questions that belong to nobody"),
    ("L1", "a balance is the sum of its ledger, whose entries are numbered and chained"),
    ("L2", "no balance is below the team's credit limit"),
    ("L3", "each fact has one ledger entry"),
    ("L4", "ledger and event log are append-only; a correction is a reversal"),
    ("L5", "a correction by hand says who and why"),
    ("B1", "price, mystery question and opening exist together or not at all"),
    ("B2", "a team has one open box, and opens none more often than allowed"),
    ("S1", "a request that is sent again makes no second submission"),
    ("S2", "attempts are numbered 1..n"),
    ("S3", "a judged submission has exactly one current judgement"),
    ("S4", "one live award for each team and question, equal to the current judgement"),
    ("S5", "the first right answer to a shared question is the earliest, and has the bonus"),
    ("S6", "no answer was received outside the team's time or inside a pause"),
    ("T1", "names are unique in a contest, no team is over-full, each has one captain"),
    ("E1", "events are numbered 1..n and their hash chain is unbroken"),
    ("P1", "standings are what ledger and judgements say, and a frozen board what they said by then"),
    ("P2", "whatever was told while the board was frozen is marked to be withheld until the thaw"),
];

/// A promise that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName, ToSchema)]
pub struct Breach {
    /// Which invariant.
    #[diesel(sql_type = Text)]
    #[schema(example = "L1")]
    pub invariant: String,
    /// In which contest; null when it is a matter of the whole installation.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub contest_id: Option<ContestId>,
    /// What it is about, with its ids.
    #[diesel(sql_type = Text)]
    #[schema(example = "team 0195f1c2-a7e3-7d0b-8c11-2f6a9b3c4d5e, entry 7")]
    pub subject: String,
    /// What is wrong with it.
    #[diesel(sql_type = Text)]
    #[schema(example = "1000 and 100 make 1100, not 1200")]
    pub detail: String,
}

/// How one invariant fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Invariant {
    /// Its name.
    #[schema(example = "L1")]
    pub id: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// How often it is broken; 0 when all is well.
    #[schema(example = 0)]
    pub breaches: i64,
}

/// What the checker found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    /// Whether no invariant is broken.
    pub ok: bool,
    /// The instant whose rows were looked at.
    #[serde(serialize_with = "millis::serialize")]
    pub checked_at: DateTime<Utc>,
    /// Every invariant that was checked.
    pub invariants: Vec<Invariant>,
    /// How many breaches there are in all.
    #[schema(example = 0)]
    pub total: i64,
    /// The first hundred of them, some of each invariant that is broken.
    pub breaches: Vec<Breach>,
}

impl Report {
    /// Sums up what was found: some breaches, and how many there are of each invariant.
    fn of(checked_at: DateTime<Utc>, mut breaches: Vec<Breach>, count: impl Fn(&str) -> i64) -> Self {
        let invariants: Vec<_> =
            INVARIANTS.iter().map(|&(id, meaning)| Invariant { id, meaning, breaches: count(id) }).collect();
        breaches.sort_by_key(|breach| INVARIANTS.iter().position(|(id, _)| *id == breach.invariant));
        let total = invariants.iter().map(|invariant| invariant.breaches).sum();
        Self { ok: breaches.is_empty(), checked_at, invariants, total, breaches }
    }
}

/// What the last check in the background found. It looks at contests that are played or changed
/// lately; `podium check` looks at everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastCheck {
    /// Whether no invariant is broken.
    pub ok: bool,
    /// The instant whose rows were looked at.
    #[serde(serialize_with = "millis::serialize")]
    pub checked_at: DateTime<Utc>,
    /// Since when no check has found anything; null while something is broken.
    #[serde(serialize_with = "millis::option::serialize")]
    pub sound_since: Option<DateTime<Utc>>,
    /// How long it took.
    #[schema(example = 40)]
    pub took_ms: i64,
    /// How many contests were looked at.
    #[schema(example = 1)]
    pub contests: i32,
    /// How often each broken invariant is broken.
    #[schema(example = json!({}))]
    pub breaches: BTreeMap<String, i64>,
}

/// The report for people: a line for each invariant, then the breaches.
#[must_use]
pub fn print(report: &Report) -> String {
    let mut text = String::new();
    for Invariant { id, meaning, breaches } in &report.invariants {
        let verdict = match breaches {
            0 => "ok".to_owned(),
            1 => "1 breach".to_owned(),
            n => format!("{n} breaches"),
        };
        let _ = writeln!(text, "{id}  {verdict:<14}{meaning}");
    }
    for Breach { invariant, contest_id, subject, detail } in &report.breaches {
        let contest = contest_id.map_or_else(|| "installation".to_owned(), |id| format!("contest {id}"));
        let _ = writeln!(text, "\n{invariant}  {contest}, {subject}\n    {detail}");
    }
    if report.total > i64::try_from(report.breaches.len()).unwrap_or(i64::MAX) {
        let _ = writeln!(text, "\n{} of {} breaches are shown.", report.breaches.len(), report.total);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_has_its_sql() {
        let text = include_str!("invariants.sql");
        for (id, _) in INVARIANTS {
            assert!(text.contains(&format!("SELECT '{id}'")), "{id}");
        }
        for statement in text.split("SELECT '").skip(1) {
            assert!(INVARIANTS.iter().any(|(id, _)| statement.starts_with(id)), "{}", &statement[..2]);
        }
    }

    fn breach(invariant: &str) -> Breach {
        Breach {
            invariant: invariant.to_owned(),
            contest_id: None,
            subject: "table ledger_entry".to_owned(),
            detail: "is not kept append-only".to_owned(),
        }
    }

    #[test]
    fn a_report_without_breaches_is_ok() {
        let report = Report::of(Utc::now(), Vec::new(), |_| 0);
        assert!(report.ok);
        assert_eq!((report.total, report.invariants.len()), (0, INVARIANTS.len()));
        assert!(print(&report).lines().all(|line| line[4..].starts_with("ok ")));
    }

    #[test]
    fn breaches_are_counted_even_when_they_are_not_shown() {
        let found = vec![breach("E1"), breach("L4")];
        let report = Report::of(Utc::now(), found, |id| if id == "E1" { 300 } else { i64::from(id == "L4") });
        assert!(!report.ok);
        assert_eq!(report.total, 301);
        assert_eq!(report.breaches[0].invariant, "L4", "in the order of the invariants");
        let text = print(&report);
        assert!(text.contains("E1  300 breaches"), "{text}");
        assert!(text.contains("L4  1 breach "), "{text}");
        assert!(text.contains("L4  installation, table ledger_entry\n    is not kept"), "{text}");
        assert!(text.ends_with("2 of 301 breaches are shown.\n"), "{text}");
    }
}
