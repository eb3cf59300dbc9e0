//! Starts and ends contests when their time has come. The gate judges by the clock itself;
//! this only writes down what is already true and tells everybody.

use std::time::Duration;

use super::commands::Advance;
use super::queries;
use crate::db::Db;
use crate::error::Error;

const TICK: Duration = Duration::from_millis(250);

/// Runs until the process ends.
pub async fn run(db: Db) {
    loop {
        if let Err(error) = tick(&db).await {
            tracing::warn!(%error, "the contest clock waits");
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn tick(db: &Db) -> Result<(), Error> {
    let due = queries::due(&mut *db.conn().await?).await?;
    for contest in due {
        db.run(&Advance { contest }).await?;
    }
    Ok(())
}
