//! What an import will write, decided before anything is written: a dry run stops here.

use std::collections::HashMap;

use super::{LineError, Record};
use crate::questions::Content;
use crate::questions::placement::{Placement, PlacementState};
use crate::types::QuestionId;

/// A question of the bank that a record means.
#[derive(Debug, Clone)]
pub struct Known {
    /// Which one.
    pub id: QuestionId,
    /// Its current version.
    pub version: i32,
    /// What that says.
    pub content: Content,
    /// Its place in the contest.
    pub placed: Option<Placed>,
}

/// The place that a question has in the contest already.
#[derive(Debug, Clone)]
pub struct Placed {
    /// As it is stored.
    pub placement: Placement,
    /// What the version says that is played.
    pub content: Content,
    /// Whether a team was ever given it.
    pub in_use: bool,
}

/// What to write.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// New questions, by name.
    pub questions: Vec<(QuestionId, &'a str)>,
    /// First versions of the new questions, and next versions of known ones.
    pub versions: Vec<(QuestionId, i32, &'a Content)>,
    /// Places to make or to change.
    pub placements: Vec<Placement>,
    /// Records whose content is in the bank already.
    pub unchanged: usize,
    /// Records that cannot be written.
    pub errors: Vec<LineError>,
}

impl<'a> Plan<'a> {
    /// Decides about every record; `known` is by name.
    #[must_use]
    pub fn new(records: &'a [Record], known: &HashMap<String, Known>) -> Self {
        let mut plan = Self::default();
        for record in records {
            match known.get(&record.external_id) {
                None => plan.create(record),
                Some(known) => match &known.placed {
                    Some(placed) => plan.change(record, known, placed),
                    None => plan.place(record, known),
                },
            }
        }
        plan
    }

    /// How many known questions get their next version.
    #[must_use]
    pub fn new_versions(&self) -> usize {
        self.versions.len() - self.questions.len()
    }

    fn create(&mut self, record: &'a Record) {
        let id = QuestionId::new();
        self.questions.push((id, &record.external_id));
        self.versions.push((id, 1, &record.content));
        self.placements.push(placement(record, id, 1, 1));
    }

    /// In the bank, but not yet in this contest.
    fn place(&mut self, record: &'a Record, known: &Known) {
        let version = self.version(record, known, None);
        self.placements.push(placement(record, known.id, version, 1));
    }

    /// In this contest already. What counts there is the version that is played, even if
    /// the bank has a newer one: so a contest's export imports to no change.
    fn change(&mut self, record: &'a Record, known: &Known, placed: &Placed) {
        let there = &placed.placement;
        let same = record.content == placed.content && record.terms == there.terms;
        let refused = match there.state {
            PlacementState::Withdrawn => Some("was withdrawn from this contest"),
            _ if placed.in_use && !same => Some("has been given to a team and cannot be changed any more"),
            _ => None,
        };
        if let Some(why) = refused {
            self.errors.push(record.wrong(None, format!("the question {:?} {why}", record.external_id)));
            return;
        }
        let version = self.version(record, known, Some(placed));
        if !same {
            let changed = placement(record, known.id, version, there.edit_version + 1);
            self.placements.push(Placement { state: there.state, ..changed });
        }
    }

    /// The version that says what the record says: the one that is played, the current one,
    /// or the next one.
    fn version(&mut self, record: &'a Record, known: &Known, placed: Option<&Placed>) -> i32 {
        let played = placed.map(|placed| (placed.placement.version, &placed.content));
        let there = played.into_iter().chain([(known.version, &known.content)]);
        match there.into_iter().find(|(_, content)| **content == record.content) {
            Some((version, _)) => {
                self.unchanged += 1;
                version
            }
            None => {
                self.versions.push((known.id, known.version + 1, &record.content));
                known.version + 1
            }
        }
    }
}

fn placement(record: &Record, question_id: QuestionId, version: i32, edit_version: i32) -> Placement {
    Placement { question_id, version, terms: record.terms.clone(), state: PlacementState::Open, edit_version }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::import::{Format, read_file};

    fn record(text: &str, points: i64) -> Record {
        let file = format!(
            r#"[{{"external_id": "a", "kind": "true_false", "text": "{text}", "answer": true,
                "difficulty": "EASY", "category": "Music", "points": {points}}}]"#
        );
        read_file(Format::Json, file.as_bytes()).records.remove(0)
    }

    /// The question as version 2 of the bank, placed as version 1 says.
    fn known(current: &Record, played: Option<(&Record, bool)>) -> HashMap<String, Known> {
        let id = QuestionId::new();
        let placed = played.map(|(played, in_use)| Placed {
            placement: placement(played, id, 1, 5),
            content: played.content.clone(),
            in_use,
        });
        HashMap::from([("a".to_owned(), Known { id, version: 2, content: current.content.clone(), placed })])
    }

    fn counts(plan: &Plan<'_>) -> [usize; 5] {
        [plan.questions.len(), plan.new_versions(), plan.unchanged, plan.placements.len(), plan.errors.len()]
    }

    #[test]
    fn a_new_question_is_made_and_placed() {
        let records = [record("Old?", 100)];
        assert_eq!(counts(&Plan::new(&records, &HashMap::new())), [1, 0, 0, 1, 0]);
    }

    #[test]
    fn a_known_question_is_never_made_twice() {
        let (old, new) = ([record("Old?", 100)], [record("New?", 100)]);
        let bank = known(&old[0], None);
        assert_eq!(counts(&Plan::new(&old, &bank)), [0, 0, 1, 1, 0]);
        let plan = Plan::new(&new, &bank);
        assert_eq!(counts(&plan), [0, 1, 0, 1, 0]);
        assert_eq!((plan.versions[0].1, plan.placements[0].version), (3, 3));
    }

    #[test]
    fn what_is_played_counts_and_not_what_the_bank_says_by_now() {
        let (old, new) = ([record("Old?", 100)], [record("New?", 100)]);
        let bank = known(&new[0], Some((&old[0], true)));
        assert_eq!(counts(&Plan::new(&old, &bank)), [0, 0, 1, 0, 0], "an export imports to no change");
        let free = known(&new[0], Some((&old[0], false)));
        let plan = Plan::new(&new, &free);
        assert_eq!(counts(&plan), [0, 0, 1, 1, 0], "the current version says it already");
        assert_eq!((plan.placements[0].version, plan.placements[0].edit_version), (2, 6));
    }

    #[test]
    fn a_question_in_use_is_not_changed() {
        let (old, dearer) = ([record("Old?", 100)], [record("Old?", 200)]);
        let bank = known(&old[0], Some((&old[0], true)));
        assert_eq!(counts(&Plan::new(&dearer, &bank)), [0, 0, 0, 0, 1]);
        let free = known(&old[0], Some((&old[0], false)));
        assert_eq!(counts(&Plan::new(&dearer, &free)), [0, 0, 1, 1, 0]);
    }

    #[test]
    fn a_locked_question_stays_locked_and_a_withdrawn_one_withdrawn() {
        let (old, dearer) = ([record("Old?", 100)], [record("Old?", 200)]);
        let mut bank = known(&old[0], Some((&old[0], false)));
        for (state, wrong) in [(PlacementState::Locked, 0), (PlacementState::Withdrawn, 1)] {
            let placed = bank.get_mut("a").and_then(|known| known.placed.as_mut()).expect("placed");
            placed.placement.state = state;
            let plan = Plan::new(&dearer, &bank);
            assert_eq!(plan.errors.len(), wrong);
            assert!(plan.placements.iter().all(|p| p.state == state));
        }
    }
}
