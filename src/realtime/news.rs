//! What clients are sent next, made once for all that stand at the same place.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::frames;
use super::live::{BoardFrame, LiveBoard};
use super::ring::{FellOut, Ring, Wants};
use super::socket::push_frame;
use crate::types::TeamId;

/// Frames taken out of the ring at once.
const STEP: usize = 64;

/// Places remembered at a time. All but those who fell behind stand at one or two.
const REMEMBERED: usize = 64;

/// Whether a client follows the board, and which one it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Follows {
    /// It does not want the board.
    Nothing,
    /// It wants the board, and has none.
    Anew,
    /// It has the board with this number.
    From(i64),
}

/// All that decides what a client is sent next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Where it is in the ring.
    pub cursor: i64,
    /// Which queued frames it wants.
    pub wants: Wants,
    /// Which board it has.
    pub board: Follows,
    /// Which list of those who are there; nothing when it does not want any.
    pub present: Option<u64>,
}

/// Who is there, as a frame, and how often that has changed.
#[derive(Debug)]
struct Present {
    version: u64,
    teams: BTreeSet<TeamId>,
    text: Arc<str>,
}

impl Present {
    fn new(version: u64, teams: BTreeSet<TeamId>) -> Self {
        let text = frames::presence(&teams).into();
        Self { version, teams, text }
    }
}

/// What a client is sent, and where it stands afterwards.
#[derive(Debug)]
pub struct News {
    /// Whole frames, as they go over the wire; may be empty.
    pub frames: Vec<u8>,
    /// Where the client is then.
    pub then: Place,
    /// The highest number that it may know of then: everybody's, or that of its own last frame.
    pub known: i64,
    /// Whether there is more to be had at once.
    pub more: bool,
}

/// What sockets read from.
#[derive(Debug)]
pub struct State {
    /// Queued frames.
    pub ring: Ring,
    /// The leaderboard.
    pub live: LiveBoard,
    present: Present,
    made: HashMap<Place, Arc<News>>,
}

impl State {
    /// As read from the database.
    #[must_use]
    pub fn new(ring: Ring, live: LiveBoard) -> Self {
        Self { ring, live, present: Present::new(1, BTreeSet::new()), made: HashMap::new() }
    }

    /// The same contest, read again.
    pub fn renew(&mut self, ring: Ring, live: LiveBoard) {
        (self.ring, self.live) = (ring, live);
        self.forget_news();
    }

    /// Whether others are there than those who were told.
    #[must_use]
    pub fn is_told(&self, present: &BTreeSet<TeamId>) -> bool {
        self.present.teams == *present
    }

    /// From now on these are there.
    pub fn tell_present(&mut self, present: BTreeSet<TeamId>) {
        self.present = Present::new(self.present.version + 1, present);
        self.forget_news();
    }

    /// To be called after every change: what was made before it is old.
    pub fn forget_news(&mut self) {
        self.made.clear();
    }

    /// What comes next for a client at this place. Queued frames come first; the board only
    /// when nothing below its number is left.
    ///
    /// # Errors
    /// `FellOut` when the ring has moved on without the client.
    pub fn news(&mut self, place: Place) -> Result<Arc<News>, FellOut> {
        if place.cursor < self.ring.floor(place.wants) {
            return Err(FellOut);
        }
        // A team's own frames are for its few sockets; nothing is gained by remembering them.
        let team = place.wants.team.filter(|team| self.ring.concerns(place.cursor, *team));
        let shared = Place { wants: Wants { team, ..place.wants }, ..place };
        if let Some(made) = self.made.get(&shared) {
            return Ok(Arc::clone(made));
        }
        let news = Arc::new(self.make(shared)?);
        if team.is_none() && self.made.len() < REMEMBERED {
            self.made.insert(shared, Arc::clone(&news));
        }
        Ok(news)
    }

    fn make(&mut self, place: Place) -> Result<News, FellOut> {
        let batch = self.ring.after(place.cursor, place.wants, STEP)?;
        let more = batch.cursor < self.ring.head();
        let board = if more { None } else { board_news(&mut self.live, place.board) };
        let now = (!more && place.present.is_some_and(|known| known != self.present.version))
            .then_some(&self.present);
        let mut frames = Vec::new();
        let queued = batch.entries.iter().map(|entry| &entry.text);
        for text in queued.chain(board.iter().map(|b| &b.text)).chain(now.map(|now| &now.text)) {
            push_frame(&mut frames, text);
        }
        let present = now.map_or(place.present, |now| Some(now.version));
        let has = board.map_or(place.board, |board| Follows::From(board.seq));
        let last = batch.entries.last().map_or(0, |entry| entry.seq);
        let known = if more { last } else { last.max(self.ring.public_head()) };
        Ok(News { frames, then: Place { cursor: batch.cursor, board: has, present, ..place }, known, more })
    }
}

/// What brings a client's board up to date, if anything has to.
fn board_news(live: &mut LiveBoard, has: Follows) -> Option<BoardFrame> {
    match has {
        Follows::Nothing => None,
        Follows::From(seq) if seq == live.seq() => None,
        Follows::From(seq) => Some(live.since(seq).unwrap_or_else(|| live.snapshot())),
        Follows::Anew => Some(live.snapshot()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::frames::tests::{record, score};
    use super::super::ring::Chain;
    use super::*;
    use crate::events::Audience;
    use crate::events::feed::Record;

    const BOARD: Wants =
        Wants { scores: true, contest: false, announcements: false, team: None, staff: false, chat: false };

    fn state(events: i64) -> State {
        let (mut ring, team) = (Ring::new(1000, 0, Chain::default()), TeamId::new());
        for seq in 1..=events {
            ring.push(&score(seq, team, seq, 1));
        }
        State::new(ring, LiveBoard::new(Vec::new(), events))
    }

    fn place(cursor: i64, wants: Wants, board: Follows) -> Place {
        Place { cursor, wants, board, present: None }
    }

    /// How many frames there are, by their headers.
    fn count(mut frames: &[u8]) -> usize {
        let mut count = 0;
        while let [0x81, length, rest @ ..] = frames {
            let (length, rest) = match length {
                126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
                short => (usize::from(*short), rest),
            };
            (frames, count) = (&rest[length..], count + 1);
        }
        assert!(frames.is_empty());
        count
    }

    #[test]
    fn all_at_one_place_share_what_was_made_for_the_first() {
        let mut state = state(3);
        let first = state.news(place(1, BOARD, Follows::From(1))).unwrap();
        let team = Wants { team: Some(TeamId::new()), ..BOARD };
        let second = state.news(place(1, team, Follows::From(1))).unwrap();
        assert!(Arc::ptr_eq(&first, &second), "nothing of these concerns the team");
        assert_eq!(count(&first.frames), 3, "two scores, and the board whole: it is too old to be updated");
        assert_eq!((first.then.cursor, first.then.board, first.more), (3, Follows::From(3), false));
        state.ring.push(&score(4, TeamId::new(), 4, 1));
        state.forget_news();
        assert_eq!(count(&state.news(place(3, BOARD, Follows::From(3))).unwrap().frames), 1);
    }

    #[test]
    fn who_is_there_is_told_at_first_and_whenever_it_changes() {
        let mut state = state(2);
        let mut at = Place { present: Some(0), ..place(2, BOARD, Follows::Nothing) };
        let mut told = |state: &mut State| {
            let news = state.news(at).unwrap();
            at = news.then;
            count(&news.frames)
        };
        assert_eq!((told(&mut state), told(&mut state)), (1, 0));
        state.tell_present(BTreeSet::from([TeamId::new()]));
        assert_eq!((told(&mut state), told(&mut state)), (1, 0));
        let others = state.news(place(2, BOARD, Follows::Nothing)).unwrap();
        assert!(others.frames.is_empty() && others.then.present.is_none());
    }

    #[test]
    fn what_concerns_a_team_reaches_only_its_own_sockets() {
        let (mut state, red, blue) = (state(2), TeamId::new(), TeamId::new());
        state.ring.push(&record(3, "answer_judged", Audience::Team, Some(red), json!({})));
        state.forget_news();
        let mut told = |team| {
            let wants = Wants { team: Some(team), ..BOARD };
            count(&state.news(place(2, wants, Follows::Nothing)).unwrap().frames)
        };
        assert_eq!((told(red), told(blue), told(red)), (1, 0, 1));
    }

    #[test]
    fn what_is_withheld_moves_no_number_but_that_of_its_team() {
        let (mut state, red) = (state(2), TeamId::new());
        state.ring.push(&Record { embargo: Some(2), ..score(3, red, 7, 1) });
        let mut known = |team| state.news(place(2, Wants { team, ..BOARD }, Follows::From(2))).unwrap().known;
        assert_eq!((known(None), known(Some(TeamId::new())), known(Some(red))), (2, 2, 3));
    }

    #[test]
    fn the_board_waits_until_the_queue_is_empty() {
        let mut state = state(STEP as i64 + 1);
        let first = state.news(place(0, BOARD, Follows::Anew)).unwrap();
        assert_eq!((count(&first.frames), first.then.board, first.more), (STEP, Follows::Anew, true));
        let rest = state.news(first.then).unwrap();
        assert_eq!((count(&rest.frames), rest.more), (2, false));
        let nothing = state.news(rest.then).unwrap();
        assert!(nothing.frames.is_empty() && nothing.then == rest.then);
    }

    #[test]
    fn whoever_stands_alone_is_served_too() {
        let mut state = state(300);
        for cursor in 0..300 {
            let news = state.news(place(cursor, BOARD, Follows::Nothing)).unwrap();
            assert!(news.then.cursor > cursor);
        }
        assert_eq!(state.made.len(), REMEMBERED);
    }
}
