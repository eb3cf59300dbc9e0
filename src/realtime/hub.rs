//! The hub: which contests are watched, and how many sockets there are.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::Histogram;

use super::attendance::Attendance;
use super::connected::Connected;
use super::doubts::Doubts;
use super::frames::ByeCode;
use super::presence::Presence;
use super::room::Room;
use super::socket::End;
use crate::db::Db;
use crate::error::{Busy, Error, Refusal};
use crate::events::Embargo;
use crate::fanout::Fanout;
use crate::meters::Family;
use crate::types::{ContestId, TeamId};

/// How long a room that nobody watches is kept warm.
const KEEP_IDLE: Duration = Duration::from_secs(30);

/// The other side went away by itself.
const GONE: &str = "gone";

/// What may be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Origins other than our own host whose pages may open sockets, such as `https://quiz.example`.
    pub allowed_origins: Vec<String>,
    /// Sockets of this instance, all contests together.
    pub max_sockets: usize,
    /// Sockets of one team; 0 for any number.
    pub max_team_sockets: usize,
    /// Sockets of one address; a whole hall may share one. 0 for any number.
    pub max_address_sockets: usize,
    /// Frames kept for each contest.
    pub ring_frames: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            max_sockets: 10_000,
            max_team_sockets: 64,
            max_address_sockets: 2000,
            ring_frames: 4096,
        }
    }
}

/// All sockets of this process; cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("sockets", &self.sockets()).finish_non_exhaustive()
    }
}

struct Inner {
    db: Db,
    fanout: Fanout,
    presence: Presence,
    connected: Connected,
    doubts: Doubts,
    attendance: Attendance,
    settings: Settings,
    rooms: Mutex<HashMap<(ContestId, Embargo), Watched>>,
    sockets: AtomicUsize,
    teams: Mutex<HashMap<TeamId, usize>>,
    addresses: Mutex<HashMap<IpAddr, usize>>,
    closed: Family,
    told: Histogram,
}

#[derive(Debug)]
struct Watched {
    room: Arc<Room>,
    watchers: usize,
    idle_since: Instant,
}

impl Hub {
    /// A hub that hears of new events by word, and looks for those it was not told of by itself.
    #[must_use]
    pub fn new(db: Db, fanout: Fanout, settings: Settings) -> Self {
        let (rooms, sockets, presence) = (Mutex::default(), AtomicUsize::new(0), Presence::default());
        let (teams, addresses) = (Mutex::default(), Mutex::default());
        let ends: Vec<_> = ByeCode::ALL.iter().map(|code| code.as_str()).chain([GONE]).collect();
        let closed = db.meters().family("podium_sockets_closed_total", "reason", &ends);
        let told = db.meters().times("podium_fanout_seconds", &[]);
        Self(Arc::new(Inner {
            db,
            fanout,
            presence,
            connected: Connected::default(),
            doubts: Doubts::default(),
            attendance: Attendance::default(),
            settings,
            rooms,
            sockets,
            teams,
            addresses,
            closed,
            told,
        }))
    }

    /// Counts how a socket ended.
    pub fn count_end(&self, end: &End) {
        self.0.closed.count(match end {
            End::Gone => GONE,
            End::Bye(bye) => bye.code.as_str(),
        });
    }

    /// How long it takes from the sequencer's bell until sockets are told.
    pub(super) fn told(&self) -> &Histogram {
        &self.0.told
    }

    /// How many sockets are open.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.0.sockets.load(Ordering::Relaxed)
    }

    /// Waits until no socket is open.
    pub async fn empty(&self) {
        while self.sockets() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What was set.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(super) fn db(&self) -> &Db {
        &self.0.db
    }

    /// The way to the other instances.
    #[must_use]
    pub fn fanout(&self) -> &Fanout {
        &self.0.fanout
    }

    /// Who watches here and on other instances.
    #[must_use]
    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// Who is connected to other instances.
    pub(super) fn connected(&self) -> &Connected {
        &self.0.connected
    }

    /// The teams that have a socket on this instance.
    pub(super) fn teams_here(&self) -> Vec<TeamId> {
        self.teams().keys().copied().collect()
    }

    /// Whose sockets must prove anew who they are.
    pub(super) fn doubts(&self) -> &Doubts {
        &self.0.doubts
    }

    /// Who is in which room by their connections.
    pub(super) fn attendance(&self) -> &Attendance {
        &self.0.attendance
    }

    /// Has the rooms of a contest look what is new, also what is in no log.
    pub(super) fn poke(&self, contest: ContestId) {
        self.each_of(contest, Room::poke);
    }

    /// Tells the rooms of a contest that events up to this number can be read.
    pub(super) fn announce(&self, contest: ContestId, seq: i64) {
        self.each_of(contest, |room| room.announce(seq));
    }

    /// Has every room look what is new.
    pub(super) fn poke_all(&self) {
        self.rooms().values().for_each(|watched| watched.room.poke());
    }

    fn each_of(&self, contest: ContestId, then: impl Fn(&Room)) {
        let rooms = self.rooms();
        let theirs = [Embargo::Holds, Embargo::Lifted].map(|embargo| rooms.get(&(contest, embargo)));
        theirs.into_iter().flatten().for_each(|watched| then(&watched.room));
    }

    /// How many follow each contest on this instance, as the public or as a team.
    #[must_use]
    pub fn watchers_here(&self) -> HashMap<ContestId, usize> {
        let rooms = self.rooms();
        let public = rooms.iter().filter(|((_, embargo), _)| *embargo == Embargo::Holds);
        public.map(|((contest, _), watched)| (*contest, watched.watchers)).collect()
    }

    /// A place for one more socket, of an address if that is counted.
    ///
    /// # Errors
    /// `Busy` when all are taken, `RateLimited` when the address has as many as it may.
    pub fn admit(&self, address: Option<IpAddr>) -> Result<Seat, Error> {
        let mut seat = Seat { hub: self.clone(), address: None };
        if self.0.sockets.fetch_add(1, Ordering::Relaxed) >= self.0.settings.max_sockets {
            return Err(Error::Busy(Busy::SocketsFull));
        }
        if let Some(address) = address {
            self.take_address(address)?;
            seat.address = Some(address);
        }
        Ok(seat)
    }

    fn take_address(&self, address: IpAddr) -> Result<(), Error> {
        let most = self.0.settings.max_address_sockets;
        let mut addresses = self.addresses();
        let taken = addresses.entry(address).or_default();
        if *taken >= most && most > 0 {
            return Err(Refusal::RateLimited.because(format!("an address has at most {most} sockets")));
        }
        *taken += 1;
        Ok(())
    }

    /// A place for one more socket of a team; `None` when it has as many as it may.
    pub(super) fn admit_team(&self, team: TeamId) -> Option<TeamSeat> {
        let most = self.0.settings.max_team_sockets;
        let mut teams = self.teams();
        let taken = teams.entry(team).or_default();
        (*taken < most || most == 0).then(|| {
            *taken += 1;
            TeamSeat { hub: self.clone(), team }
        })
    }

    /// Watches a contest, as the public or past an embargo; the first watcher opens the room.
    #[must_use]
    pub fn watch(&self, contest: ContestId, embargo: Embargo) -> Watch {
        let mut rooms = self.rooms();
        let watched = rooms.entry((contest, embargo)).or_insert_with(|| {
            let room = Arc::new(Room::new(contest, embargo, self.0.settings.ring_frames));
            tokio::spawn(Arc::clone(&room).run(self.clone()));
            Watched { room, watchers: 0, idle_since: Instant::now() }
        });
        watched.watchers += 1;
        Watch { hub: self.clone(), room: Arc::clone(&watched.room) }
    }

    /// How many watch; `None` when the room has been given up because nobody did for long.
    pub(super) fn watchers(&self, contest: ContestId, embargo: Embargo) -> Option<usize> {
        let mut rooms = self.rooms();
        let watched = rooms.get(&(contest, embargo))?;
        if watched.watchers == 0 && watched.idle_since.elapsed() > KEEP_IDLE {
            rooms.remove(&(contest, embargo));
            return None;
        }
        Some(watched.watchers)
    }

    fn leave(&self, room: &Room) {
        if let Some(watched) = self.rooms().get_mut(&(room.contest(), room.embargo())) {
            watched.watchers -= 1;
            watched.idle_since = Instant::now();
        }
    }

    fn teams(&self) -> MutexGuard<'_, HashMap<TeamId, usize>> {
        self.0.teams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<(ContestId, Embargo), Watched>> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a socket for as long as it lives, however it ends.
#[derive(Debug)]
pub struct Seat {
    hub: Hub,
    address: Option<IpAddr>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.0.sockets.fetch_sub(1, Ordering::Relaxed);
        if let Some(address) = self.address {
            give_back(&mut self.hub.addresses(), &address);
        }
    }
}

fn give_back<K: Hash + Eq>(taken: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = taken.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            taken.remove(key);
        }
    }
}

/// Counts a socket of a team for as long as it lives.
#[derive(Debug)]
pub(super) struct TeamSeat {
    hub: Hub,
    team: TeamId,
}

impl Drop for TeamSeat {
    fn drop(&mut self) {
        give_back(&mut self.hub.teams(), &self.team);
    }
}

/// Keeps a contest's room open.
#[derive(Debug)]
pub struct Watch {
    hub: Hub,
    room: Arc<Room>,
}

impl Watch {
    /// The room.
    #[must_use]
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// The hub.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.leave(&self.room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn seats_are_limited_and_come_back() {
        let db = Db::new("postgres://nobody@127.0.0.1:1/none", 1);
        let hub = Hub::new(db, Fanout::in_process(), Settings { max_sockets: 2, ..Settings::default() });
        let (one, two) = (hub.admit(None).unwrap(), hub.admit(None).unwrap());
        assert!(hub.admit(None).is_err());
        assert_eq!(hub.sockets(), 2);
        drop(one);
        assert!(hub.admit(None).is_ok());
        drop(two);
        assert_eq!(hub.sockets(), 0);
    }

    #[tokio::test]
    async fn an_address_cannot_take_all_seats() {
        let db = Db::new("postgres://nobody@127.0.0.1:1/none", 1);
        let hub =
            Hub::new(db, Fanout::in_process(), Settings { max_address_sockets: 1, ..Settings::default() });
        let (here, there) = (Some([192, 0, 2, 1].into()), Some([192, 0, 2, 2].into()));
        let one = hub.admit(here).unwrap();
        let refused = hub.admit(here).expect_err("a second");
        assert_eq!(refused.refusal(), Some(Refusal::RateLimited));
        let (_two, _three) = (hub.admit(there).unwrap(), hub.admit(None).unwrap());
        assert_eq!(hub.sockets(), 3, "whoever was refused has no seat");
        drop(one);
        drop(hub.admit(here).unwrap());
        assert_eq!(hub.0.addresses.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_team_cannot_take_all_seats() {
        let db = Db::new("postgres://nobody@127.0.0.1:1/none", 1);
        let hub = Hub::new(db, Fanout::in_process(), Settings { max_team_sockets: 1, ..Settings::default() });
        let (red, blue) = (TeamId::new(), TeamId::new());
        let one = hub.admit_team(red).unwrap();
        assert!(hub.admit_team(red).is_none());
        assert!(hub.admit_team(blue).is_some());
        drop(one);
        assert!(hub.admit_team(red).is_some());
        assert!(hub.0.teams.lock().unwrap().is_empty());
        let db = Db::new("postgres://nobody@127.0.0.1:1/none", 1);
        let open =
            Hub::new(db, Fanout::in_process(), Settings { max_team_sockets: 0, ..Settings::default() });
        let seats: Option<Vec<_>> = (0..100).map(|_| open.admit_team(red)).collect();
        assert!(seats.is_some(), "nought switches the limit off");
    }
}
