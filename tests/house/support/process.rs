//! Real processes beside the test, which end with it, however it ends.

use std::ffi::OsStr;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use super::until;

/// Starts what it is given and tells its id and its end. Nobody ever writes to its input: that
/// closes when the test has gone, and then the process is killed.
const KEEPER: &str = r#"
    exec 3<&0
    "$@" 3<&- </dev/null 2>&1 &
    pid=$!
    echo "keeper: pid $pid"
    (cat <&3 >/dev/null; kill -9 "$pid" 2>/dev/null) >/dev/null 2>&1 &
    watch=$!
    wait "$pid"
    code=$?
    kill "$watch"
    echo "keeper: exit $code""#;

/// A process of ours.
pub struct Process {
    pid: Pid,
    said: Arc<Mutex<Vec<String>>>,
    _input: ChildStdin,
    _keeper: Child,
}

impl Process {
    /// Starts a program in this folder, with these variables and no other settings of ours.
    pub async fn start(
        folder: &std::path::Path,
        program: impl AsRef<OsStr>,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(program).args(arguments).current_dir(folder);
        for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = command.spawn().expect("a shell");
        let said = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(keeper.stdout.take().unwrap()).lines();
        let heard = Arc::clone(&said);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let pid = find(&said, "it has an id", |line| line.strip_prefix("keeper: pid ")?.parse().ok()).await;
        let pid = Pid::from_raw(pid).unwrap();
        Self { pid, said, _input: keeper.stdin.take().unwrap(), _keeper: keeper }
    }

    /// Waits for a line that it prints, and takes from it what is wanted.
    pub async fn says<T>(&self, what: &str, pick: impl Fn(&str) -> Option<T>) -> T {
        find(&self.said, what, pick).await
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("a living process");
    }

    /// Waits for its end; its exit code, or 128 and the signal that ended it.
    pub async fn ended(&self) -> i32 {
        self.says("it ends", |line| line.strip_prefix("keeper: exit ")?.parse().ok()).await
    }
}

/// Settings of the one who runs the tests are none of the servers under test.
fn is_setting(name: &str) -> bool {
    ["PODIUM_", "ROCKET_"].iter().any(|prefix| name.starts_with(prefix))
        || ["DATABASE_URL", "REDIS_URL", "PORT", "RUST_LOG", "LOG_FORMAT"].contains(&name)
}

async fn find<T>(said: &Mutex<Vec<String>>, what: &str, pick: impl Fn(&str) -> Option<T>) -> T {
    until(what, async || {
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let found = said.iter().find_map(|line| pick(line));
        let over = said.iter().any(|line| line.starts_with("keeper: exit"));
        assert!(found.is_some() || !over, "it ended before {what}: {said:#?}");
        found
    })
    .await
}
