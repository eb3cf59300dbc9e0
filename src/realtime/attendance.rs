//! Who is in a room at the moment, by their connections, on all instances together. Whoever closes
//! one of two tabs is still there.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Hub;
use crate::fanout::What;
use crate::fanout::elsewhere::Elsewhere;
use crate::types::{ContestId, TeamId};

/// What the word is about.
pub(super) const TOPIC: &str = "present";

/// Rooms of which one word tells who is there.
const TOGETHER: usize = 100;

/// Who is in which room by one instance.
type Present = Vec<(ContestId, Vec<TeamId>)>;

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
    elsewhere: Elsewhere<ContestId, HashSet<TeamId>>,
    /// Where somebody has come or gone here since it was last told.
    untold: HashSet<ContestId>,
}

impl Attendance {
    /// Who is there, each once.
    #[must_use]
    pub fn present(&self, contest: ContestId) -> BTreeSet<TeamId> {
        let known = self.known();
        let here = known.here.get(&contest).into_iter().flat_map(HashMap::keys);
        here.chain(known.elsewhere.of(&contest).flatten()).copied().collect()
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
    pub(super) fn news(&self) -> Present {
        let mut known = self.known();
        let untold = std::mem::take(&mut known.untold);
        untold.into_iter().map(|contest| (contest, known.listed(contest))).collect()
    }

    /// Who is there by this instance, everywhere.
    pub(super) fn all(&self) -> Present {
        let known = self.known();
        known.here.keys().map(|contest| (*contest, known.listed(*contest))).collect()
    }

    /// Takes in what another instance says; returns where that changes who is there.
    pub(super) fn take(&self, from: Uuid, body: &Value, now: Instant) -> Vec<ContestId> {
        let said = HashMap::<ContestId, HashSet<TeamId>>::deserialize(body).unwrap_or_default();
        let known = &mut *self.known();
        let changed = said.into_iter().filter_map(|(contest, present)| {
            known.elsewhere.hear(contest, from, present, now).then_some(contest)
        });
        changed.collect()
    }

    /// Forgets instances that have fallen silent; returns the rooms that they told of.
    pub(super) fn forget(&self, now: Instant) -> Vec<ContestId> {
        self.known().elsewhere.forget(now)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn listed(&self, contest: ContestId) -> Vec<TeamId> {
        self.here.get(&contest).into_iter().flat_map(HashMap::keys).copied().collect()
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

    pub(super) fn say_present(&self, present: &[(ContestId, Vec<TeamId>)]) {
        for some in present.chunks(TOGETHER) {
            let body = some.iter().map(|(contest, teams)| (contest.to_string(), json!(teams))).collect();
            self.fanout().tell_others(What::Note { topic: TOPIC.to_owned(), body: Value::Object(body) });
        }
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
    use crate::fanout::elsewhere::GONE;

    #[test]
    fn whoever_closes_one_of_two_tabs_is_still_there() {
        let (rooms, room, ada) = (Attendance::default(), ContestId::new(), TeamId::new());
        rooms.come(room, ada);
        rooms.come(room, ada);
        assert_eq!(rooms.news().len(), 1);
        rooms.go(room, ada);
        assert!(rooms.news().is_empty() && rooms.present(room).contains(&ada));
        rooms.go(room, ada);
        assert_eq!(rooms.news(), [(room, vec![])]);
        assert!(rooms.present(room).is_empty() && rooms.all().is_empty());
    }

    #[test]
    fn whoever_is_there_twice_counts_once_and_goes_with_their_instance() {
        let (rooms, room, start) = (Attendance::default(), ContestId::new(), Instant::now());
        let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
        let (ada, bob) = (TeamId::new(), TeamId::new());
        rooms.come(room, ada);
        let take = |from, present: &[TeamId], at| rooms.take(from, &json!({room.to_string(): present}), at);
        assert_eq!(take(one, &[ada, bob], start), [room]);
        assert!(take(one, &[bob, ada], start).is_empty(), "nobody has come or gone");
        assert_eq!(take(two, &[bob], start + GONE / 2), [room]);
        assert_eq!(rooms.present(room), BTreeSet::from([ada, bob]));
        assert_eq!(rooms.forget(start + GONE), [room]);
        assert_eq!(rooms.present(room), BTreeSet::from([ada, bob]), "bob by the other one");
        rooms.forget(start + 2 * GONE);
        assert_eq!(rooms.present(room), BTreeSet::from([ada]));
    }
}
