//! The first right answer to a shared question: one for each, and the earliest.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::check::Check;
use super::stored::{Stored, Submission};

/// Every shared question that somebody answered right has one first, who was the earliest and
/// has the bonus.
pub(super) fn one_each(stored: &Stored, shared: &[String]) -> Check {
    let shared: HashSet<Uuid> = shared.iter().filter_map(|id| id.parse().ok()).collect();
    let mut right: HashMap<Uuid, Vec<&Submission>> = HashMap::new();
    for submission in stored.submissions.values() {
        if submission.correct == Some(true) && shared.contains(&submission.question_id) {
            right.entry(submission.question_id).or_default().push(submission);
        }
    }
    let mut wrong = Vec::new();
    for (question, answers) in &right {
        let earliest = answers.iter().map(|answer| answer.received_at.as_str()).min().unwrap_or_default();
        let first: HashSet<Uuid> =
            answers.iter().filter(|a| a.received_at == earliest).map(|a| a.team_id).collect();
        match stored.log.first_correct.get(question) {
            Some(holder) if first.contains(holder) => {}
            holder => wrong.push(format!("question {question}: {first:?} came first, {holder:?} was told")),
        }
    }
    if stored.has_all_ledgers() {
        wrong.extend(bonuses(stored, &right));
    }
    let meaning = "a shared question has one first right answer: the earliest, and it has the bonus";
    Check::of("first_correct", meaning, right.len(), wrong).noting(stored.ledger_note())
}

/// One bonus that was not taken back for each question.
fn bonuses(stored: &Stored, right: &HashMap<Uuid, Vec<&Submission>>) -> Vec<String> {
    let mut holders: HashMap<Uuid, usize> = HashMap::new();
    for entries in stored.ledgers.values() {
        let back: HashSet<i64> = entries.iter().filter_map(|entry| entry.reverses).collect();
        let live = entries.iter().filter(|e| e.kind == "first_correct" && !back.contains(&e.seq));
        for entry in live {
            // The fact behind a bonus is the answer that earned it.
            let question = stored.submissions.get(&entry.fact).map(|submission| submission.question_id);
            *holders.entry(question.unwrap_or(entry.fact)).or_default() += 1;
        }
    }
    let missing = right.keys().filter(|question| !holders.contains_key(question));
    let missing = missing.map(|question| format!("nobody has the bonus for {question}"));
    let other = holders.iter().filter(|(question, count)| **count != 1 || !right.contains_key(question));
    let other = other.map(|(question, count)| format!("{count} bonuses for {question}"));
    missing.chain(other).collect()
}
