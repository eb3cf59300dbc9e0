//! Who says hello, what they may follow, and where they begin.

use diesel_async::AsyncPgConnection;
use rocket::request::FromParam;

use super::frames::{Bye, ByeCode, Hello, Lasts, Resume, Stream};
use super::news::State;
use super::ring::Wants;
use crate::auth::queries::Held;
use crate::auth::{self, Caller};
use crate::chat;
use crate::contests::{self, Contest, ContestRef};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::events::Viewer;

/// How far back a client can resume.
pub(super) const RESUME_LIMIT: i64 = 10_000;

/// What a failed lookup looks like on the socket.
pub(super) fn bye_of(error: &Error) -> Bye {
    match error.refusal() {
        Some(Refusal::NotAuthenticated) => Bye::because(ByeCode::Unauthorized, error.to_string()),
        Some(Refusal::RateLimited) => Bye::because(ByeCode::SlowDown, error.to_string()),
        Some(Refusal::NotFound) => Bye::because(ByeCode::NotFound, "there is no such contest"),
        _ => {
            tracing::warn!(%error, "a hello could not be answered");
            ByeCode::Busy.into()
        }
    }
}

/// Who said hello, to which contest.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) held: Option<Held>,
    pub(super) contest: Contest,
    /// Whether it is a room, and whoever says that they are a member is one.
    pub(super) may_chat: bool,
    pub(super) now: chrono::DateTime<chrono::Utc>,
}

impl Known {
    pub(super) async fn look_up(db: &Db, hello: &Hello) -> Result<Self, Error> {
        let mut conn = db.conn().await?;
        let held = match &hello.auth {
            Some(auth) => Some(auth::queries::holder_of_ticket_or_token(&mut conn, auth).await?),
            None => None,
        };
        let Ok(named) = ContestRef::from_param(&hello.contest);
        let staff = held.as_ref().is_some_and(|held| held.caller.is_staff());
        let contest = contests::queries::contest(&mut conn, &named, staff).await?;
        let held = match held {
            Some(held) => Some(held.within(&mut conn, &ContestRef::Id(contest.id)).await?),
            None => None,
        };
        let now = contests::queries::now(&mut conn).await?;
        let mut known = Self { held, contest, may_chat: false, now };
        known.may_chat = may_chat(&mut conn, &known.contest, known.viewer()).await?;
        Ok(known)
    }

    pub(super) fn viewer(&self) -> Viewer {
        self.held.as_ref().map_or(Caller::Spectator, Held::there).viewer(self.contest.id)
    }
}

/// Only rooms have a chat, and it is for those who are in the room now, and for staff.
async fn may_chat(conn: &mut AsyncPgConnection, contest: &Contest, viewer: Viewer) -> Result<bool, Error> {
    match viewer {
        _ if !chat::has_chat(contest) => Ok(false),
        Viewer::Public => Ok(false),
        Viewer::Staff => Ok(true),
        Viewer::Team(team) => Ok(chat::queries::is_member(conn, contest.id, team).await?),
    }
}

/// What is followed: what was asked for, or all that the caller may.
pub(super) fn streams(asked: Option<Vec<Stream>>, viewer: Viewer, may_chat: bool) -> Result<Wanted, Bye> {
    let team = viewer.team();
    let barred = |stream: Stream| match stream {
        Stream::Team if team.is_none() => Some("the team stream needs a token of a team of this contest"),
        Stream::Staff if viewer != Viewer::Staff => Some("the staff stream is for staff"),
        Stream::Chat if !may_chat => Some("only rooms have a chat, and it is for their members"),
        _ => None,
    };
    let mut streams = asked
        .unwrap_or_else(|| Stream::ALL.iter().copied().filter(|stream| barred(*stream).is_none()).collect());
    streams.sort_unstable();
    streams.dedup();
    if let Some(why) = streams.iter().find_map(|stream| barred(*stream)) {
        return Err(Bye::because(ByeCode::Unauthorized, why));
    }
    let follows = |stream| streams.contains(&stream);
    let board = follows(Stream::Board);
    let wants = Wants {
        scores: board,
        contest: follows(Stream::Contest),
        announcements: follows(Stream::Announcements),
        chat: follows(Stream::Chat),
        team: team.filter(|_| follows(Stream::Team)),
        staff: follows(Stream::Staff),
    };
    Ok(Wanted { streams, board, wants })
}

/// The streams of a client, and what they mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) streams: Vec<Stream>,
    pub(super) board: bool,
    pub(super) wants: Wants,
}

/// Where a client begins to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) cursor: i64,
    /// The board it has; `None` gets a snapshot.
    pub(super) board: Option<i64>,
    pub(super) lasts: Lasts,
    pub(super) resumed: Option<bool>,
}

impl Begin {
    /// Decides where to begin; `Err` when the ring is too young and the log must be read.
    pub(super) fn decide(resume: Option<Resume>, state: &State, wants: Wants) -> Result<Self, Resume> {
        let (head, floor) = (state.ring.head(), state.ring.floor(wants));
        // What it is answered must not depend on what is withheld from it.
        let known = state.ring.known(wants);
        let behind = |resume: Resume| state.ring.public_head() - resume.seq;
        let anew =
            |resumed| Self { cursor: head, board: None, lasts: state.ring.lasts_at(head, wants), resumed };
        match resume {
            None => Ok(anew(None)),
            Some(resume) if resume.seq > known => Ok(anew(Some(false))),
            Some(resume) if resume.seq >= floor => {
                Ok(Self::at(resume, state, state.ring.lasts_at(resume.seq, wants)))
            }
            Some(resume) if behind(resume) <= RESUME_LIMIT => Err(resume),
            Some(_) => Ok(anew(Some(false))),
        }
    }

    pub(super) fn at(resume: Resume, state: &State, lasts: Lasts) -> Self {
        let board = resume.board.filter(|board| state.live.knows(*board));
        Self { cursor: resume.seq, board, lasts, resumed: Some(true) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frames::tests::score;
    use super::super::live::LiveBoard;
    use super::super::ring::{Chain, Ring};
    use super::*;
    use crate::events::feed::Record;
    use crate::types::TeamId;

    const SPECTATOR: Wants =
        Wants { scores: true, contest: true, announcements: true, team: None, staff: false, chat: false };

    #[test]
    fn a_caller_follows_all_that_it_may_and_no_more() {
        let team = TeamId::new();
        let all = |viewer| streams(None, viewer, false).unwrap();
        assert_eq!(all(Viewer::Team(team)).wants, Wants { team: Some(team), ..SPECTATOR });
        assert_eq!(all(Viewer::Staff).wants, Wants { staff: true, ..SPECTATOR });
        assert_eq!(all(Viewer::Public).wants, SPECTATOR);
        for (viewer, stream) in [
            (Viewer::Public, Stream::Team),
            (Viewer::Staff, Stream::Team),
            (Viewer::Public, Stream::Staff),
            (Viewer::Team(team), Stream::Staff),
        ] {
            let refused = streams(Some(vec![stream]), viewer, true).unwrap_err();
            assert_eq!(refused.code, ByeCode::Unauthorized);
        }
        let contest = streams(Some(vec![Stream::Contest; 2]), Viewer::Team(team), true).unwrap();
        assert_eq!(contest.streams, [Stream::Contest]);
        assert!(!contest.board && contest.wants.team.is_none() && !contest.wants.scores);
    }

    #[test]
    fn the_chat_is_for_those_who_may() {
        let member = Viewer::Team(TeamId::new());
        assert!(streams(None, member, true).unwrap().wants.chat);
        assert!(!streams(None, member, false).unwrap().wants.chat);
        let refused = streams(Some(vec![Stream::Chat]), member, false).unwrap_err();
        assert_eq!(refused.code, ByeCode::Unauthorized);
    }

    fn state(floor: i64, head: i64) -> State {
        let mut ring = Ring::new(100, floor, Chain::default());
        let team = TeamId::new();
        for seq in floor + 1..=head {
            ring.push(&score(seq, team, seq, 1));
        }
        State::new(ring, LiveBoard::new(Vec::new(), head))
    }

    fn resume(seq: i64, board: Option<i64>) -> Option<Resume> {
        Some(Resume { seq, board })
    }

    #[test]
    fn a_client_cannot_resume_beyond_what_it_may_know() {
        let (mut state, red) = (state(0, 10), TeamId::new());
        for seq in 11..=15 {
            state.ring.push(&Record { embargo: Some(10), ..score(seq, red, seq, 1) });
        }
        let resumed = |seq, team| {
            Begin::decide(resume(seq, None), &state, Wants { team, ..SPECTATOR }).unwrap().resumed
        };
        for team in [None, Some(TeamId::new())] {
            assert_eq!(resumed(10, team), Some(true));
            assert!((11..=16).all(|seq| resumed(seq, team) == Some(false)));
        }
        assert_eq!((resumed(15, Some(red)), resumed(16, Some(red))), (Some(true), Some(false)));
    }

    #[test]
    fn a_new_client_begins_at_the_head() {
        let begin = Begin::decide(None, &state(50, 60), SPECTATOR).unwrap();
        assert_eq!((begin.cursor, begin.board, begin.resumed), (60, None, None));
        assert_eq!(begin.lasts.scores, Some(60));
    }

    #[test]
    fn a_client_resumes_from_the_ring_or_the_log_or_begins_anew() {
        let state = state(20_000, 20_050);
        let decide = |resume| Begin::decide(resume, &state, SPECTATOR);
        let near = decide(resume(20_010, Some(20_050))).unwrap();
        assert_eq!((near.cursor, near.resumed, near.lasts.scores), (20_010, Some(true), Some(20_010)));
        assert_eq!(near.board, Some(20_050));
        assert_eq!(decide(resume(20_000, Some(3))).unwrap().board, None);
        assert_eq!(decide(resume(19_999, None)), Err(Resume { seq: 19_999, board: None }));
        for lost in [resume(20_051, None), resume(10_049, None)] {
            let begin = decide(lost).unwrap();
            assert_eq!((begin.cursor, begin.resumed), (20_050, Some(false)));
        }
    }
}
