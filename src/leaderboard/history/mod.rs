//! How the best came to their points: what the graph beside the board is drawn of.
//!
//! Everybody in a hall looks at the same few histories, so one that was read within a second is
//! given to whoever asks. It may be that much behind the board, and never ahead of it.

pub mod queries;
pub mod routes;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use utoipa::ToSchema;

use super::Row;
use super::slots::Slots;
use super::tagged::{Known, tag_of};
use crate::db::Db;
use crate::error::Error;
use crate::events::Embargo;
use crate::types::{ContestId, Points};

/// Teams that are told of at most.
pub const MOST: u16 = 20;

/// How many scores of a team are told at most, besides the first.
pub const SCORES: i64 = 120;

/// A history that was read so long ago is read again.
const FRESH: Duration = Duration::from_secs(1);

/// What a team had from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PastScore {
    /// Contest time: pauses are not in it, and it stands still at the end.
    #[schema(example = 3_900_000)]
    pub at_ms: i64,
    /// What the team had.
    #[schema(example = 1400)]
    pub points: Points,
}

/// A row of the board, and how the team came to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamHistory {
    /// Its row.
    #[serde(flatten)]
    #[schema(inline)]
    pub row: Row,
    /// Its scores in the order in which it came to them; the last is what the row says. The first
    /// is that of its registration. Of changes that are close together the latest is told.
    pub scores: Vec<PastScore>,
}

/// The best teams, and how they came to be it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaderboardHistory {
    /// At most `top` teams, the leader first.
    pub data: Vec<TeamHistory>,
    #[serde(skip)]
    tag: String,
}

impl LeaderboardHistory {
    fn new(data: Vec<TeamHistory>) -> Result<Self, Error> {
        let tag = tag_of(&data).map_err(|error| Error::Bug(format!("a history: {error}")))?;
        Ok(Self { data, tag })
    }
}

impl Known for LeaderboardHistory {
    fn tag(&self) -> serde_json::Result<Option<String>> {
        Ok(Some(self.tag.clone()))
    }
}

/// Which history is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Of which contest.
    pub contest: ContestId,
    /// Whether results are withheld from the reader while the board is frozen.
    pub embargo: Embargo,
    /// Of a division, which must be there.
    pub division: Option<String>,
    /// Of so many teams.
    pub top: u16,
}

/// The histories that somebody looks at.
#[derive(Debug, Default)]
pub struct Histories(Slots<Asked, (Instant, Arc<LeaderboardHistory>)>);

impl Histories {
    /// A history that was read less than a second ago; who comes while it is read waits for it.
    ///
    /// # Errors
    /// `Busy` when the database is away.
    pub async fn read(&self, db: &Db, asked: &Asked) -> Result<Arc<LeaderboardHistory>, Error> {
        let came = Instant::now();
        let slot = self.0.of(asked, came);
        let mut kept = slot.turn_since(came).await?;
        if let Some((begun, history)) = &*kept
            && came.saturating_duration_since(*begun) < FRESH
        {
            return Ok(Arc::clone(history));
        }
        let begun = Instant::now();
        let history = Arc::new(fresh(db, asked).await.inspect_err(|error| slot.note(error))?);
        *kept = Some((begun, Arc::clone(&history)));
        Ok(history)
    }
}

async fn fresh(db: &Db, asked: &Asked) -> Result<LeaderboardHistory, Error> {
    let mut conn = db.conn().await?;
    let best = queries::best(&mut conn, asked).await?;
    let scores = queries::scores(&mut conn, asked.contest, &best).await?;
    LeaderboardHistory::new(queries::joined(best, scores))
}
