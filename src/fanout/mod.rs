//! How instances tell each other that there is something new.
//!
//! Nothing here is needed for anything to be right: what was said is also in the database, and
//! whoever hears nothing reads it there within a second. So nobody waits for a word to be sent,
//! and a word that is lost, doubled or late costs nothing. Without Redis it stays in the process.

pub mod breaker;
pub mod elsewhere;
pub mod link;
mod relay;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Mutex, broadcast, mpsc};
use uuid::Uuid;

use self::link::Link;
use self::relay::SHARE_MARK;
use crate::limits::Spent;
use crate::types::{AccountId, ContestId};

/// Words that wait for a slow hearer, and for Redis; then the oldest, or the newest, are dropped.
const WAITING: usize = 1024;

/// What is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// Its events up to this number can be read.
    Numbered {
        /// The highest number.
        seq: i64,
    },
    /// An account may not do any more what it could: whoever serves it looks again.
    Revoked {
        /// Which.
        account: AccountId,
    },
    /// Something that matters only now and is kept nowhere.
    Note {
        /// What it is about.
        topic: String,
        /// What there is to say.
        body: Value,
    },
}

/// Something that an instance says to all, itself included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The instance that says it.
    pub from: Uuid,
    /// The contest that it is about, if it is about one.
    pub contest: Option<ContestId>,
    /// What is said.
    #[serde(flatten)]
    pub what: What,
}

/// What callers have spent of their limits on one instance, for the others to charge: nothing
/// of a contest, and nothing that wakes whoever waits for words.
#[derive(Debug, Serialize, Deserialize)]
struct Share {
    from: Uuid,
    spent: Spent,
}

/// What reaches a hearer.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Somebody said something.
    Word(Arc<Word>),
    /// Words may have been missed: look for yourself.
    Gap,
}

/// How words travel between instances at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// No Redis was named: each instance looks for itself.
    Process,
    /// Through Redis.
    Redis,
    /// Redis was named and does not pass words on: each instance looks for itself.
    Lost,
}

impl Reach {
    /// As operators read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Redis => "redis",
            Self::Lost => "lost",
        }
    }
}

/// The way to all instances; cheap to clone.
#[derive(Debug, Clone)]
pub struct Fanout(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    instance: Uuid,
    heard: broadcast::Sender<Heard>,
    shares: broadcast::Sender<Arc<Spent>>,
    redis: Option<Redis>,
}

#[derive(Debug)]
struct Redis {
    link: Arc<Link>,
    prefix: String,
    channel: String,
    outgoing: mpsc::Sender<String>,
    /// The other end, until somebody runs the relay.
    waiting: Mutex<mpsc::Receiver<String>>,
    /// Whether what we say comes back to us.
    hears: AtomicBool,
}

impl Default for Fanout {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Fanout {
    /// Words reach this process only.
    #[must_use]
    pub fn in_process() -> Self {
        Self::default()
    }

    /// Words reach every instance on this Redis that uses the same prefix, once [`Fanout::run`] runs.
    #[must_use]
    pub fn through(link: Arc<Link>, prefix: &str) -> Self {
        let (outgoing, waiting) = mpsc::channel(WAITING);
        let (channel, waiting) = (format!("{prefix}:words"), Mutex::new(waiting));
        let (prefix, hears) = (prefix.to_owned(), AtomicBool::new(false));
        Self::new(Some(Redis { link, prefix, channel, outgoing, waiting, hears }))
    }

    fn new(redis: Option<Redis>) -> Self {
        let (heard, shares) = (broadcast::Sender::new(WAITING), broadcast::Sender::new(WAITING));
        Self(Arc::new(Inner { instance: Uuid::new_v4(), heard, shares, redis }))
    }

    /// The Redis that words go through, and what our keys there begin with.
    #[must_use]
    pub fn redis(&self) -> Option<(Arc<Link>, &str)> {
        self.0.redis.as_ref().map(|redis| (Arc::clone(&redis.link), redis.prefix.as_str()))
    }

    /// Which instance this is.
    #[must_use]
    pub fn instance(&self) -> Uuid {
        self.0.instance
    }

    /// Says something of a contest to all, at once and without waiting for anybody.
    pub fn announce(&self, contest: ContestId, what: What) {
        let word = Word { from: self.0.instance, contest: Some(contest), what };
        self.post(&word);
        // Nobody may be listening.
        let _ = self.0.heard.send(Heard::Word(Arc::new(word)));
    }

    /// Says something to the other instances, and not to this one: where there are none, to nobody.
    pub fn tell_others(&self, what: What) {
        self.post(&Word { from: self.0.instance, contest: None, what });
    }

    fn post(&self, word: &Word) {
        if let Some(redis) = &self.0.redis {
            redis.post("", word);
        }
    }

    /// Tells the other instances, and not this one, what callers have spent.
    pub fn share(&self, spent: Spent) {
        if let Some(redis) = &self.0.redis {
            redis.post(SHARE_MARK, &Share { from: self.0.instance, spent });
        }
    }

    /// What is spent on other instances from now on.
    #[must_use]
    pub fn hear_shares(&self) -> Shares {
        Shares(self.0.shares.subscribe())
    }

    /// Everything that is said from now on.
    #[must_use]
    pub fn hear(&self) -> Ear {
        Ear(self.0.heard.subscribe())
    }

    /// How far words reach.
    #[must_use]
    pub fn reach(&self) -> Reach {
        match &self.0.redis {
            None => Reach::Process,
            Some(redis) if redis.hears.load(Ordering::Relaxed) => Reach::Redis,
            Some(_) => Reach::Lost,
        }
    }

    /// Passes words on, to Redis and from it, until the process ends.
    pub async fn run(self) {
        match &self.0.redis {
            Some(redis) => relay::run(&self.0, redis).await,
            None => std::future::pending().await,
        }
    }
}

impl Redis {
    /// What finds no room is dropped: by then it is old.
    fn post(&self, mark: &str, said: &impl Serialize) {
        match serde_json::to_string(said) {
            Ok(text) => drop(self.outgoing.try_send(format!("{mark}{text}"))),
            Err(error) => tracing::error!(%error, "a word has no text"),
        }
    }
}

/// Hears what callers have spent elsewhere.
#[derive(Debug)]
pub struct Shares(broadcast::Receiver<Arc<Spent>>);

impl Shares {
    /// The next share. Those that were missed are missed.
    pub async fn next(&mut self) -> Arc<Spent> {
        loop {
            match self.0.recv().await {
                Ok(spent) => return spent,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// Hears what is said.
#[derive(Debug)]
pub struct Ear(broadcast::Receiver<Heard>);

impl Ear {
    /// The next word. Can be dropped while it waits.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(heard) => heard,
            Err(broadcast::error::RecvError::Lagged(_)) => Heard::Gap,
            // All who could say something are gone.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn what_is_for_others_is_not_heard_here() {
        let (fanout, contest) = (Fanout::in_process(), ContestId::new());
        let mut ear = fanout.hear();
        fanout.tell_others(What::Note { topic: "watchers".to_owned(), body: json!({}) });
        fanout.announce(contest, What::Numbered { seq: 7 });
        let Heard::Word(word) = ear.next().await else { panic!("a gap") };
        assert_eq!((word.contest, &word.what), (Some(contest), &What::Numbered { seq: 7 }));
    }

    #[tokio::test]
    async fn whoever_hears_too_slowly_is_told_that_words_are_missing() {
        let (fanout, contest) = (Fanout::in_process(), ContestId::new());
        let mut ear = fanout.hear();
        for seq in 0..=WAITING as i64 {
            fanout.announce(contest, What::Numbered { seq });
        }
        assert_eq!(ear.next().await, Heard::Gap);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_redis_that_takes_nothing() {
        let link = Link::new("redis://127.0.0.1:1").unwrap();
        let (fanout, contest) = (Fanout::through(Arc::new(link), "test"), ContestId::new());
        for seq in 0..10 * WAITING as i64 {
            fanout.announce(contest, What::Numbered { seq });
        }
        assert_eq!(fanout.reach(), Reach::Lost);
    }

    #[test]
    fn a_word_is_read_as_it_was_written() {
        let (from, contest) = (Uuid::new_v4(), ContestId::new());
        for (contest, what) in [
            (Some(contest), What::Numbered { seq: 3 }),
            (Some(contest), What::Note { topic: "t".to_owned(), body: json!([1]) }),
            (None, What::Revoked { account: AccountId::new() }),
        ] {
            let word = Word { from, contest, what };
            let text = serde_json::to_string(&word).unwrap();
            assert_eq!(serde_json::from_str::<Word>(&text).unwrap(), word);
        }
    }
}
