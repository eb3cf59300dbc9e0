//! A Redis of our own, that forgets everything when it ends.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::instance::free_port;
use super::process::Process;

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Redis {
    port: u16,
    folder: PathBuf,
    process: Process,
}

impl Redis {
    pub(crate) async fn start(folder: &Path) -> Result<Self, String> {
        let port = free_port()?;
        let redis = Self { port, folder: folder.to_path_buf(), process: spawn(port, folder)? };
        redis.answers().await?;
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn kill(&mut self) -> Result<(), String> {
        self.process.kill().await
    }

    pub(crate) async fn again(&mut self) -> Result<(), String> {
        self.process = spawn(self.port, &self.folder)?;
        self.answers().await
    }

    /// Stands still: connections stay, nothing is answered.
    pub(crate) fn freeze(&self) -> Result<(), String> {
        self.process.signal(Signal::STOP)
    }

    pub(crate) fn thaw(&self) -> Result<(), String> {
        self.process.signal(Signal::CONT)
    }

    /// Forgets everything, and throws every client out.
    pub(crate) async fn empty(&self) -> Result<(), String> {
        self.say("FLUSHALL").await?;
        self.say("CLIENT KILL TYPE pubsub").await.map(drop)
    }

    async fn answers(&self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while self.say("PING").await.is_err() {
            if Instant::now() > deadline {
                return Err("Redis does not answer".to_owned());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// One command on a connection of its own, and the first piece of the answer.
    async fn say(&self, command: &str) -> Result<String, String> {
        let exchange = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            stream.write_all(format!("{command}\r\n").as_bytes()).await?;
            let mut answer = vec![0; 256];
            let length = stream.read(&mut answer).await?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer[..length]).into_owned())
        };
        let said = timeout(PATIENCE, exchange).await.map_err(|_| format!("{command}: no answer"))?;
        match said.map_err(|e| format!("{command}: {e}"))? {
            wrong if wrong.starts_with('-') => Err(format!("{command}: {wrong}")),
            fine => Ok(fine),
        }
    }
}

fn spawn(port: u16, folder: &Path) -> Result<Process, String> {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    Process::start("redis-server", command, &folder.join("redis.log"))
}
