//! One instance of Podium, on a port that it comes back to.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::time::sleep;

use super::process::Process;
use crate::api::Api;
use crate::http::{Ask, Connection};
use crate::server::{checkout, command};

/// How long a start may take; the database is there already.
const START: Duration = Duration::from_secs(60);

/// An instance that can be killed, stopped and started again.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) name: &'static str,
    pub(crate) authority: String,
    program: PathBuf,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    process: Process,
}

impl Instance {
    /// Starts it; `settings` are those that it shares with others.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        folder: &Path,
        settings: &[(String, String)],
    ) -> Result<Self, String> {
        let port = free_port()?;
        let mut settings = settings.to_vec();
        for (key, value) in [
            ("PORT", port.to_string()),
            ("ROCKET_ADDRESS", "127.0.0.1".to_owned()),
            ("ROCKET_CONFIG", checkout().join("Rocket.toml").display().to_string()),
            ("PODIUM_DATA_DIR", folder.join(format!("data-{name}")).display().to_string()),
            ("PODIUM_DEMO", "false".to_owned()),
        ] {
            settings.push((key.to_owned(), value));
        }
        let process = spawn(name, program, folder, &settings)?;
        let authority = format!("127.0.0.1:{port}");
        let (program, folder) = (program.to_path_buf(), folder.to_path_buf());
        Ok(Self { name, authority, program, folder, settings, process })
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) async fn kill(&mut self) -> Result<(), String> {
        self.process.kill().await
    }

    /// Asks it to end; how it ended, and after how long.
    pub(crate) async fn drain(&mut self, within: Duration) -> Result<(ExitStatus, Duration), String> {
        let asked = Instant::now();
        self.process.signal(Signal::TERM)?;
        Ok((self.process.ended(within).await?, asked.elapsed()))
    }

    /// Starts it again on its port.
    pub(crate) fn again(&mut self) -> Result<(), String> {
        self.process = spawn(self.name, &self.program, &self.folder, &self.settings)?;
        Ok(())
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        let deadline = Instant::now() + START;
        let mut connection = Connection::new(&self.authority, Duration::from_secs(3));
        loop {
            match connection.send(&Ask::get("/readyz")).await {
                Ok(reply) if reply.status == 200 => return Ok(()),
                _ if Instant::now() > deadline => {
                    let log = std::fs::read_to_string(log(&self.folder, self.name)).unwrap_or_default();
                    return Err(format!("instance {} is not ready:\n{log}", self.name));
                }
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// A client for staff that asks this instance, past the proxy.
    pub(crate) fn api(&self, token: &str) -> Api {
        Api::new(&self.authority, token)
    }
}

fn log(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("instance-{name}.log"))
}

fn spawn(
    name: &str,
    program: &Path,
    folder: &Path,
    settings: &[(String, String)],
) -> Result<Process, String> {
    Process::start(&format!("instance {name}"), command(program, folder, settings), &log(folder, name))
}

/// A port that is free now. Nothing but luck keeps it so, as with every such port.
pub(crate) fn free_port() -> Result<u16, String> {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|e| format!("no port is free: {e}"))
}
