//! HAProxy with the file that is shipped, `deploy/haproxy.cfg`.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::time::sleep;

use super::instance::{Instance, free_port};
use super::process::Process;
use crate::http::{Ask, Connection};
use crate::server::checkout;

const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) authority: String,
    _process: Process,
}

impl Proxy {
    /// Starts it in front of these two and waits until it finds them ready.
    pub(crate) async fn start(folder: &Path, instances: &[Instance; 2]) -> Result<Self, String> {
        let authority = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(program());
        command.arg("-db").arg("-f").arg(checkout().join("deploy/haproxy.cfg"));
        command.env("PODIUM_BIND", &authority);
        command.env("PODIUM_A", &instances[0].authority).env("PODIUM_B", &instances[1].authority);
        let process = Process::start("haproxy", command, &folder.join("haproxy.log"))?;
        let proxy = Self { authority, _process: process };
        let deadline = Instant::now() + PATIENCE;
        let mut connection = Connection::new(&proxy.authority, Duration::from_secs(3));
        while connection.send(&Ask::get("/health")).await.map_or(0, |reply| reply.status) != 200 {
            if Instant::now() > deadline {
                let log = std::fs::read_to_string(folder.join("haproxy.log")).unwrap_or_default();
                return Err(format!("the proxy finds no instance:\n{log}"));
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(proxy)
    }
}

/// Debian keeps it in sbin, which is on few people's path.
fn program() -> &'static str {
    let sbin = "/usr/sbin/haproxy";
    if Path::new(sbin).is_file() { sbin } else { "haproxy" }
}
