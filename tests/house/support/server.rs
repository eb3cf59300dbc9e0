//! The program itself, as an operator starts it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use super::process::Process;
use super::{Client, TestApp};

/// A server in a process of its own.
pub struct Server {
    pub base: String,
    process: Process,
    folder: PathBuf,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Server {
    /// `podium serve` on the test's database, with more settings if need be.
    pub async fn start(app: &TestApp, settings: &[(&str, &str)]) -> Self {
        Self::start_at(&app.url, settings).await
    }

    /// The same with another way to the database.
    pub async fn start_at(url: &str, settings: &[(&str, &str)]) -> Self {
        let name = format!("server-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let config = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Rocket.toml");
        let mut variables = vec![
            ("DATABASE_URL", url),
            ("PORT", "0"),
            ("PODIUM_DEMO", "false"),
            // As tests have it: nothing here must survive a crash.
            ("PODIUM_ALLOW_UNSAFE_POSTGRES", "true"),
            ("ROCKET_CONFIG", config.to_str().unwrap()),
            ("RUST_LOG", "warn,podium=info,podium::telemetry=warn"),
        ];
        variables.extend_from_slice(settings);
        let process = Process::start(&folder, env!("CARGO_BIN_EXE_podium"), &["serve"], &variables).await;
        let base = process
            .says("it is ready", |line| {
                Some(line.trim_start().strip_prefix("Board")?.trim().trim_end_matches('/').to_owned())
            })
            .await;
        Self { base, process, folder }
    }

    /// This caller, at this server.
    pub fn to(&self, client: &Client) -> Client {
        client.at_base(&self.base)
    }

    /// Its address for sockets.
    pub fn socket_url(&self) -> String {
        format!("{}/api/v1/ws", self.base.replace("http://", "ws://"))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for its end; its exit code, or 128 and the signal.
    pub async fn ended(&self) -> i32 {
        self.process.ended().await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
