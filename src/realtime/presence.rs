//! How many watch a contest, on all instances together.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Hub;
use crate::fanout::What;
use crate::fanout::elsewhere::Elsewhere;
use crate::types::ContestId;

/// What the word is about.
pub(super) const TOPIC: &str = "watchers";

/// Who watches elsewhere, as far as it is known.
#[derive(Debug, Default)]
pub struct Presence(Mutex<Elsewhere<ContestId, usize>>);

impl Presence {
    /// Takes in what another instance says.
    pub(super) fn take(&self, from: Uuid, body: &Value, now: Instant) {
        let Ok(watchers) = HashMap::<ContestId, usize>::deserialize(body) else { return };
        let mut elsewhere = self.elsewhere();
        for (contest, watchers) in watchers {
            elsewhere.hear(contest, from, watchers, now);
        }
    }

    /// Forgets what was said too long ago, so that it does not pile up where nobody asks.
    pub(super) fn forget(&self, now: Instant) {
        self.elsewhere().forget(now);
    }

    /// Adds what others have said lately to the watchers here.
    fn total(&self, here: HashMap<ContestId, usize>) -> BTreeMap<ContestId, usize> {
        let mut total: BTreeMap<_, _> = here.into_iter().collect();
        for (contest, watchers) in self.elsewhere().all() {
            *total.entry(contest).or_default() += watchers;
        }
        total.retain(|_, watchers| *watchers > 0);
        total
    }

    fn elsewhere(&self) -> MutexGuard<'_, Elsewhere<ContestId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// How many follow each contest, on this instance and, through Redis, on the others: to
    /// within some seconds.
    #[must_use]
    pub fn watchers_everywhere(&self) -> BTreeMap<ContestId, usize> {
        self.presence().total(self.watchers_here())
    }

    pub(super) fn say_watchers(&self) {
        let body = json!(self.watchers_here());
        self.fanout().tell_others(What::Note { topic: TOPIC.to_owned(), body });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fanout::elsewhere::GONE;

    #[test]
    fn watchers_of_all_instances_are_added_up_until_one_falls_silent() {
        let (presence, contest, start) = (Presence::default(), ContestId::new(), Instant::now());
        let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
        presence.take(one, &json!({contest.to_string(): 3}), start);
        presence.take(
            two,
            &json!({contest.to_string(): 10, ContestId::new().to_string(): 1}),
            start + GONE / 2,
        );
        let total = |here| presence.total(HashMap::from([(contest, here)])).remove(&contest);
        assert_eq!(total(1), Some(14), "3 + 10 and ours");
        presence.forget(start + GONE);
        assert_eq!(total(1), Some(11));
        presence.forget(start + 2 * GONE);
        assert_eq!(total(0), None);
    }
}
