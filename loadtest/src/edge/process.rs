//! A process of ours beside the one under test. However we end, it ends with us.

use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

/// Kills $1 when its input closes, which happens however we end.
const GUARD: &str = r#"cat >/dev/null; kill -KILL "$1" 2>/dev/null"#;

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    guard: Child,
    _leash: Option<ChildStdin>,
}

impl Process {
    /// Starts it; what it says goes into `log`, after what is there already.
    pub(crate) fn start(name: &str, mut command: Command, log: &Path) -> Result<Self, String> {
        let cannot = |e: std::io::Error| format!("{name} cannot be started: {e}");
        let log = File::options().create(true).append(true).open(log).map_err(cannot)?;
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(cannot)?).stderr(log);
        let child = command.process_group(0).kill_on_drop(true).spawn().map_err(cannot)?;
        let pid = child.id().unwrap_or_default().to_string();
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "sh", &pid]).current_dir("/").process_group(0);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut guard = guard.kill_on_drop(true).spawn().map_err(cannot)?;
        let leash = guard.stdin.take();
        Ok(Self { name: name.to_owned(), child, guard, _leash: leash })
    }

    /// Its id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), String> {
        let pid = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let pid = pid.ok_or_else(|| format!("{} has ended", self.name))?;
        kill_process(pid, signal).map_err(|e| format!("{}: {e}", self.name))
    }

    /// Waits for its end, so long at most.
    pub(crate) async fn ended(&mut self, within: Duration) -> Result<ExitStatus, String> {
        // Its id may belong to another process as soon as it was collected.
        let over = timeout(within, self.child.wait()).await;
        match over {
            Ok(status) => {
                drop(self.guard.start_kill());
                status.map_err(|e| format!("{}: {e}", self.name))
            }
            Err(_) => Err(format!("{} did not end within {} s", self.name, within.as_secs())),
        }
    }

    /// Ends it at once.
    pub(crate) async fn kill(&mut self) -> Result<(), String> {
        self.signal(Signal::KILL)?;
        self.ended(Duration::from_secs(10)).await.map(drop)
    }
}
