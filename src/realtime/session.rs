//! One client: from its hello to its goodbye.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::attendance::Attending;
use super::doubts::Doubted;
use super::errand::{Desk, must_hold};
use super::frames::{self, Bye, ByeCode, Entry, Hello, Lasts, PROTOCOL, Stream, Welcome};
use super::greeting::{Begin, Known, RESUME_LIMIT, Wanted, bye_of, streams};
use super::hub::{Hub, Seat, TeamSeat, Watch};
use super::news::{Follows, Place, State};
use super::ring::{Chain, FellOut, Wants};
use super::room::{Room, Tick};
use super::socket::{End, Line, PING, push_frame};
use super::talk;
use crate::auth::queries::Held;
use crate::chat;
use crate::contests::Contest;
use crate::db::Db;
use crate::error::Error;
use crate::events::{Embargo, Viewer, feed};
use crate::types::{ContestId, TeamId};

/// How long a client may take to say hello, and a room to read its contest.
const HELLO_LIMIT: Duration = Duration::from_secs(5);

/// How often it is asked whether a token still holds.
const RECHECK: Duration = Duration::from_secs(60);

/// How long to wait for a number that another instance may have told the client already.
const CATCH_UP: Duration = Duration::from_secs(1);

/// Events read at once for a client that resumes far behind.
const BATCH: i64 = 500;

/// Serves a client until either side ends it.
pub async fn serve(mut line: Line, hub: Hub, _seat: Seat, desk: Desk, shutdown: rocket::Shutdown) {
    // Boxed, so that what greeting needs is not kept for as long as the session lasts.
    let end = match Box::pin(greet(&mut line, &hub, &desk)).await {
        Ok(mut session) => session.run(&mut line, &desk, shutdown).await,
        Err(end) => Err(end),
    };
    if let Err(end) = end {
        hub.count_end(&end);
        line.close(end).await;
    }
}

async fn greet(line: &mut Line, hub: &Hub, desk: &Desk) -> Result<Session, End> {
    let hello = tokio::time::timeout(HELLO_LIMIT, line.next())
        .await
        .map_err(|_| Bye::because(ByeCode::BadHello, "no hello came within 5 s"))??;
    let hello = Hello::parse(&hello).map_err(|detail| Bye::because(ByeCode::BadHello, detail))?;
    let known = desk.asking().looked_up(Known::look_up(hub.db(), &hello).await);
    let known = known.map_err(|error| bye_of(&error))?;
    let viewer = known.viewer();
    let may_chat = known.may_chat;
    let streams = streams(hello.streams.clone(), viewer, may_chat)?;
    let team_seat = match viewer {
        Viewer::Team(team) => Some(
            hub.admit_team(team)
                .ok_or_else(|| Bye::because(ByeCode::Busy, "this team has as many sockets as it may"))?,
        ),
        Viewer::Public | Viewer::Staff => None,
    };
    let embargo = if viewer == Viewer::Staff { Embargo::Lifted } else { Embargo::Holds };
    let watch = hub.watch(known.contest.id, embargo);
    if !watch.room().is_read(HELLO_LIMIT).await {
        return Err(ByeCode::Busy.into());
    }
    // Only rooms tell who is there.
    let attending = viewer.team().filter(|_| may_chat).map(|team| hub.attend(known.contest.id, team));
    let mut session = Session::begin(line, watch, known, streams, &hello).await?;
    (session.team_seat, session.attending) = (team_seat, attending);
    Ok(session)
}

/// A client that has been welcomed.
#[derive(Debug)]
struct Session {
    watch: Watch,
    team_seat: Option<TeamSeat>,
    attending: Option<Attending>,
    viewer: Viewer,
    /// The event by which its team had left, when that was heeded last.
    left_by: i64,
    ticks: watch::Receiver<Tick>,
    held: Option<Held>,
    doubted: Option<Doubted>,
    place: Place,
    /// The highest number that the client may know of: everybody's, or that of its own last frame.
    known: i64,
    degraded: bool,
    recheck_at: Instant,
}

impl Session {
    async fn begin(
        line: &mut Line,
        watch: Watch,
        known: Known,
        wanted: Wanted,
        hello: &Hello,
    ) -> Result<Self, End> {
        let (Wanted { streams, board, wants }, resume) = (wanted, hello.resume);
        if let Some(resume) = resume {
            watch.room().reaches(resume.seq, wants, CATCH_UP).await;
        }
        let ticks = watch.room().ticks(wants.more_than_public());
        let db = watch.hub().db().clone();
        let (begin, mut chain) = match watch.room().with(|state| Begin::decide(resume, state, wants)) {
            Ok(begin) => (begin, None),
            Err(resume) => {
                let chain = chain_at(&db, watch.room(), resume.seq).await?;
                let lasts = chain.lasts(wants);
                (watch.room().with(|state| Begin::at(resume, state, lasts)), Some(chain))
            }
        };
        let Begin { cursor, board: board_seq, lasts, resumed } = begin;
        let recheck_at = Instant::now() + RECHECK.mul_f32(rand::random_range(0.5..1.0));
        let (viewer, held) = (known.viewer(), known.held);
        let account = held.as_ref().and_then(Held::account);
        let doubted = account.map(|account| Doubted::of(watch.hub(), account));
        let board = match (board, board_seq) {
            (false, _) => Follows::Nothing,
            (true, None) => Follows::Anew,
            (true, Some(seq)) => Follows::From(seq),
        };
        let present = wants.chat.then_some(0);
        let (place, degraded) = (Place { cursor, wants, board, present }, false);
        let head = watch.room().with(|state| state.ring.public_head());
        let mut session = Self {
            watch,
            team_seat: None,
            attending: None,
            viewer,
            left_by: 0,
            ticks,
            held,
            doubted,
            place,
            known: head,
            degraded,
            recheck_at,
        };
        let welcome = welcome(&known.contest, known.now, head, streams, resumed, lasts);
        line.say(&welcome).await?;
        // Whoever goes on where it broke off has what was said before.
        if wants.chat && resumed != Some(true) && hello.history > 0 {
            line.say(&read_history(&db, known.contest.id, cursor, hello.history).await?).await?;
        }
        if let Some(chain) = &mut chain {
            session.send_from_log(line, &db, known.contest.id, chain).await?;
        }
        Ok(session)
    }

    /// Sends what is older than the ring.
    async fn send_from_log(
        &mut self,
        line: &mut Line,
        db: &Db,
        contest: ContestId,
        chain: &mut Chain,
    ) -> Result<(), End> {
        let reader = (self.watch.room().embargo(), self.place.wants.team);
        loop {
            let floor = self.watch.room().with(|state| state.ring.floor(self.place.wants));
            if self.place.cursor >= floor {
                return Ok(());
            }
            if let Some(held) = &self.held {
                must_hold(db, held).await?;
            }
            let records = read_log(db, contest, reader, self.place.cursor).await?;
            let mut frames = Vec::new();
            for record in &records {
                let entry = chain.link(record).filter(|entry| self.place.wants.channel(entry.channel));
                entry.iter().for_each(|entry| push_frame(&mut frames, &entry.text));
            }
            line.send(&frames).await?;
            // None left: what is in between is withheld.
            self.place.cursor = records.last().map_or(floor, |last| last.seq);
        }
    }

    async fn run(&mut self, line: &mut Line, desk: &Desk, mut shutdown: rocket::Shutdown) -> Result<(), End> {
        let beat = tokio::time::sleep(PING);
        tokio::pin!(beat);
        self.send_news(line).await?;
        loop {
            tokio::select! {
                // The room lasts as long as we watch it.
                _ = self.ticks.changed() => self.send_news(line).await?,
                () = Doubted::next(self.doubted.as_mut()) => {
                    self.recheck_at = Instant::now();
                    Box::pin(self.recheck()).await?;
                }
                received = line.next() => {
                    // One thing at a time: what a client says meanwhile waits.
                    if let Some(reply) = Box::pin(self.take(desk, received?)).await? {
                        line.say(&reply).await?;
                    }
                }
                () = &mut beat => {
                    line.must_live()?;
                    line.say(&frames::ping(self.known)).await?;
                    // Boxed for the same reason: it happens once a minute.
                    Box::pin(self.recheck()).await?;
                    beat.as_mut().reset(Instant::now() + PING);
                }
                () = &mut shutdown => return Err(ByeCode::Drain.into()),
            }
        }
    }

    /// Whether its team has left since this was asked last.
    fn has_left(&mut self) -> bool {
        let Some(team) = self.viewer.team() else { return false };
        let left_by = self.watch.room().with(|state| state.ring.left_by(team));
        std::mem::replace(&mut self.left_by, left_by) < left_by
    }

    /// Whoever was shown out hears nothing more. Whoever cannot be asked about may have been, and
    /// comes back if not.
    async fn must_be_in(&mut self) -> Result<(), Bye> {
        if let Some(held) = &self.held {
            must_hold(self.watch.hub().db(), held).await?;
        }
        let (Some(team), true) = (self.viewer.team(), self.attending.is_some()) else { return Ok(()) };
        let (hub, contest) = (self.watch.hub(), self.watch.room().contest());
        let asked =
            async { Ok(chat::queries::is_member(&mut *hub.db().conn().await?, contest, team).await?) };
        match asked.await {
            Ok::<_, Error>(true) => Ok(()),
            Ok(false) => Err(Bye::because(ByeCode::Revoked, "not in the room any more")),
            Err(_) => Err(ByeCode::Busy.into()),
        }
    }

    /// Sends everything that is new, in as few writes as there can be.
    async fn send_news(&mut self, line: &mut Line) -> Result<(), End> {
        if self.has_left() {
            Box::pin(self.must_be_in()).await?;
        }
        let tick = *self.ticks.borrow_and_update();
        if tick.gone {
            return Err(Bye::because(ByeCode::Revoked, "the contest is gone").into());
        }
        if tick.degraded != self.degraded {
            self.degraded = tick.degraded;
            line.say(&frames::degraded(tick.degraded)).await?;
        }
        loop {
            let news = self.watch.room().with(|state| state.news(self.place));
            let news =
                news.map_err(|FellOut| Bye::because(ByeCode::Slow, "more happened than is kept for you"))?;
            line.send(&news.frames).await?;
            self.place = Place { wants: self.place.wants, ..news.then };
            self.known = self.known.max(news.known);
            if !news.more {
                return Ok(());
            }
        }
    }

    async fn take(&self, desk: &Desk, said: String) -> Result<Option<String>, Bye> {
        let contest = self.watch.room().contest();
        desk.take(self.watch.hub().db(), contest, self.held.as_ref(), said).await
    }

    async fn recheck(&mut self) -> Result<(), End> {
        let Some(held) = &self.held else { return Ok(()) };
        if Instant::now() < self.recheck_at {
            return Ok(());
        }
        self.recheck_at = Instant::now() + RECHECK;
        Ok(must_hold(self.watch.hub().db(), held).await?)
    }
}

fn welcome(
    contest: &Contest,
    now: chrono::DateTime<chrono::Utc>,
    head: i64,
    streams: Vec<Stream>,
    resumed: Option<bool>,
    last: Lasts,
) -> String {
    let welcome = Welcome {
        kind: "welcome",
        protocol: PROTOCOL,
        server_time: now,
        contest_time_ms: contest.contest_time_ms(contest.ended_at.unwrap_or(now)),
        state: contest.state,
        frozen: contest.is_frozen(),
        head,
        contest_id: contest.id,
        streams,
        resumed,
        last,
    };
    frames::text(&welcome)
}

async fn chain_at(db: &Db, room: &Room, seq: i64) -> Result<Chain, Bye> {
    let since = seq - RESUME_LIMIT;
    let read = async {
        Ok(feed::newest(&mut *db.conn().await?, room.contest(), room.embargo(), since..=seq).await?)
    };
    let newest = read.await.map_err(|error: Error| bye_of(&error))?;
    Ok(room.with(|state| state.ring.chain_below(seq, &newest)))
}

async fn read_history(db: &Db, contest: ContestId, until: i64, count: u16) -> Result<String, Bye> {
    let read = async { talk::history(&mut *db.conn().await?, contest, until, count).await };
    read.await.map_err(|error: Error| bye_of(&error))
}

async fn read_log(
    db: &Db,
    contest: ContestId,
    reader: (Embargo, Option<TeamId>),
    since: i64,
) -> Result<Vec<feed::Record>, Bye> {
    let read = async { talk::disclosed_after(&mut *db.conn().await?, contest, reader, since, BATCH).await };
    read.await.map_err(|error: Error| bye_of(&error))
}

/// Reads frames for a client that follows score changes only, as the classic socket does.
///
/// # Errors
/// `FellOut` when the ring has moved on without it.
pub fn scores_after(state: &State, cursor: i64) -> Result<(Vec<Arc<Entry>>, i64), FellOut> {
    let wants = Wants { scores: true, ..Wants::default() };
    let batch = state.ring.after(cursor, wants, usize::MAX)?;
    Ok((batch.entries, batch.cursor))
}
