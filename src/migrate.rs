//! Brings the schema up to date, one instance at a time.

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::sql::SPEAK_ENGLISH;

/// All migrations, in the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Held while migrating, so that two instances that start together do it once.
const LOCK: &str = "SELECT pg_advisory_lock(7205759403792793)";

/// Applies what is pending and returns its names.
///
/// # Errors
/// One sentence; nothing of a failed migration stays.
pub async fn run(url: &str) -> Result<Vec<String>, String> {
    let mut conn = AsyncPgConnection::establish(url).await.map_err(|e| format!("cannot connect: {e}"))?;
    conn.batch_execute(&format!("{SPEAK_ENGLISH}; SET client_min_messages = 'warning'"))
        .await
        .map_err(|e| e.to_string())?;
    conn.batch_execute(LOCK).await.map_err(|e| e.to_string())?;
    // The lock goes with the connection, however this ends.
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let applied = harness.run_pending_migrations(MIGRATIONS).map_err(|e| e.to_string())?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
    .await
    .map_err(|e| e.to_string())?
}

/// How many migrations are missing.
///
/// # Errors
/// One sentence.
pub async fn pending(url: &str) -> Result<usize, String> {
    let conn = AsyncPgConnection::establish(url).await.map_err(|e| format!("cannot connect: {e}"))?;
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.pending_migrations(MIGRATIONS).map(|m| m.len()).map_err(|e| e.to_string())
    })
    .await
    .map_err(|e| e.to_string())?
}

/// Takes all migrations back, the latest first: the proof that down undoes up.
///
/// # Errors
/// One sentence.
pub async fn revert_all(url: &str) -> Result<(), String> {
    let conn = AsyncPgConnection::establish(url).await.map_err(|e| format!("cannot connect: {e}"))?;
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.revert_all_migrations(MIGRATIONS).map(drop).map_err(|e| e.to_string())
    })
    .await
    .map_err(|e| e.to_string())?
}
