//! The books against the rows: nothing acknowledged is missing, nothing is there that nobody
//! knows of, and nothing is there twice.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

use uuid::Uuid;

use super::check::Check;
use super::stored::Stored;
use crate::books::{Unknown, Written};

/// The comparisons that need no arithmetic.
pub(super) fn all(written: &Written, stored: &Stored) -> Vec<Check> {
    vec![
        teams(written, stored),
        taken(written, stored),
        submitted(written, stored),
        opened(written, stored),
        adjusted(written, stored),
        questions(written, stored),
        emails(written, stored),
        one_holder(stored),
        one_answer(stored),
        verdicts(written),
        replays(written),
    ]
}

/// Writes whose outcome nobody knows, each of which may explain one row.
#[derive(Debug)]
struct Excuses<K>(HashMap<K, usize>);

impl<K: Eq + Hash> Excuses<K> {
    fn new(written: &Written, of: impl Fn(&Unknown) -> Option<K>) -> Self {
        let mut excuses = HashMap::new();
        for key in written.unknown.iter().filter_map(of) {
            *excuses.entry(key).or_default() += 1;
        }
        Self(excuses)
    }

    /// Whether a row is explained; each excuse counts once.
    fn use_up(&mut self, key: &K) -> bool {
        match self.0.get_mut(key) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

/// Compares acknowledged writes with rows: each is there, and says the same; every other row
/// has an excuse.
fn kept<K: Eq + Hash + Debug, W: Debug, S: Debug>(
    written: &HashMap<K, W>,
    stored: &HashMap<K, S>,
    same: impl Fn(&W, &S) -> bool,
    mut excused: impl FnMut(&S) -> bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, acknowledged) in written {
        match stored.get(id) {
            None => wrong.push(format!("acknowledged but not there: {id:?} {acknowledged:?}")),
            Some(row) if !same(acknowledged, row) => {
                wrong.push(format!("acknowledged {acknowledged:?}, there is {row:?}"));
            }
            Some(_) => {}
        }
    }
    for (id, row) in stored {
        if !written.contains_key(id) && !excused(row) {
            wrong.push(format!("there but never acknowledged: {row:?}"));
        }
    }
    wrong
}

fn teams(written: &Written, stored: &Stored) -> Check {
    let mut excuses = Excuses::new(written, |unknown| match unknown {
        Unknown::Team { name } => Some(name.clone()),
        _ => None,
    });
    let wrong = kept(&written.teams, &stored.teams, |w, s| w.name == s.name, |row| excuses.use_up(&row.name));
    Check::of("teams_kept", "every acknowledged team is there, and no other", stored.teams.len(), wrong)
}

fn taken(written: &Written, stored: &Stored) -> Check {
    let mut excuses = Excuses::new(written, |unknown| match unknown {
        Unknown::Taking { team } | Unknown::Opening { team } => Some(*team),
        _ => None,
    });
    let wrong = kept(
        &written.taken,
        &stored.assignments,
        |w, s| (w.team, w.question) == (s.team_id, s.question_id),
        |row| excuses.use_up(&row.team_id),
    );
    let meaning = "every question that was given to a team is with that team, and no other";
    Check::of("questions_kept", meaning, stored.assignments.len(), wrong)
}

fn submitted(written: &Written, stored: &Stored) -> Check {
    let mut excuses = Excuses::new(written, |unknown| match unknown {
        Unknown::Answer { assignment, .. } => Some(*assignment),
        _ => None,
    });
    let wrong = kept(
        &written.submitted,
        &stored.submissions,
        |w, s| (w.assignment, w.team, Some(w.correct)) == (s.assignment_id, s.team_id, s.correct),
        |row| excuses.use_up(&row.assignment_id),
    );
    let meaning = "every acknowledged answer is there with its verdict, and no other";
    Check::of("answers_kept", meaning, stored.submissions.len(), wrong)
}

fn opened(written: &Written, stored: &Stored) -> Check {
    let mut excuses = Excuses::new(written, |unknown| match unknown {
        Unknown::Opening { team } => Some(*team),
        _ => None,
    });
    let wrong = kept(
        &written.opened,
        &stored.openings,
        |w, s| (w.team, w.assignment, w.price) == (s.team_id, s.assignment_id, s.price),
        |row| excuses.use_up(&row.team_id),
    );
    let meaning = "every box that was paid for is there with its question and price, and no other";
    Check::of("boxes_kept", meaning, stored.openings.len(), wrong)
}

/// Corrections by staff, by team and number in its ledger; of the ledgers that were read.
fn adjusted(written: &Written, stored: &Stored) -> Check {
    let mut excuses = Excuses::new(written, |unknown| match unknown {
        Unknown::Adjustment { team } => Some(*team),
        _ => None,
    });
    let acknowledged: HashMap<(Uuid, i64), i64> = written
        .adjusted
        .iter()
        .filter(|adjusted| stored.ledgers.contains_key(&adjusted.team))
        .map(|adjusted| ((adjusted.team, adjusted.seq), adjusted.amount))
        .collect();
    let entries = stored.ledgers.iter().flat_map(|(team, entries)| {
        let by_staff = entries.iter().filter(|entry| entry.is_by_staff());
        by_staff.map(|entry| ((*team, entry.seq), (*team, entry.amount)))
    });
    let entries: HashMap<(Uuid, i64), (Uuid, i64)> = entries.collect();
    let wrong = kept(&acknowledged, &entries, |w, s| *w == s.1, |row| excuses.use_up(&row.0));
    let meaning = "every correction by staff stands in the ledger, and no other";
    Check::of("corrections_kept", meaning, entries.len(), wrong).noting(stored.ledger_note())
}

fn questions(written: &Written, stored: &Stored) -> Check {
    let mut excuses = Excuses::new(written, |unknown| match unknown {
        Unknown::Question => Some(()),
        _ => None,
    });
    let acknowledged: HashMap<Uuid, ()> = written.questions.iter().map(|id| (*id, ())).collect();
    let wrong = kept(&acknowledged, &stored.questions, |(), _| true, |_| excuses.use_up(&()));
    let meaning = "every question that staff has placed is in the contest, and no other";
    Check::of("placements_kept", meaning, stored.questions.len(), wrong)
}

/// Only one member of staff edits a team, so the last acknowledged address is the one.
fn emails(written: &Written, stored: &Stored) -> Check {
    let unsure: HashSet<String> = written
        .unknown
        .iter()
        .filter_map(|unknown| match unknown {
            Unknown::Edit { thing } => Some(thing.clone()),
            _ => None,
        })
        .collect();
    let wrong = written.emails.iter().filter_map(|(team, email)| {
        let has = stored.emails.get(team);
        let fine = has == Some(email) || unsure.contains(&team.to_string());
        (!fine).then(|| format!("team {team} was given {email}, has {has:?}"))
    });
    let meaning = "a team has the address that staff gave it last";
    Check::of("addresses_kept", meaning, written.emails.len(), wrong)
}

fn one_holder(stored: &Stored) -> Check {
    let mut holders: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let exclusive = stored.assignments.values().filter(|assignment| assignment.exclusive);
    for assignment in exclusive {
        holders.entry(assignment.question_id).or_default().push(assignment.team_id);
    }
    let twice = holders.iter().filter(|(_, teams)| teams.len() > 1);
    let twice = twice.map(|(question, teams)| format!("question {question} belongs to {teams:?}"));
    Check::of("one_holder", "no exclusive question is given twice", holders.len(), twice.collect::<Vec<_>>())
}

fn one_answer(stored: &Stored) -> Check {
    let mut answers: HashMap<Uuid, i64> = HashMap::new();
    for submission in stored.submissions.values() {
        *answers.entry(submission.assignment_id).or_default() += 1;
    }
    let wrong = stored.assignments.values().filter_map(|assignment| {
        let sent = answers.get(&assignment.id).copied().unwrap_or(0);
        let fine = sent == assignment.attempts && sent <= assignment.max_attempts;
        (!fine).then(|| format!("{sent} answers to {assignment:?}"))
    });
    let meaning = "one answer for each attempt, and no more attempts than allowed";
    Check::of("one_answer", meaning, stored.assignments.len(), wrong)
}

fn verdicts(written: &Written) -> Check {
    let meaning = "right answers were judged right, and wrong ones wrong";
    Check::of("verdicts", meaning, written.submitted.len(), written.misjudged.iter().cloned())
}

fn replays(written: &Written) -> Check {
    let meaning = "a request sent a second time got the same bytes, marked as a replay";
    let count = usize::try_from(written.replays).unwrap_or(usize::MAX);
    Check::of("replays", meaning, count, written.replays_differing.iter().cloned())
}
