//! When a write was committed, told by PostgreSQL itself.
//!
//! With `track_commit_timestamp` it notes the instant at which it writes the commit record,
//! before that is on disk. So the time to disk counts as part of the fan-out, as does all that
//! comes after it: the number of the event, the room that reads it, the frame, the sockets. The
//! instant is the clock's of this machine, which the watchers read too.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::hall::{Database, connect};
use crate::server::{Server, Started};

/// How long PostgreSQL may take to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// Switches the notes on: a setting that PostgreSQL reads at its start only. The server that
/// keeps it brings it back when it is gone.
pub(super) async fn note(keeper: &Server) -> Result<(), String> {
    let started = keeper.started().ok_or("the server is not ours")?;
    let url = started.database_url().ok_or("the address of the private PostgreSQL cannot be found")?;
    let switched = connect(&url).await?.batch_execute("ALTER SYSTEM SET track_commit_timestamp = on").await;
    switched.map_err(|e| e.to_string())?;
    stop_postgres(started).await?;
    let deadline = Instant::now() + PATIENCE;
    while !notes(&url).await {
        if Instant::now() > deadline {
            return Err("PostgreSQL did not come back with track_commit_timestamp".to_owned());
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn stop_postgres(started: &Started) -> Result<(), String> {
    let file = started.folder().join("data/postgres/postmaster.pid");
    let text = std::fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let pid = text.lines().next().unwrap_or_default().trim().to_owned();
    let stopped = Command::new("kill").args(["-INT", &pid]).status().await;
    match stopped {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("the private PostgreSQL ({pid}) cannot be stopped")),
    }
}

async fn notes(url: &str) -> bool {
    let Ok(sql) = connect(url).await else { return false };
    let shown = sql.query_one("SHOW track_commit_timestamp", &[]).await;
    shown.is_ok_and(|row| row.get::<_, &str>(0) == "on")
}

/// When the latest change of this team was committed, in microseconds.
pub(super) async fn of_team(database: &Database, contest: &str, team: &str) -> Result<u64, String> {
    let query = format!(
        "SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint
         FROM team WHERE contest_id = '{contest}' AND id = '{team}'"
    );
    Ok(database.number(&query).await?.unsigned_abs())
}
