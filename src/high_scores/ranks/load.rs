//! Loading a game's set.

use super::set::{Load, Sets};
use super::{Unable, is_exact};
use crate::db::Db;
use crate::error::Error;
use crate::high_scores::queries;
use crate::types::GameId;

/// How many scores are loaded at a time.
const CHUNK: i64 = 10_000;

/// Loads a set: what is read later than the horizon is newer, and comes again with the next news.
pub(super) async fn load(sets: &Sets, db: &Db, game: GameId) -> Result<(), Unable> {
    let horizon =
        queries::news(&mut *db.conn().await?, game, i64::MAX, 0).await.map_err(Error::from)?.horizon;
    let load = sets.begin(game);
    let loaded = match fill(sets, db, game, &load).await {
        Ok(()) => sets.install(game, &load, horizon).await.map_err(Unable::from),
        Err(reason) => Err(reason),
    };
    if loaded.is_err() {
        // If that fails as well, what there is goes by itself.
        drop(sets.discard(&load).await);
    }
    loaded
}

async fn fill(sets: &Sets, db: &Db, game: GameId, load: &Load) -> Result<(), Unable> {
    let mut after = None;
    loop {
        let read = queries::scores(&mut *db.conn().await?, game, after, CHUNK).await;
        let scores = read.map_err(Error::from)?;
        let Some((last, _)) = scores.last() else { return Ok(()) };
        after = Some(*last);
        if scores.iter().any(|(_, score)| !is_exact(*score)) {
            return Err(Unable::Away);
        }
        sets.add(load, &scores).await?;
    }
}
