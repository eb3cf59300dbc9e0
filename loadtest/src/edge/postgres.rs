//! All of PostgreSQL, killed at once. The server that keeps it starts it again.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::hall::connect;

const PATIENCE: Duration = Duration::from_secs(30);

/// Kills the postmaster of this folder, then each of its children.
pub(crate) fn kill(data: &Path) -> Result<(), String> {
    let file = data.join("postgres/postmaster.pid");
    let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let postmaster: i32 = text.lines().next().and_then(|line| line.trim().parse().ok()).ok_or("no pid")?;
    let children = children(postmaster);
    for pid in std::iter::once(postmaster).chain(children) {
        // A child may have ended when it saw that its parent has.
        if let Some(pid) = Pid::from_raw(pid) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    Ok(())
}

fn children(parent: i32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

/// The fourth word of `stat`; the second, the name, may contain blanks and ends with a bracket.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Waits until it takes connections again; how long that took.
pub(crate) async fn back(url: &str) -> Result<Duration, String> {
    let began = Instant::now();
    while let Err(why) = connect(url).await {
        if began.elapsed() > PATIENCE {
            return Err(format!("PostgreSQL does not come back: {why}"));
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(began.elapsed())
}
