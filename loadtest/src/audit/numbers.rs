//! Numbers that count: of events, and of versions.

use super::check::Check;
use super::stored::Stored;
use crate::books::{Unknown, Written};

/// The event log has every number once, and tells of everything.
pub(super) fn events(written: &Written, stored: &Stored) -> Check {
    let log = &stored.log;
    let mut wrong = log.gaps.clone();
    let read: usize = log.kinds.values().sum();
    if i64::try_from(read) != Ok(log.head) {
        wrong.push(format!("{read} events, but the last has number {}", log.head));
    }
    let told = log.kinds.get("team_registered").copied().unwrap_or(0);
    if told != stored.teams.len() {
        wrong.push(format!("{told} registrations were told of {} teams", stored.teams.len()));
    }
    // The books count an answer that nobody was sure of not at all.
    if log.kinds.get("answer_judged").copied().unwrap_or(0) < written.submitted.len() {
        wrong.push("fewer verdicts were told than given".to_owned());
    }
    Check::of("events", "events are numbered 1, 2, 3, … without a hole, and none is missing", read, wrong)
}

/// Things with a version have moved on by exactly the acknowledged edits.
pub(super) fn versions(written: &Written, stored: &Stored, begun: i64) -> Check {
    let unsure = |thing: &str| {
        let this = |unknown: &&Unknown| matches!(unknown, Unknown::Edit { thing: t } if t == thing);
        i64::try_from(written.unknown.iter().filter(this).count()).unwrap_or(i64::MAX)
    };
    let edits = |thing: &str| written.edits.get(thing).copied().unwrap_or(0);
    let moved = |thing: &str, from: i64, to: i64| {
        let (least, most) = (from + edits(thing), from + edits(thing) + unsure(thing));
        (!(least..=most).contains(&to))
            .then(|| format!("{thing}: {} edits from version {from}, now {to}", edits(thing)))
    };
    let mut wrong: Vec<String> = moved("contest", begun, stored.version).into_iter().collect();
    for (question, version) in &stored.questions {
        wrong.extend(moved(&format!("question {question}"), 1, *version));
    }
    let meaning = "versions count exactly the acknowledged edits";
    Check::of("edits_counted", meaning, 1 + stored.questions.len(), wrong)
}
