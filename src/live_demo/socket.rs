//! The contract of the earlier live leaderboard on `WS /ws`. That address is also the classic
//! socket's, whose clients send nothing: a connection is the demo's from its `join-demo` on.
//!
//! ```text
//! C> {"type":"join-demo","data":{"userId":"alice","sessionId":"DEMO123"}}
//! C> {"type":"update-score","data":{"points":25}}
//! S> {"type":"leaderboard-update","data":{"leaderboard":[…],"lastUpdate":{…}}}
//! S> {"type":"user-rank-update","data":{"userId":"alice","score":85,"rank":2}}
//! S> {"type":"participant-joined","data":{"userId":"bob","username":"Bob","totalParticipants":3}}
//! S> {"type":"error","data":{"code":"invalid","message":"…"}}
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::commands::{GivePoints, JoinDemo};
use super::contract::DemoEntry;
use super::shown::DemoBoard;
use super::stage::Entered;
use super::{DemoUser, SESSION, Stage, must_be_bounded};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::events::Embargo;
use crate::limits::guards::Asking;
use crate::realtime::frames::ByeCode;
use crate::realtime::hub::Watch;
use crate::realtime::room::Tick;
use crate::realtime::session::scores_after;
use crate::realtime::socket::{End, Line, PING};
use crate::types::{ContestId, Points};

/// How long the room may take to read the contest.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case")]
enum Said {
    #[serde(rename_all = "camelCase")]
    JoinDemo {
        user_id: String,
        session_id: String,
    },
    UpdateScore {
        points: Points,
    },
}

/// Whether this frame makes the connection the demo's.
#[must_use]
pub fn is_join(text: &str) -> bool {
    matches!(serde_json::from_str(text), Ok(Said::JoinDemo { .. }))
}

/// Serves a connection from its first `join-demo` on.
///
/// # Errors
/// How it ended.
pub async fn serve(
    line: &mut Line,
    stage: &Stage,
    (db, asking): (Db, Asking),
    first: &str,
    shutdown: rocket::Shutdown,
) -> Result<(), End> {
    let contest = stage.contest(&db).await.map_err(|_| ByeCode::Busy)?;
    let watch = stage.hub().watch(contest, Embargo::Holds);
    if !watch.room().is_read(PATIENCE).await {
        return Err(ByeCode::Busy.into());
    }
    let mut audience = Audience {
        ticks: watch.room().ticks(false),
        comings: stage.comings(),
        notices: stage.notices(),
        cursor: watch.room().with(|state| state.ring.head()),
        stage: stage.clone(),
        db,
        asking,
        contest,
        watch,
        entered: None,
        last: Value::Null,
        told: None,
        standing: None,
    };
    audience.hear(line, first).await?;
    audience.run(line, shutdown).await
}

/// One connection.
struct Audience {
    stage: Stage,
    db: Db,
    asking: Asking,
    contest: ContestId,
    watch: Watch,
    ticks: watch::Receiver<Tick>,
    comings: watch::Receiver<BTreeSet<String>>,
    notices: broadcast::Receiver<Arc<str>>,
    cursor: i64,
    /// As whom it has joined.
    entered: Option<Entered>,
    /// The latest change of a score since it came.
    last: Value,
    /// The board that it was told last, and the change.
    told: Option<(Arc<DemoBoard>, Value)>,
    /// What it was told last of its own score and rank.
    standing: Option<(Points, i64)>,
}

impl Audience {
    async fn run(&mut self, line: &mut Line, mut shutdown: rocket::Shutdown) -> Result<(), End> {
        let beat = tokio::time::sleep(PING);
        tokio::pin!(beat);
        loop {
            tokio::select! {
                // The room lasts as long as we watch it.
                _ = self.ticks.changed() => {
                    if self.ticks.borrow_and_update().gone {
                        return Err(ByeCode::Revoked.into());
                    }
                    self.show(line).await?;
                }
                // The stage lasts longer than we do.
                _ = self.comings.changed() => self.show(line).await?,
                notice = self.notices.recv() => if let Ok(notice) = notice {
                    line.say(&notice).await?;
                },
                received = line.next() => self.hear(line, &received?).await?,
                () = &mut beat => {
                    line.must_live()?;
                    line.ping().await?;
                    beat.as_mut().reset(Instant::now() + PING);
                }
                () = &mut shutdown => return Err(ByeCode::Drain.into()),
            }
        }
    }

    /// Does what the client says; what is refused is told and ends nothing.
    async fn hear(&mut self, line: &mut Line, text: &str) -> Result<(), End> {
        let done = match serde_json::from_str(text) {
            Ok(Said::JoinDemo { user_id, session_id }) => self.join(&user_id, &session_id).await,
            Ok(Said::UpdateScore { points }) => self.give(points).await,
            Err(error) => Err(Refusal::Unreadable.because(error.to_string())),
        };
        match done {
            Ok(()) => self.show(line).await,
            Err(error) => {
                if error.refusal().is_none() {
                    tracing::warn!(%error, "what was said in the demo was not done");
                }
                line.say(&refusal(&error)).await
            }
        }
    }

    async fn join(&mut self, user: &str, session: &str) -> Result<(), Error> {
        if session != SESSION {
            return Err(Refusal::NotFound.because("there is one session, DEMO123"));
        }
        let user = DemoUser::find(user, "/userId")?;
        let _place = self.asking.lets_in(None)?;
        self.db.run(&JoinDemo { contest: self.contest, user }).await?;
        if self.entered.as_ref().is_none_or(|entered| entered.user != user) {
            self.entered = Some(self.stage.enter(user));
            self.standing = None;
        }
        Ok(())
    }

    async fn give(&mut self, points: Points) -> Result<(), Error> {
        let joined = self.entered.as_ref().map(|entered| entered.user);
        let user = joined.ok_or_else(|| Refusal::NotAllowed.because("send join-demo first"))?;
        must_be_bounded(points, "/points")?;
        let _place = self.asking.lets_in(None)?;
        self.db.run(&GivePoints { contest: self.contest, user, points }).await.map(drop)
    }

    /// Sends the board and the client's own rank, each if it is another than the one sent last. Who has
    /// come is told before the board on which they are.
    async fn show(&mut self, line: &mut Line) -> Result<(), End> {
        while let Ok(notice) = self.notices.try_recv() {
            line.say(&notice).await?;
        }
        let board = self.look();
        let is_told = self.told.as_ref().is_some_and(|(b, last)| b.text == board.text && *last == self.last);
        if !is_told {
            line.say(&board.frame(&self.last)).await?;
            self.told = Some((Arc::clone(&board), self.last.clone()));
        }
        self.show_rank(line, &board.entries).await
    }

    /// The board, and the latest change that is on it: others wait until they are. Whoever fell behind
    /// has missed a change, and sees what it made.
    fn look(&mut self) -> Arc<DemoBoard> {
        let (board, seq, latest) = self.watch.room().with(|state| {
            let seq = state.live.seq();
            let (entries, _) = scores_after(state, self.cursor).unwrap_or_default();
            let latest = entries.iter().rfind(|entry| entry.seq <= seq).and_then(|entry| entry.score.clone());
            (self.stage.shown(&state.live), seq, latest)
        });
        self.cursor = self.cursor.max(seq);
        if let Some((name, score)) = latest {
            self.last = change(&name, score);
        }
        board
    }

    async fn show_rank(&mut self, line: &mut Line, entries: &[DemoEntry]) -> Result<(), End> {
        let joined = self.entered.as_ref().map(|entered| entered.user.id);
        let own = joined.and_then(|user| entries.iter().find(|entry| entry.user_id == user));
        let Some(own) = own else { return Ok(()) };
        if self.standing.replace((own.score, own.rank)) == Some((own.score, own.rank)) {
            return Ok(());
        }
        let rank = OwnRank { user_id: own.user_id, score: own.score, rank: own.rank };
        line.say(&frame("user-rank-update", &rank)).await
    }
}

/// How somebody stands, for themselves.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnRank {
    user_id: &'static str,
    score: Points,
    rank: i64,
}

fn frame(kind: &str, data: &impl Serialize) -> String {
    json!({"type": kind, "data": data}).to_string()
}

/// Whose score was changed to what.
fn change(name: &str, score: Points) -> Value {
    let user = DemoUser::named(name);
    json!({"userId": user.map(|user| user.id), "username": name, "score": score})
}

/// What was refused, as clients are told it.
pub(crate) fn refusal(error: &Error) -> String {
    let problem = error.problem("", "");
    let first = problem.errors.first().map(|wrong| format!("{} {}", wrong.pointer, wrong.detail));
    let message = first.or(problem.detail).unwrap_or_else(|| problem.title.to_owned());
    frame("error", &json!({"code": error.refusal().map(Refusal::slug), "message": message}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_the_demos_from_its_join_on() {
        assert!(is_join(r#"{"type":"join-demo","data":{"userId":"alice","sessionId":"DEMO123"}}"#));
        for other in [
            "",
            "{}",
            r#"{"type":"ping"}"#,
            r#"{"type":"join-demo"}"#,
            r#"{"type":"update-score","data":{"points":25}}"#,
        ] {
            assert!(!is_join(other), "{other}");
        }
    }

    #[test]
    fn what_is_refused_is_told_in_a_sentence() {
        let told: Value =
            serde_json::from_str(&refusal(&must_be_bounded(0, "/points").unwrap_err())).unwrap();
        assert_eq!(
            told,
            json!({"type": "error", "data": {"code": "invalid", "message": "/points must be 1 to 100"}})
        );
    }
}
