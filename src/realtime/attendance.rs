//! Who is in a room at the moment, by their connections, on all instances together. Whoever closes
//! one of two tabs is still there.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Hub;
use crate::fanout::{What, Word};
use crate::types::{ContestId, TeamId};

/// An instance that has said nothing for so long has gone, and whoever was there through it.
const GONE: Duration = Duration::from_secs(4);

/// What the word is about.
const TOPIC: &str = "present";

/// Who is there, as far as it is known.
#[derive(Debug, Default)]
pub struct Attendance {
    known: Mutex<Known>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Known {
    /// By how many connections to this instance.
    here: HashMap<ContestId, HashMap<TeamId, usize>>,
    elsewhere: HashMap<(ContestId, Uuid), Said>,
    /// Where somebody has come or gone here since it was last told.
    untold: HashSet<ContestId>,
}

#[derive(Debug)]
struct Said {
    present: HashSet<TeamId>,
    at: Instant,
}

impl Attendance {
    /// Who is there, each once.
    #[must_use]
    pub fn present(&self, contest: ContestId) -> BTreeSet<TeamId> {
        let known = self.known();
        let here = known.here.get(&contest).into_iter().flat_map(HashMap::keys);
        let said = known.elsewhere.iter().filter(|((there, _), _)| *there == contest);
        here.chain(said.flat_map(|(_, said)| &said.present)).copied().collect()
    }

    fn come(&self, contest: ContestId, team: TeamId) {
        let mut known = self.known();
        let connections = known.here.entry(contest).or_default().entry(team).or_default();
        *connections += 1;
        if *connections == 1 {
            known.untold.insert(contest);
            self.changed.notify_one();
        }
    }

    fn go(&self, contest: ContestId, team: TeamId) {
        let known = &mut *self.known();
        let Some(present) = known.here.get_mut(&contest) else { return };
        if let Some(connections) = present.get_mut(&team) {
            *connections -= 1;
            if *connections > 0 {
                return;
            }
            present.remove(&team);
        }
        if present.is_empty() {
            known.here.remove(&contest);
        }
        known.untold.insert(contest);
        self.changed.notify_one();
    }

    /// Rings when somebody has come or gone here.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Where somebody has come or gone since the last call, and who is there now by this instance.
    pub(super) fn news(&self) -> Vec<(ContestId, Value)> {
        let mut known = self.known();
        let untold = std::mem::take(&mut known.untold);
        untold.into_iter().map(|contest| (contest, known.listed(contest))).collect()
    }

    /// Who is there by this instance, everywhere: whoever missed a word hears the next.
    pub(super) fn all(&self) -> Vec<(ContestId, Value)> {
        let known = self.known();
        known.here.keys().map(|contest| (*contest, known.listed(*contest))).collect()
    }

    /// Takes in what another instance says; true when that changes who is there.
    pub(super) fn take(&self, word: &Word, now: Instant) -> bool {
        let (Some(contest), What::Note { topic, body }) = (word.contest, &word.what) else { return false };
        let (TOPIC, Some(teams)) = (topic.as_str(), body.as_array()) else { return false };
        let present: HashSet<TeamId> = teams.iter().filter_map(|id| id.as_str()?.parse().ok()).collect();
        let before =
            self.known().elsewhere.insert((contest, word.from), Said { present: present.clone(), at: now });
        before.map(|said| said.present).unwrap_or_default() != present
    }

    /// Forgets instances that have fallen silent; says whose rooms they were in.
    pub(super) fn forget(&self, now: Instant) -> HashSet<ContestId> {
        let mut gone = HashSet::new();
        self.known().elsewhere.retain(|(contest, _), said| {
            let there = now.duration_since(said.at) < GONE;
            if !there && !said.present.is_empty() {
                gone.insert(*contest);
            }
            there
        });
        gone
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn listed(&self, contest: ContestId) -> Value {
        self.here.get(&contest).map_or_else(|| json!([]), |present| json!(present.keys().collect::<Vec<_>>()))
    }
}

impl Hub {
    /// Who is in a room, on this instance and, through Redis, on the others.
    #[must_use]
    pub fn present(&self, contest: ContestId) -> BTreeSet<TeamId> {
        self.attendance().present(contest)
    }

    pub(super) fn attend(&self, contest: ContestId, team: TeamId) -> Attending {
        self.attendance().come(contest, team);
        Attending { hub: self.clone(), contest, team }
    }

    pub(super) fn say_present(&self, contest: ContestId, present: Value) {
        self.fanout().announce(contest, What::Note { topic: TOPIC.to_owned(), body: present });
    }
}

/// A connection by which a member is in a room, for as long as it lives.
#[derive(Debug)]
pub(super) struct Attending {
    hub: Hub,
    contest: ContestId,
    team: TeamId,
}

impl Drop for Attending {
    fn drop(&mut self) {
        self.hub.attendance().go(self.contest, self.team);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(contest: ContestId, from: Uuid, present: &[TeamId]) -> Word {
        Word {
            from,
            contest: Some(contest),
            what: What::Note { topic: TOPIC.to_owned(), body: json!(present) },
        }
    }

    #[test]
    fn whoever_closes_one_of_two_tabs_is_still_there() {
        let (rooms, room, ada) = (Attendance::default(), ContestId::new(), TeamId::new());
        rooms.come(room, ada);
        rooms.come(room, ada);
        assert_eq!(rooms.news().len(), 1);
        rooms.go(room, ada);
        assert!(rooms.news().is_empty() && rooms.present(room).contains(&ada));
        rooms.go(room, ada);
        assert_eq!(rooms.news(), [(room, json!([]))]);
        assert!(rooms.present(room).is_empty() && rooms.all().is_empty());
    }

    #[test]
    fn whoever_is_there_twice_counts_once_and_goes_with_their_instance() {
        let (rooms, room, start) = (Attendance::default(), ContestId::new(), Instant::now());
        let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
        let (ada, bob) = (TeamId::new(), TeamId::new());
        rooms.come(room, ada);
        assert!(rooms.take(&word(room, one, &[ada, bob]), start));
        assert!(!rooms.take(&word(room, one, &[bob, ada]), start), "nobody has come or gone");
        assert!(rooms.take(&word(room, two, &[bob]), start + GONE / 2));
        assert_eq!(rooms.present(room), BTreeSet::from([ada, bob]));
        assert_eq!(rooms.forget(start + GONE), HashSet::from([room]));
        assert_eq!(rooms.present(room), BTreeSet::from([ada, bob]), "bob by the other one");
        rooms.forget(start + 2 * GONE);
        assert_eq!(rooms.present(room), BTreeSet::from([ada]));
    }
}
