//! A Redis of the test's own, to be killed, stopped and emptied.

use std::path::PathBuf;

use rustix::process::Signal;

use super::process::Process;
use super::until;

/// A running Redis with nothing in it.
pub struct Redis {
    pub url: String,
    pub port: u16,
    folder: PathBuf,
    process: Process,
}

impl Redis {
    /// On any free port.
    pub async fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let process = serve(port, &folder).await;
        let redis = Self { url: format!("redis://127.0.0.1:{port}"), port, folder, process };
        redis.answers().await;
        redis
    }

    /// kill -9.
    pub async fn kill(&self) {
        self.process.signal(Signal::KILL);
        self.process.ended().await;
    }

    /// Starts it again where it was, empty.
    pub async fn revive(&mut self) {
        self.process = serve(self.port, &self.folder).await;
        self.answers().await;
    }

    /// SIGSTOP: it takes connections and answers nothing.
    pub fn stop(&self) {
        self.process.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        self.process.signal(Signal::CONT);
    }

    /// Forgets all keys, scripts, and clients.
    pub async fn empty(&self) {
        let mut connection = self.connection().await.unwrap();
        let mut commands = redis::pipe();
        commands
            .cmd("FLUSHALL")
            .cmd("SCRIPT")
            .arg("FLUSH")
            .cmd("CLIENT")
            .arg("KILL")
            .arg("TYPE")
            .arg("PUBSUB");
        commands.exec_async(&mut connection).await.unwrap();
    }

    /// Says this to whoever listens on a channel.
    pub async fn say(&self, channel: &str, text: &str) {
        let mut connection = self.connection().await.unwrap();
        redis::cmd("PUBLISH").arg(channel).arg(text).exec_async(&mut connection).await.unwrap();
    }

    /// Says one command, as an operator might.
    pub async fn command(&self, words: &[&str]) {
        let mut connection = self.connection().await.unwrap();
        let (name, arguments) = words.split_first().unwrap();
        redis::cmd(name).arg(arguments).exec_async(&mut connection).await.unwrap();
    }

    /// The names of its keys that look like this.
    pub async fn keys(&self, pattern: &str) -> Vec<String> {
        let mut connection = self.connection().await.unwrap();
        redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap()
    }

    async fn connection(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        redis::Client::open(self.url.as_str())?.get_multiplexed_async_connection().await
    }

    async fn answers(&self) {
        until("Redis answers", async || self.connection().await.ok()).await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It never writes there.
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

async fn serve(port: u16, folder: &std::path::Path) -> Process {
    let port = port.to_string();
    let arguments = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    Process::start(folder, "redis-server", &arguments, &[]).await
}
