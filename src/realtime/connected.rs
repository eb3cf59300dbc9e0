//! Which teams have a socket open, on all instances together, so that staff sees who is missing.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Hub;
use crate::fanout::{Reach, What};
use crate::types::TeamId;

/// How often an instance says who is connected to it. All ids go in one word, so not each second.
pub(super) const SAY: Duration = Duration::from_secs(5);

/// An instance that has said nothing for so long has gone, and its sockets with it.
const GONE: Duration = Duration::from_secs(15);

/// What the word is about.
pub(super) const TOPIC: &str = "teams";

/// Who is connected elsewhere, by instance, as far as it is known.
#[derive(Debug, Default)]
pub struct Connected(Mutex<HashMap<Uuid, Said>>);

#[derive(Debug)]
struct Said {
    teams: HashSet<TeamId>,
    at: Instant,
}

impl Connected {
    /// Takes in what another instance says.
    pub(super) fn take(&self, from: Uuid, body: &Value, now: Instant) {
        if let Ok(teams) = HashSet::deserialize(body) {
            self.said().insert(from, Said { teams, at: now });
        }
    }

    fn elsewhere(&self, now: Instant) -> HashSet<TeamId> {
        let mut said = self.said();
        said.retain(|_, said| now.duration_since(said.at) < GONE);
        said.values().flat_map(|said| said.teams.iter().copied()).collect()
    }

    fn said(&self) -> MutexGuard<'_, HashMap<Uuid, Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// The teams that have a socket open: at once those of this instance, to within some seconds those
    /// of the others.
    #[must_use]
    pub fn connected_teams(&self) -> HashSet<TeamId> {
        let mut all = self.connected().elsewhere(Instant::now());
        all.extend(self.teams_here());
        all
    }

    /// Tells the others who is connected here.
    pub(super) fn say_connected(&self) {
        if self.fanout().reach() != Reach::Process {
            self.fanout().tell_others(What::Note { topic: TOPIC.to_owned(), body: json!(self.teams_here()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_connected_anywhere_counts_until_the_instance_falls_silent() {
        let (connected, start) = (Connected::default(), Instant::now());
        let (one, two, red, blue) = (Uuid::new_v4(), Uuid::new_v4(), TeamId::new(), TeamId::new());
        let say = |from, teams: &[TeamId], at| {
            connected.take(from, &json!(teams), at);
        };
        say(one, &[red], start);
        say(two, &[red, blue], start + GONE / 2);
        assert_eq!(connected.elsewhere(start + GONE / 2), HashSet::from([red, blue]));
        say(two, &[], start + GONE / 2);
        assert_eq!(connected.elsewhere(start + GONE / 2), HashSet::from([red]), "the newest word counts");
        assert!(connected.elsewhere(start + GONE).is_empty());
    }
}
