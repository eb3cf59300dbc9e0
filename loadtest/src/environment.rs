//! Where a run took place: a figure without that is worth nothing.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Map, Value, json};
use tokio::process::Command;

use crate::http::{Ask, Connection};
use crate::report::{Failure, Folder};
use crate::server::{Server, Target};

/// Writes `environment.json`.
pub(crate) async fn describe(server: &Server, target: &Target, folder: &Folder) -> Result<Value, Failure> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let changed = said("git", &["status", "--porcelain"], checkout).await;
    let health = Connection::new(server.authority(), std::time::Duration::from_secs(5))
        .send(&Ask::get("/health"))
        .await
        .map_or(Value::Null, |reply| reply.json());
    let all = json!({
        "at": chrono::Utc::now().to_rfc3339(),
        "commit": said("git", &["rev-parse", "HEAD"], checkout).await,
        "commit_changed": changed.map(|files| !files.is_empty()),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": memory(),
        "system": said("uname", &["-srm"], Path::new("/")).await,
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "server": {"address": server.base(), "ours": server.started().is_some(), "health": health},
        "pool_size_asked": target.pool_size,
        "podium": doctor(server).await,
        "postgres": postgres(server).await,
    });
    folder.write("environment.json", &all)?;
    Ok(all)
}

/// What a program prints, without its last line break.
async fn said(program: &str, args: &[&str], folder: &Path) -> Option<String> {
    let output =
        Command::new(program).args(args).current_dir(folder).stdin(Stdio::null()).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn memory() -> Option<String> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    Some(text.lines().next()?.strip_prefix("MemTotal:")?.trim().to_owned())
}

/// The settings in force of a server of ours, by name.
async fn doctor(server: &Server) -> Value {
    let Some(started) = server.started() else { return Value::Null };
    let Ok(output) = started.podium(&["doctor"]).await else { return Value::Null };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pair = |line: &str| {
        let (name, value) = line.split_once("  ")?;
        Some((name.trim().to_owned(), Value::from(value.trim())))
    };
    Value::Object(text.lines().filter_map(pair).collect::<Map<_, _>>())
}

/// What decides how fast PostgreSQL is and how much it keeps, of a server of ours.
async fn postgres(server: &Server) -> Value {
    const WANTED: &str = "SELECT name, setting || coalesce(' ' || unit, '') FROM pg_settings WHERE name IN (
        'server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'data_checksums',
        'shared_buffers', 'max_connections', 'max_wal_size', 'checkpoint_timeout', 'commit_delay') ORDER BY name";
    let Some(url) = server.started().and_then(|started| started.database_url()) else { return Value::Null };
    let Ok((client, connection)) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await else {
        return Value::Null;
    };
    tokio::spawn(connection);
    let Ok(rows) = client.query(WANTED, &[]).await else { return Value::Null };
    Value::Object(rows.iter().map(|row| (row.get(0), Value::String(row.get(1)))).collect())
}
