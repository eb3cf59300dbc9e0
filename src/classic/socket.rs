//! `WS /ws` as existing clients know it: the frames start at once, there is nothing to send.

use std::time::Duration;

use rocket::{State, get};
use rocket_ws::WebSocket;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use crate::contests;
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::events::Embargo;
use crate::leaderboard::Row;
use crate::limits::guards::Asking;
use crate::live_demo::{self, Stage};
use crate::realtime::Hub;
use crate::realtime::frames::{Bye, ByeCode, Entry};
use crate::realtime::hub::{Seat, Watch};
use crate::realtime::live::BoardFrame;
use crate::realtime::routes::{Admitted, KnownOrigin};
use crate::realtime::session::scores_after;
use crate::realtime::socket::{End, Line, PING, push_frame};
use crate::realtime::upgrade::Upgrade;
use crate::types::{ContestId, Points, TeamId};

/// How many teams a frame lists.
const TOP: usize = 100;

/// How long the room may take to read the contest.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the classic socket: `leaderboard_update` with the whole board, and `score_update`. Where demo
/// mode is on, a client that says `join-demo` is in the live demo from then on.
#[utoipa::path(tag = "classic",
    responses((status = 101, description = "leaderboard_update and score_update frames follow")))]
#[get("/ws")]
pub async fn open_classic_socket(
    db: Db,
    _origin: KnownOrigin,
    socket: WebSocket,
    admitted: Admitted,
    asking: Asking,
    stage: &State<Stage>,
    shutdown: rocket::Shutdown,
) -> Result<Upgrade, Error> {
    let contest = match contests::queries::current(&mut *db.conn().await?).await {
        Ok(current) => Some(current.id),
        Err(error) if error.refusal() == Some(Refusal::NotFound) && stage.is_on() => None,
        Err(error) => return Err(error),
    };
    let (Admitted(hub, seat), stage) = (admitted, stage.inner().clone());
    Ok(Upgrade::new(socket, move |line| serve(line, hub, seat, contest, (stage, db, asking), shutdown)))
}

async fn serve(
    mut line: Line,
    hub: Hub,
    _seat: Seat,
    contest: Option<ContestId>,
    (stage, db, asking): (Stage, Db, Asking),
    shutdown: rocket::Shutdown,
) {
    let joined = match contest {
        Some(contest) => {
            let watch = hub.watch(contest, Embargo::Holds);
            let mut reader = Reader { watch, demo: stage.is_on(), cursor: 0, board_seq: None };
            reader.run(&mut line, shutdown.clone()).await
        }
        None => join(&mut line).await,
    };
    let ended = match joined {
        Ok(join) => {
            Box::pin(live_demo::socket::serve(&mut line, &stage, (db, asking), &join, shutdown)).await
        }
        Err(end) => Err(end),
    };
    if let Err(end) = ended {
        hub.count_end(&end);
        line.close(end).await;
    }
}

/// Without a current contest there is nothing here but the demo.
async fn join(line: &mut Line) -> Result<String, End> {
    let said = tokio::time::timeout(PATIENCE, line.next()).await;
    let said = said.map_err(|_| Bye::because(ByeCode::BadHello, "no join-demo came within 5 s"))??;
    if live_demo::socket::is_join(&said) {
        return Ok(said);
    }
    Err(Bye::because(ByeCode::NotFound, "no contest is marked as the current one").into())
}

struct Reader {
    watch: Watch,
    /// Whether a `join-demo` is heard.
    demo: bool,
    cursor: i64,
    board_seq: Option<i64>,
}

impl Reader {
    /// Until the client joins the demo, in its own words, or the connection ends.
    async fn run(&mut self, line: &mut Line, mut shutdown: rocket::Shutdown) -> Result<String, End> {
        if !self.watch.room().is_read(PATIENCE).await {
            return Err(ByeCode::Busy.into());
        }
        let mut ticks = self.watch.room().ticks(false);
        self.cursor = self.watch.room().with(|state| state.ring.head());
        self.send_news(line).await?;
        let beat = tokio::time::sleep(PING);
        tokio::pin!(beat);
        loop {
            tokio::select! {
                // The room lasts as long as we watch it.
                _ = ticks.changed() => {
                    if ticks.borrow_and_update().gone {
                        return Err(ByeCode::Revoked.into());
                    }
                    self.send_news(line).await?;
                }
                received = line.next() => {
                    let said = received?;
                    match live_demo::socket::is_join(&said) {
                        true if self.demo => return Ok(said),
                        true => line.say(&live_demo::socket::refusal(&Refusal::DemoOff.into())).await?,
                        false => {}
                    }
                }
                () = &mut beat => {
                    line.must_live()?;
                    line.ping().await?;
                    beat.as_mut().reset(Instant::now() + PING);
                }
                () = &mut shutdown => return Err(ByeCode::Drain.into()),
            }
        }
    }

    async fn send_news(&mut self, line: &mut Line) -> Result<(), End> {
        let (entries, board) = self.look()?;
        let mut frames = Vec::new();
        for (team, points) in entries.iter().filter_map(|entry| entry.score.as_ref()) {
            push_frame(&mut frames, &score(team, *points));
        }
        board.iter().for_each(|board| push_frame(&mut frames, &board.text));
        line.send(&frames).await
    }

    /// New scores, and the board if it is another than the one sent last.
    fn look(&mut self) -> Result<(Vec<std::sync::Arc<Entry>>, Option<BoardFrame>), End> {
        let (entries, cursor, board) = self.watch.room().with(|state| {
            let (entries, cursor) = scores_after(state, self.cursor)
                .map_err(|_| Bye::because(ByeCode::Slow, "more happened than is kept for you"))?;
            let changed = self.board_seq != Some(state.live.seq());
            let board = changed.then(|| state.live.whole("classic", TOP, |_, rows| leaderboard(rows)));
            Ok::<_, End>((entries, cursor, board))
        })?;
        self.cursor = cursor;
        self.board_seq = board.as_ref().map(|board| board.seq).or(self.board_seq);
        Ok((entries, board))
    }
}

fn score(team: &str, points: Points) -> String {
    json!({"type": "score_update", "teamName": team, "points": points}).to_string()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    rank: i64,
    team_id: TeamId,
    team_name: &'a str,
    points: Points,
}

fn leaderboard(rows: &[Row]) -> String {
    let listed: Vec<_> = rows
        .iter()
        .map(|row| Listed { rank: row.rank, team_id: row.team_id, team_name: &row.team, points: row.points })
        .collect();
    json!({"type": "leaderboard_update", "leaderboard": listed}).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_classic_frames_are_as_existing_clients_know_them() {
        let team_id = TeamId::new();
        let row = Row {
            rank: 1,
            team_id,
            team: "Red".to_owned(),
            points: 5,
            last_gain_ms: None,
            wrong: 0,
            division: None,
        };
        let frame: Value = serde_json::from_str(&leaderboard(&[row])).unwrap();
        let listed = json!([{"rank": 1, "teamId": team_id, "teamName": "Red", "points": 5}]);
        assert_eq!(frame, json!({"type": "leaderboard_update", "leaderboard": listed}));
        let frame: Value = serde_json::from_str(&score("Red", 7)).unwrap();
        assert_eq!(frame, json!({"type": "score_update", "teamName": "Red", "points": 7}));
    }
}
