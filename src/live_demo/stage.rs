//! Who is connected to the demo, here and on other instances, and what all of them are told.
//!
//! Counted by connection: closing one of two tabs leaves nobody out. Instances tell each other
//! through Redis who is connected to them; without it each knows its own.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Orbit, Rocket};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{OnceCell, broadcast, watch};

use super::commands::OpenDemo;
use super::shown::{DemoBoard, Shown};
use super::{DemoUser, USERS, queries};
use crate::db::Db;
use crate::error::Error;
use crate::fanout::elsewhere::Elsewhere;
use crate::fanout::{Heard, What, Word};
use crate::realtime::Hub;
use crate::realtime::live::LiveBoard;
use crate::types::ContestId;

/// How often an instance says who is connected to it.
const SAY: Duration = Duration::from_secs(1);

/// Notices that wait for a slow socket; then the oldest are dropped.
const WAITING: usize = 64;

/// What the word is about.
const TOPIC: &str = "demo";

/// What instances tell each other.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Said {
    /// Who is connected to the one that says it.
    connected: BTreeSet<String>,
    /// Who has just come, and with how many they are.
    joined: Option<(String, usize)>,
}

/// The demo of this process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Stage(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    hub: Hub,
    /// Whether there is a demo at all.
    on: bool,
    contest: OnceCell<ContestId>,
    here: Mutex<HashMap<&'static str, usize>>,
    elsewhere: Mutex<Elsewhere<(), BTreeSet<String>>>,
    connected: watch::Sender<BTreeSet<String>>,
    joined: broadcast::Sender<Arc<str>>,
    shown: Shown,
}

impl Stage {
    /// Nobody is connected yet.
    #[must_use]
    pub fn new(hub: Hub, on: bool) -> Self {
        let (here, elsewhere, connected) = (Mutex::default(), Mutex::default(), watch::Sender::default());
        let (joined, contest) = (broadcast::Sender::new(WAITING), OnceCell::new());
        let shown = Shown::default();
        Self(Arc::new(Inner { hub, on, contest, here, elsewhere, connected, joined, shown }))
    }

    /// Whether demo mode is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.on
    }

    /// The sockets of this process.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// The demo that is always there; made when it is asked for the first time.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn contest(&self, db: &Db) -> Result<ContestId, Error> {
        let find = || async {
            let there = queries::demo(&mut *db.conn().await?).await?;
            match there {
                Some(contest) => Ok(contest),
                None => db.run(&OpenDemo).await,
            }
        };
        self.0.contest.get_or_try_init(find).await.copied()
    }

    /// Who is connected, as far as it is known.
    #[must_use]
    pub fn connected(&self) -> BTreeSet<String> {
        self.0.connected.borrow().clone()
    }

    /// The board as everybody is shown it.
    pub(super) fn shown(&self, live: &LiveBoard) -> Arc<DemoBoard> {
        self.0.shown.board(live, &self.0.connected.borrow())
    }

    /// Rings when somebody comes or goes.
    pub(super) fn comings(&self) -> watch::Receiver<BTreeSet<String>> {
        self.0.connected.subscribe()
    }

    /// Frames that tell who has come.
    pub(super) fn notices(&self) -> broadcast::Receiver<Arc<str>> {
        self.0.joined.subscribe()
    }

    /// Somebody comes; they are there until what is returned is dropped.
    pub(super) fn enter(&self, user: &'static DemoUser) -> Entered {
        *self.here().entry(user.id).or_default() += 1;
        self.add_up(Instant::now());
        let joined = Some((user.id.to_owned(), self.0.connected.borrow().len()));
        self.notify(joined.as_ref());
        self.say(joined);
        Entered { stage: self.clone(), user }
    }

    fn say(&self, joined: Option<(String, usize)>) {
        let connected = self.here().keys().map(|id| (*id).to_owned()).collect();
        let body = json!(Said { connected, joined });
        self.0.hub.fanout().tell_others(What::Note { topic: TOPIC.to_owned(), body });
    }

    fn hear(&self, word: &Word, now: Instant) {
        let What::Note { topic, body } = &word.what else { return };
        if let (TOPIC, Ok(said)) = (topic.as_str(), Said::deserialize(body)) {
            self.elsewhere().hear((), word.from, said.connected, now);
            self.add_up(now);
            self.notify(said.joined.as_ref());
        }
    }

    /// Adds what others have said lately to who is connected here.
    fn add_up(&self, now: Instant) {
        let mut elsewhere = self.elsewhere();
        elsewhere.forget(now);
        let here = self.here();
        let all: BTreeSet<String> =
            here.keys().map(|id| (*id).to_owned()).chain(elsewhere.of(&()).flatten().cloned()).collect();
        self.0.connected.send_if_modified(|known| {
            let other = *known != all;
            *known = all;
            other
        });
    }

    fn notify(&self, joined: Option<&(String, usize)>) {
        let Some((id, total)) = joined else { return };
        let Some(user) = USERS.iter().find(|user| user.id == id) else { return };
        let data = json!({"userId": user.id, "username": user.name, "totalParticipants": total});
        let frame = json!({"type": "participant-joined", "data": data}).to_string();
        // Nobody may be listening.
        drop(self.0.joined.send(frame.into()));
    }

    fn here(&self) -> MutexGuard<'_, HashMap<&'static str, usize>> {
        self.0.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elsewhere(&self) -> MutexGuard<'_, Elsewhere<(), BTreeSet<String>>> {
        self.0.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says who is connected here and hears who is elsewhere.
    async fn run(self) {
        let (mut ear, mut ticks) = (self.0.hub.fanout().hear(), tokio::time::interval(SAY));
        loop {
            tokio::select! {
                heard = ear.next() => if let Heard::Word(word) = heard {
                    self.hear(&word, Instant::now());
                },
                _ = ticks.tick() => {
                    self.add_up(Instant::now());
                    if !self.here().is_empty() {
                        self.say(None);
                    }
                }
            }
        }
    }
}

/// Begins and ends with the server.
#[rocket::async_trait]
impl Fairing for Stage {
    fn info(&self) -> Info {
        Info { name: "demo", kind: Kind::Liftoff }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let (stage, shutdown) = (self.clone(), rocket.shutdown());
        if self.is_on() {
            tokio::spawn(async move {
                tokio::select! {
                    () = stage.run() => {}
                    () = shutdown => {}
                }
            });
        }
    }
}

/// Somebody is connected for as long as this lives.
#[derive(Debug)]
pub(super) struct Entered {
    stage: Stage,
    pub(super) user: &'static DemoUser,
}

impl Drop for Entered {
    fn drop(&mut self) {
        {
            let mut here = self.stage.here();
            if let Some(count) = here.get_mut(self.user.id) {
                *count -= 1;
                if *count == 0 {
                    here.remove(self.user.id);
                }
            }
        }
        self.stage.add_up(Instant::now());
        self.stage.say(None);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::fanout::Fanout;
    use crate::fanout::elsewhere::GONE;
    use crate::realtime::Settings;

    fn stage() -> Stage {
        let db = Db::new("postgres://nobody@127.0.0.1:1/none", 1);
        Stage::new(Hub::new(db, Fanout::in_process(), Settings::default()), true)
    }

    fn ids(stage: &Stage) -> Vec<String> {
        stage.connected().into_iter().collect()
    }

    #[tokio::test]
    async fn somebody_is_connected_until_their_last_tab_is_closed() {
        let stage = stage();
        let mut notices = stage.notices();
        let (one, two) = (stage.enter(&USERS[0]), stage.enter(&USERS[0]));
        let three = stage.enter(&USERS[1]);
        assert_eq!(ids(&stage), ["alice", "bob"]);
        for total in [1, 1, 2] {
            let told: serde_json::Value = serde_json::from_str(&notices.recv().await.unwrap()).unwrap();
            assert_eq!(told["data"]["totalParticipants"], total, "{told}");
        }
        drop((one, three));
        assert_eq!(ids(&stage), ["alice"]);
        drop(two);
        assert!(ids(&stage).is_empty());
    }

    #[tokio::test]
    async fn who_is_connected_elsewhere_counts_until_that_instance_falls_silent() {
        let (stage, start) = (stage(), Instant::now());
        let mut notices = stage.notices();
        let word = |from, connected: &[&str], joined: Option<(&str, usize)>| {
            let body = json!({"connected": connected, "joined": joined});
            Word { from, contest: None, what: What::Note { topic: TOPIC.to_owned(), body } }
        };
        let other = Uuid::new_v4();
        stage.hear(&word(other, &["bob", "eve"], Some(("eve", 2))), start);
        let _here = stage.enter(&USERS[0]);
        assert_eq!(ids(&stage), ["alice", "bob", "eve"]);
        assert!(notices.recv().await.unwrap().contains("\"eve\""));
        assert!(notices.recv().await.unwrap().contains("\"totalParticipants\":3"));
        stage.add_up(start + GONE);
        assert_eq!(ids(&stage), ["alice"]);
    }
}
