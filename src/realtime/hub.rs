//! The hub: which contests are watched, and how many sockets there are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::Histogram;

use super::frames::ByeCode;
use super::presence::Presence;
use super::room::Room;
use super::socket::End;
use crate::db::Db;
use crate::error::{Busy, Error};
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
    /// Sockets of one team.
    pub max_team_sockets: usize,
    /// Frames kept for each contest.
    pub ring_frames: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { allowed_origins: Vec::new(), max_sockets: 10_000, max_team_sockets: 64, ring_frames: 4096 }
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
    settings: Settings,
    rooms: Mutex<HashMap<(ContestId, Embargo), Watched>>,
    sockets: AtomicUsize,
    teams: Mutex<HashMap<TeamId, usize>>,
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
        let (rooms, sockets, teams) = (Mutex::default(), AtomicUsize::new(0), Mutex::default());
        let presence = Presence::default();
        let ends: Vec<_> = ByeCode::ALL.iter().map(|code| code.as_str()).chain([GONE]).collect();
        let closed = db.meters().family("podium_sockets_closed_total", "reason", &ends);
        let told = db.meters().times("podium_fanout_seconds", &[]);
        Self(Arc::new(Inner { db, fanout, presence, settings, rooms, sockets, teams, closed, told }))
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

    /// How many follow each contest on this instance, as the public or as a team.
    #[must_use]
    pub fn watchers_here(&self) -> HashMap<ContestId, usize> {
        let rooms = self.rooms();
        let public = rooms.iter().filter(|((_, embargo), _)| *embargo == Embargo::Holds);
        public.map(|((contest, _), watched)| (*contest, watched.watchers)).collect()
    }

    /// A place for one more socket.
    ///
    /// # Errors
    /// `Busy` when all are taken.
    pub fn admit(&self) -> Result<Seat, Error> {
        let seat = Seat(self.clone());
        if self.0.sockets.fetch_add(1, Ordering::Relaxed) >= self.0.settings.max_sockets {
            return Err(Error::Busy(Busy::SocketsFull));
        }
        Ok(seat)
    }

    /// A place for one more socket of a team; `None` when it has as many as it may.
    pub(super) fn admit_team(&self, team: TeamId) -> Option<TeamSeat> {
        let mut teams = self.teams();
        let taken = teams.entry(team).or_default();
        (*taken < self.0.settings.max_team_sockets).then(|| {
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

    fn rooms(&self) -> MutexGuard<'_, HashMap<(ContestId, Embargo), Watched>> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a socket for as long as it lives, however it ends.
#[derive(Debug)]
pub struct Seat(Hub);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.sockets.fetch_sub(1, Ordering::Relaxed);
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
        let mut teams = self.hub.teams();
        if let Some(taken) = teams.get_mut(&self.team) {
            *taken -= 1;
            if *taken == 0 {
                teams.remove(&self.team);
            }
        }
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
        let (one, two) = (hub.admit().unwrap(), hub.admit().unwrap());
        assert!(hub.admit().is_err());
        assert_eq!(hub.sockets(), 2);
        drop(one);
        assert!(hub.admit().is_ok());
        drop(two);
        assert_eq!(hub.sockets(), 0);
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
    }
}
