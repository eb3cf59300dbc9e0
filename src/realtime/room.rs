//! The room of one contest: reads new events and lets its sockets know.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use metrics::Histogram;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::frames::{Channel, board_change};
use super::greeting::RESUME_LIMIT;
use super::hub::Hub;
use super::live::LiveBoard;
use super::news::State;
use super::ring::{Chain, Ring, Wants};
use super::talk;
use crate::contests::{self, ContestRef};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::events::feed::{self, Record};
use crate::events::{BOARD_THAWED, Embargo};
use crate::leaderboard;
use crate::types::{ContestId, TeamId};

/// How often events are looked for that no word has come of.
const POLL: Duration = Duration::from_millis(500);

/// How soon a failed read is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// A board is called old when it could not be read for so long: a connection that died in
/// the pool is not yet a database that is down.
const PATIENCE: Duration = Duration::from_secs(1);

/// The shortest time between two board frames.
const BOARD_PAUSE: Duration = Duration::from_millis(100);

/// The shortest time between two frames that say who is there.
const PRESENCE_PAUSE: Duration = Duration::from_millis(250);

/// How often it is asked whether the contest still exists.
const CHECK: Duration = Duration::from_secs(60);

/// Events read by one statement.
const BATCH: i64 = 500;

/// What a socket needs to know to see whether there is something for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tick {
    /// Whether the room has read the contest.
    pub loaded: bool,
    /// Whether the database cannot be read.
    pub degraded: bool,
    /// Whether the contest is gone.
    pub gone: bool,
}

/// One contest as its sockets see it: staff has a room of its own, where nothing is withheld.
#[derive(Debug)]
pub struct Room {
    contest: ContestId,
    embargo: Embargo,
    ring_frames: usize,
    state: Mutex<State>,
    /// Two bells, so that what is not for everybody does not wake a whole hall.
    for_all: watch::Sender<Tick>,
    for_few: watch::Sender<Tick>,
    poke: Notify,
    /// The newest number that was announced and not yet looked for, and the bell for it.
    announced: AtomicI64,
    news: Notify,
}

/// Who has to be woken after some events.
#[derive(Debug, Clone, Copy, Default)]
struct Dirty {
    all: bool,
    few: bool,
}

impl Room {
    pub(super) fn new(contest: ContestId, embargo: Embargo, ring_frames: usize) -> Self {
        let ring = Ring::new(ring_frames, 0, Chain::default());
        Self {
            contest,
            embargo,
            ring_frames,
            state: Mutex::new(State::new(ring, LiveBoard::default())),
            for_all: watch::Sender::new(Tick::default()),
            for_few: watch::Sender::new(Tick::default()),
            poke: Notify::new(),
            announced: AtomicI64::new(0),
            news: Notify::new(),
        }
    }

    /// Which contest.
    #[must_use]
    pub fn contest(&self) -> ContestId {
        self.contest
    }

    /// Whether results are withheld from who is in it. For the public's room that stays so
    /// after the thaw: what was passed over is passed over whenever the log is read again.
    #[must_use]
    pub fn embargo(&self) -> Embargo {
        self.embargo
    }

    /// Has it look what is new.
    pub(super) fn poke(&self) {
        self.poke.notify_one();
    }

    /// Tells it that events up to this number can be read.
    pub(super) fn announce(&self, seq: i64) {
        self.announced.fetch_max(seq, Ordering::Relaxed);
        self.news.notify_one();
    }

    /// Waits until events were announced that it has not read. Can be dropped while it waits.
    async fn newer(&self) {
        loop {
            self.news.notified().await;
            if self.announced.swap(0, Ordering::Relaxed) > self.with(|state| state.ring.head()) {
                return;
            }
        }
    }

    /// Rings when there is something new; `few` also for what is not for everybody.
    #[must_use]
    pub fn ticks(&self, few: bool) -> watch::Receiver<Tick> {
        if few { self.for_few.subscribe() } else { self.for_all.subscribe() }
    }

    /// Reads the state; quickly, because everybody else waits.
    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until the room has read the contest; says whether it has.
    pub async fn is_read(&self, patience: Duration) -> bool {
        let mut ticks = self.for_few.subscribe();
        self.poke();
        tokio::time::timeout(patience, ticks.wait_for(|tick| tick.loaded))
            .await
            .is_ok_and(|read| read.is_ok())
    }

    /// Waits until there is what a client of these may know of up to this number, but no longer.
    /// What is withheld from it makes nothing come sooner.
    pub(super) async fn reaches(&self, seq: i64, wants: Wants, patience: Duration) {
        let mut ticks = self.for_few.subscribe();
        self.poke();
        let reached = ticks.wait_for(|_| self.with(|state| state.ring.known(wants) >= seq));
        drop(tokio::time::timeout(patience, reached).await);
    }

    /// Runs until nobody has watched for a while.
    pub(super) async fn run(self: Arc<Self>, hub: Hub) {
        let long_ago = Instant::now().checked_sub(CHECK).unwrap_or_else(Instant::now);
        let mut keeper = Keeper {
            room: self,
            loaded: false,
            dirty: Dirty::default(),
            flushed: long_ago,
            presented: long_ago,
            absent: false,
            rang: long_ago,
            checked: Instant::now(),
            heard: None,
            told: hub.told().clone(),
            failing_since: None,
        };
        while let Some(watchers) = hub.watchers(keeper.room.contest, keeper.room.embargo) {
            let more = keeper.turn(&hub).await;
            if !more {
                tokio::select! {
                    () = keeper.room.newer() => keeper.heard = Some(Instant::now()),
                    () = keeper.room.poke.notified() => {}
                    () = tokio::time::sleep(keeper.wait()) => {}
                }
            }
            tokio::time::sleep_until(keeper.rang + spacing(watchers)).await;
        }
    }
}

/// The more sockets there are, the longer it takes to wake them all, and the more news one
/// wake-up should bring.
fn spacing(watchers: usize) -> Duration {
    Duration::from_micros(10 * u64::try_from(watchers).unwrap_or(u64::MAX / 10)).min(BOARD_PAUSE)
}

/// Keeps a room up to date.
struct Keeper {
    room: Arc<Room>,
    loaded: bool,
    dirty: Dirty,
    flushed: Instant,
    /// When it was told last who is there, and whether that has changed since.
    presented: Instant,
    absent: bool,
    rang: Instant,
    checked: Instant,
    /// When the bell rang for what is not told yet.
    heard: Option<Instant>,
    told: Histogram,
    failing_since: Option<Instant>,
}

impl Keeper {
    /// Reads what is new and tells it; says whether there is more.
    async fn turn(&mut self, hub: &Hub) -> bool {
        let read = self.read(hub.db()).await;
        self.present(hub);
        match &read {
            Ok(_) => self.failing_since = None,
            Err(error) => {
                if self.failing_since.is_none() {
                    tracing::warn!(contest = %self.room.contest, %error, "events cannot be read");
                }
                self.failing_since.get_or_insert_with(Instant::now);
            }
        }
        self.publish(self.failing_since.is_some_and(|since| since.elapsed() > PATIENCE));
        read.unwrap_or(false)
    }

    async fn read(&mut self, db: &Db) -> Result<bool, Error> {
        let mut conn = db.conn().await?;
        if !self.loaded {
            self.load(&mut conn).await?;
        }
        if self.checked.elapsed() > CHECK {
            self.check(&mut conn).await?;
        }
        let head = self.room.with(|state| state.ring.head());
        let records = talk::after(&mut conn, self.room.contest, self.room.embargo, head, BATCH).await?;
        if records.iter().any(|record| record.kind == BOARD_THAWED) {
            // What was passed over until now is on the board from here on.
            self.load(&mut conn).await?;
            return Ok(true);
        }
        if !records.is_empty() {
            self.room.with(|state| {
                records.iter().for_each(|record| take(state, record, &mut self.dirty));
                state.forget_news();
            });
        }
        Ok(i64::try_from(records.len()).unwrap_or(BATCH) == BATCH)
    }

    async fn load(&mut self, conn: &mut AsyncPgConnection) -> Result<(), Error> {
        let known = self.room.with(|state| state.ring.chain().clone());
        let (ring, live) = load(conn, &self.room, &known).await?;
        self.room.with(|state| state.renew(ring, live));
        (self.loaded, self.dirty) = (true, Dirty { all: true, few: true });
        Ok(())
    }

    async fn check(&mut self, conn: &mut AsyncPgConnection) -> Result<(), Error> {
        self.checked = Instant::now();
        let found = contests::queries::contest(conn, &ContestRef::Id(self.room.contest), true).await;
        match found {
            Err(error) if error.refusal() == Some(Refusal::NotFound) => {
                for bell in [&self.room.for_all, &self.room.for_few] {
                    bell.send_modify(|tick| tick.gone = true);
                }
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Looks who is there; tells it at most some times a second, because whole halls come at once.
    fn present(&mut self, hub: &Hub) {
        let present = hub.present(self.room.contest);
        self.absent = self.room.with(|state| !state.is_told(&present));
        if self.absent && self.presented.elapsed() >= PRESENCE_PAUSE {
            self.room.with(|state| state.tell_present(present));
            (self.absent, self.presented, self.dirty.few) = (false, Instant::now(), true);
        }
    }

    /// Rings the bells; flushes the board if its time has come.
    fn publish(&mut self, degraded: bool) {
        let now = Instant::now();
        self.room.with(|state| {
            if state.live.is_due() && now >= self.flushed + BOARD_PAUSE {
                state.live.flush(state.ring.public_head());
                state.forget_news();
                self.flushed = now;
                self.dirty.all = true;
            }
        });
        let (loaded, gone) = (self.loaded, self.room.for_all.borrow().gone);
        let tick = Tick { loaded, degraded, gone };
        let all = self.dirty.all || self.room.for_all.borrow().degraded != degraded;
        let heard = self.heard.take();
        if all || self.dirty.few {
            self.rang = now;
            heard.iter().for_each(|heard| self.told.record(now.duration_since(*heard)));
        }
        if all {
            self.room.for_all.send_replace(tick);
        }
        if all || self.dirty.few {
            self.room.for_few.send_replace(tick);
        }
        self.dirty = Dirty::default();
    }

    /// Until the next poll, or until the board may be flushed, or it may be told who is there.
    fn wait(&self) -> Duration {
        let poll = if self.failing_since.is_some() { RETRY } else { POLL };
        let board = self.room.with(|state| state.live.is_due()).then_some(self.flushed + BOARD_PAUSE);
        let present = self.absent.then_some(self.presented + PRESENCE_PAUSE);
        let due = [board, present].into_iter().flatten().min();
        due.map_or(poll, |due| due.saturating_duration_since(Instant::now()).min(poll))
    }
}

fn take(state: &mut State, record: &Record, dirty: &mut Dirty) {
    match state.ring.push(record) {
        Some(Channel::Team(_) | Channel::Staff | Channel::Chat) => dirty.few = true,
        Some(Channel::Scores | Channel::Contest | Channel::Announcements) => dirty.all = true,
        None => {}
    }
    match board_change(record) {
        Ok(Some(change)) => state.live.note(record.seq, change),
        Ok(None) => {}
        Err(error) => tracing::error!(seq = record.seq, kind = record.kind, %error, "unreadable event"),
    }
}

/// Reads the contest: the latest events into the ring, and the board. The head comes first:
/// rows that are newer than it do no harm. A queue that was silent for longer than clients may be
/// away begins at 0, unless it is known from before.
async fn load(conn: &mut AsyncPgConnection, room: &Room, known: &Chain) -> Result<(Ring, LiveBoard), Error> {
    let (contest, embargo) = (room.contest, room.embargo);
    let head = feed::head(conn, contest, Embargo::Lifted).await?;
    let kept = i64::try_from(room.ring_frames).unwrap_or(i64::MAX);
    let floor = (head - kept).max(0);
    let mut chain = Chain::after(&feed::newest(conn, contest, embargo, floor - RESUME_LIMIT..=floor).await?);
    chain.recall(known, floor);
    let standings = leaderboard::queries::standings(conn, contest, embargo).await?;
    let latest = talk::after(conn, contest, embargo, floor, head - floor).await?;
    let mut ring = Ring::new(room.ring_frames, floor, chain);
    for record in &latest {
        ring.push(record);
    }
    // How far back a board can be continued must not depend on what is withheld.
    let base = (ring.public_head() - kept).max(0);
    let earlier = match base < floor {
        true => feed::disclosed_after(conn, contest, (embargo, None), base, floor - base).await?,
        false => Vec::new(),
    };
    let all = || earlier.iter().chain(&latest);
    let mut live = LiveBoard::new(standings, ring.public_head());
    live.remember(known_since(all(), base), all().filter_map(touched));
    Ok((ring, live))
}

fn touched(record: &Record) -> Option<(i64, TeamId)> {
    let change = board_change(record).ok().flatten()?;
    Some((record.seq, change.team()))
}

/// Since when every change of the board is known. A thaw changes what was never told: nobody is
/// brought over it but by a snapshot.
fn known_since<'a>(latest: impl Iterator<Item = &'a Record>, base: i64) -> i64 {
    latest.filter(|record| record.kind == BOARD_THAWED).last().map_or(base, |thawed| thawed.seq)
}
