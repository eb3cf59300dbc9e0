//! How many watch a contest, on all instances together.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use super::{Hub, connected};
use crate::fanout::{Heard, What, Word};
use crate::types::ContestId;

/// How often an instance says how many watch.
const SAY: Duration = Duration::from_secs(1);

/// An instance that has said nothing for so long has gone, and its watchers with it.
const GONE: Duration = Duration::from_secs(5);

/// What the word is about.
const TOPIC: &str = "watchers";

/// Who watches elsewhere, as far as it is known.
#[derive(Debug, Default)]
pub struct Presence(Mutex<HashMap<(ContestId, Uuid), Said>>);

#[derive(Debug)]
struct Said {
    watchers: usize,
    at: Instant,
}

impl Presence {
    /// Takes in what another instance says.
    fn take(&self, word: &Word, now: Instant) {
        let (Some(contest), What::Note { topic, body }) = (word.contest, &word.what) else { return };
        let watchers = body.as_u64().and_then(|count| usize::try_from(count).ok());
        if let (TOPIC, Some(watchers)) = (topic.as_str(), watchers) {
            self.said().insert((contest, word.from), Said { watchers, at: now });
        }
    }

    /// Forgets what was said too long ago, so that it does not pile up where nobody asks.
    fn forget(&self, now: Instant) {
        self.said().retain(|_, said| now.duration_since(said.at) < GONE);
    }

    /// Adds what others have said lately to the watchers here.
    fn total(&self, here: HashMap<ContestId, usize>, now: Instant) -> BTreeMap<ContestId, usize> {
        self.forget(now);
        let mut total: BTreeMap<_, _> = here.into_iter().collect();
        for ((contest, _), elsewhere) in self.said().iter() {
            *total.entry(*contest).or_default() += elsewhere.watchers;
        }
        total.retain(|_, watchers| *watchers > 0);
        total
    }

    fn said(&self) -> MutexGuard<'_, HashMap<(ContestId, Uuid), Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// How many follow each contest, on this instance and, through Redis, on the others: to
    /// within some seconds.
    #[must_use]
    pub fn watchers_everywhere(&self) -> BTreeMap<ContestId, usize> {
        self.presence().total(self.watchers_here(), Instant::now())
    }
}

/// Says how many watch here and hears how many do elsewhere, until the process ends.
pub async fn run(hub: Hub) {
    let (mut ear, mut ticks) = (hub.fanout().hear(), tokio::time::interval(SAY));
    let mut rounds = tokio::time::interval(connected::SAY);
    loop {
        tokio::select! {
            heard = ear.next() => match heard {
                Heard::Word(word) if word.from != hub.fanout().instance() => {
                    hub.presence().take(&word, Instant::now());
                    hub.connected().take(&word, Instant::now());
                    if hub.attendance().take(&word, Instant::now()) {
                        word.contest.into_iter().for_each(|contest| hub.poke(contest));
                    }
                }
                Heard::Word(_) | Heard::Gap => {}
            },
            () = hub.attendance().changed() => {
                for (contest, present) in hub.attendance().news() {
                    hub.say_present(contest, present);
                    hub.poke(contest);
                }
            }
            _ = rounds.tick() => hub.say_connected(),
            _ = ticks.tick() => {
                hub.presence().forget(Instant::now());
                hub.attendance().forget(Instant::now()).into_iter().for_each(|contest| hub.poke(contest));
                for (contest, present) in hub.attendance().all() {
                    hub.say_present(contest, present);
                }
                for (contest, watchers) in hub.watchers_here() {
                    let body = Value::from(watchers);
                    hub.fanout().announce(contest, What::Note { topic: TOPIC.to_owned(), body });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_of_all_instances_are_added_up_until_one_falls_silent() {
        let (presence, contest, start) = (Presence::default(), ContestId::new(), Instant::now());
        let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
        let say = |from, watchers: u64, at| {
            let what = What::Note { topic: TOPIC.to_owned(), body: Value::from(watchers) };
            presence.take(&Word { from, contest: Some(contest), what }, at);
        };
        say(one, 5, start);
        say(one, 3, start);
        say(two, 10, start + GONE / 2);
        let total = |here, at| presence.total(HashMap::from([(contest, here)]), at).remove(&contest);
        assert_eq!(total(1, start + GONE / 2), Some(14), "3 + 10 and ours");
        assert_eq!(total(1, start + GONE), Some(11));
        assert_eq!(total(0, start + 2 * GONE), None);
        say(one, 5, start);
        presence.forget(start + GONE);
        assert!(presence.said().is_empty());
    }
}
