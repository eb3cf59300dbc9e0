//! A server of our own: its process, its folder, and their end, however this process ends.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::{Target, program, random_hex};

/// How long a first start may take: it makes a database cluster.
const START: Duration = Duration::from_secs(240);

/// How long the guard may take to stop everything and tidy up.
const STOP: Duration = Duration::from_secs(60);

/// Waits for its input to close, which happens however this process ends, then stops the
/// server ($1), its PostgreSQL if it has left one behind, and removes the folder ($2).
const GUARD: &str = r#"
    cat >/dev/null
    gone() { n=0; while kill -0 "$1" 2>/dev/null; do n=$((n+1)); [ $n -lt 150 ] || return 1; sleep 0.1; done; }
    kill -TERM "$1" 2>/dev/null
    gone "$1" || kill -KILL "$1" 2>/dev/null
    if pid=$(head -n 1 "$2/data/postgres/postmaster.pid" 2>/dev/null); then
        kill -INT "$pid" 2>/dev/null
        gone "$pid"
    fi
    rm -rf -- "$2""#;

/// A running server that is ours.
#[derive(Debug)]
pub(crate) struct Started {
    program: PathBuf,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    authority: String,
    server: Child,
    guard: Child,
}

impl Started {
    /// Starts it on a free port and waits until it says where it answers.
    pub(super) async fn start(program: &Path, target: &Target, token: &str) -> Result<Self, String> {
        let folder = target.data_dir.join(format!("podium-loadtest-{}", random_hex()));
        // PostgreSQL does not run as root: another account has to pass through.
        let made = DirBuilder::new().mode(0o711).create(&folder);
        made.map_err(|e| format!("cannot make the folder {}: {e}", folder.display()))?;
        let settings = settings(&folder, target, token);
        let cannot = |e: std::io::Error| format!("cannot start {}: {e}", program.display());
        let log = File::create(folder.join("server.log")).map_err(cannot)?;
        let server = command(program, &folder, &settings)
            .stdout(log.try_clone().map_err(cannot)?)
            .stderr(log)
            .spawn()
            .map_err(cannot)?;
        let guard = guard(&server, &folder).map_err(cannot)?;
        let authority = String::new();
        let mut started = Self { program: program.to_path_buf(), folder, settings, authority, server, guard };
        match started.ready().await {
            Ok(authority) => started.authority = authority,
            Err(why) => {
                started.stop().await;
                return Err(why);
            }
        }
        Ok(started)
    }

    /// `host:port`.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// The program that it runs.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.server.id()
    }

    /// Where its data and its log are, until the end.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it has printed.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Its private PostgreSQL, password included.
    pub(crate) fn database_url(&self) -> Option<String> {
        let data = self.folder.join("data");
        let password = std::fs::read_to_string(data.join("postgres.password")).ok()?;
        let running = std::fs::read_to_string(data.join("postgres/postmaster.pid")).ok()?;
        let port: u16 = running.lines().nth(3)?.trim().parse().ok()?;
        Some(format!("postgres://podium:{}@127.0.0.1:{port}/podium", password.trim()))
    }

    /// Runs another command of the same program on the same data.
    pub(crate) async fn podium(&self, args: &[&str]) -> std::io::Result<Output> {
        let mut command = command(&self.program, &self.folder, &self.settings);
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output().await
    }

    /// Stops it and removes its folder.
    pub(super) async fn stop(mut self) {
        drop(self.guard.stdin.take());
        // The server has to be collected: the guard cannot tell the dead from the living.
        let end = async { tokio::join!(self.server.wait(), self.guard.wait()) };
        if timeout(STOP, end).await.is_err() {
            eprintln!("the server in {} did not stop in time", self.folder.display());
        }
    }

    /// Waits for the line in its log that names the address.
    async fn ready(&mut self) -> Result<String, String> {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            if let Some(authority) = announced(&log) {
                return Ok(authority.to_owned());
            }
            if let Ok(Some(status)) = self.server.try_wait() {
                return Err(format!("podium ended at once ({status}):\n{log}"));
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(format!("podium was not ready after {} s", START.as_secs()))
    }
}

/// `Board     http://127.0.0.1:41235/` gives `127.0.0.1:41235`.
fn announced(log: &str) -> Option<&str> {
    let line = log.lines().find_map(|line| line.trim().strip_prefix("Board "))?;
    line.trim().strip_prefix("http://")?.strip_suffix('/')
}

/// What is set for a server of ours. Its working folder has no `.env`, so nothing of another
/// installation is picked up.
fn settings(folder: &Path, target: &Target, token: &str) -> Vec<(String, String)> {
    let data = folder.join("data");
    let mut all = vec![
        ("PORT".to_owned(), "0".to_owned()),
        ("ROCKET_ADDRESS".to_owned(), "127.0.0.1".to_owned()),
        ("PODIUM_DATA_DIR".to_owned(), data.display().to_string()),
        ("PODIUM_ADMIN_TOKEN".to_owned(), token.to_owned()),
        ("PODIUM_JWT_SECRET".to_owned(), format!("loadtest-{}", random_hex())),
        ("PODIUM_DEMO".to_owned(), "false".to_owned()),
    ];
    let shipped = program::checkout().join("Rocket.toml");
    if shipped.is_file() {
        all.push(("ROCKET_CONFIG".to_owned(), shipped.display().to_string()));
    }
    if let Some(size) = target.pool_size {
        all.push(("PODIUM_POOL_SIZE".to_owned(), size.to_string()));
    }
    all.extend(target.settings.iter().cloned());
    all
}

/// The program with our settings only. In a process group of its own: Ctrl-C in the terminal
/// must not stop the server before its invariants are checked.
pub(crate) fn command(program: &Path, folder: &Path, settings: &[(String, String)]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).process_group(0);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let ours = ["PODIUM_", "ROCKET_", "DATABASE_URL", "REDIS_URL"];
        if ours.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name.as_ref());
        }
    }
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

fn guard(server: &Child, folder: &Path) -> std::io::Result<Child> {
    let pid = server.id().ok_or_else(|| std::io::Error::other("the server has ended at once"))?;
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD, "sh", &pid.to_string()]).arg(folder).current_dir("/").process_group(0);
    guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_where_the_server_answers() {
        let log = "INFO x\n\nPodium is ready.\n\n  Board     http://127.0.0.1:41235/\n  Console   http://…\n";
        assert_eq!(announced(log), Some("127.0.0.1:41235"));
        assert_eq!(announced("INFO starting\n"), None);
    }
}
