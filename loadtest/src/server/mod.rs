//! The server under test: the one that was named, the one on the default address, or one of
//! our own with a database to throw away.

mod program;
mod started;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::api::Api;
use crate::http::{Ask, Connection};
use crate::report::{self, Failure, Folder};
pub(crate) use program::checkout;
pub(crate) use started::{Started, command};

/// Where a server is looked for when none is named.
const DEFAULT_HOST: &str = "http://127.0.0.1:8000";

/// How long a server may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which server is tested.
#[derive(Debug, Default, Clone, clap::Args)]
pub(crate) struct Target {
    /// The server's address, such as http://127.0.0.1:8123. Without it, the one at
    /// http://127.0.0.1:8000 if its admin token is known, else one that is started and thrown
    /// away afterwards. The token is PODIUM_ADMIN_TOKEN, or what stands in data/admin.token
    #[arg(long, value_name = "URL")]
    pub(crate) host: Option<String>,
    /// Start a server of our own, whatever answers at the default address
    #[arg(long, conflicts_with = "host")]
    pub(crate) fresh: bool,
    /// The podium program to start; without it, the one beside this program, built anew
    #[arg(long, value_name = "PATH")]
    pub(crate) podium: Option<PathBuf>,
    /// Database connections of a server that is started [default: Podium's own]
    #[arg(long, value_name = "N")]
    pub(crate) pool_size: Option<u32>,
    /// Where a server that is started keeps its database until the end; a real disk, since
    /// every write waits for it
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    pub(crate) data_dir: PathBuf,
    /// Where the folders of runs lie [default: loadtest/runs]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Further settings of a server that is started, as environment variables.
    #[arg(skip)]
    pub(crate) settings: Vec<(String, String)>,
}

impl Target {
    /// With one more setting for a server that is started.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut target = self.clone();
        target.settings.push((name.to_owned(), value.to_owned()));
        target
    }

    /// Where the folders of runs lie.
    pub(crate) fn runs(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(report::runs)
    }
}

/// A server that answers and lets itself be tested.
#[derive(Debug)]
pub(crate) struct Server {
    authority: String,
    token: String,
    started: Option<Started>,
}

impl Server {
    /// Finds the server, or starts one, and says which.
    pub(crate) async fn find(target: &Target) -> Result<Self, Failure> {
        if let Some(host) = &target.host {
            return Self::named(host).await;
        }
        if target.fresh {
            return Self::start(target).await;
        }
        match Self::at_default().await {
            Ok(server) => Ok(server),
            Err(why) => {
                eprintln!("{why}: starting a server of our own");
                Self::start(target).await
            }
        }
    }

    /// The one that was named, and no other.
    async fn named(host: &str) -> Result<Self, Failure> {
        let authority = authority(host).map_err(Failure::Usage)?;
        let about = health(&authority).await.map_err(Failure::NoServer)?;
        let token = known_token().ok_or_else(|| {
            let what = "its admin token is not known: set PODIUM_ADMIN_TOKEN";
            Failure::NoServer(format!("{host} answers, but {what}"))
        })?;
        must_accept(&authority, &token).await.map_err(Failure::NoServer)?;
        eprintln!("Podium {} at http://{authority}", version(&about));
        Ok(Self { authority, token, started: None })
    }

    /// The one on the default address, if it can be used.
    async fn at_default() -> Result<Self, String> {
        let authority = authority(DEFAULT_HOST)?;
        let about = health(&authority).await?;
        let token = known_token()
            .ok_or_else(|| format!("a server answers at {DEFAULT_HOST}, but its admin token is not known"))?;
        must_accept(&authority, &token).await?;
        eprintln!("Podium {} at {DEFAULT_HOST}", version(&about));
        Ok(Self { authority, token, started: None })
    }

    /// One of our own.
    pub(crate) async fn start(target: &Target) -> Result<Self, Failure> {
        let program = program::find(target).await.map_err(Failure::NoServer)?;
        let token = format!("loadtest-{}", random_hex());
        let started = Started::start(&program, target, &token).await.map_err(Failure::NoServer)?;
        let authority = started.authority().to_owned();
        let about = health(&authority).await.map_err(Failure::NoServer)?;
        eprintln!(
            "Podium {} at http://{authority}, with a database to throw away in {}",
            version(&about),
            started.folder().display()
        );
        Ok(Self { authority, token, started: Some(started) })
    }

    /// One that others have started, or a proxy in front of several.
    pub(crate) fn at(authority: &str, token: &str) -> Self {
        Self { authority: authority.to_owned(), token: token.to_owned(), started: None }
    }

    /// `host:port`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Its address for HTTP.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// Its address for sockets.
    pub(crate) fn socket_url(&self) -> String {
        format!("ws://{}/api/v1/ws", self.authority)
    }

    /// The admin token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A client for staff.
    pub(crate) fn api(&self) -> Api {
        Api::new(&self.authority, &self.token)
    }

    /// What only a server that we have started tells: its program, its folder, its database.
    pub(crate) fn started(&self) -> Option<&Started> {
        self.started.as_ref()
    }

    /// Copies the log of a server of ours into the run's folder, before it is thrown away.
    pub(crate) fn keep_log(&self, folder: &Folder) {
        if let Some(started) = &self.started
            && let Err(error) = std::fs::copy(started.log(), folder.file("server.log"))
        {
            eprintln!("the server's log could not be kept: {error}");
        }
    }

    /// Stops it if we have started it, and removes its data.
    pub(crate) async fn stop(self) {
        if let Some(started) = self.started {
            started.stop().await;
        }
    }
}

/// `host:port` of an address.
fn authority(host: &str) -> Result<String, String> {
    let rest = host.strip_prefix("http://").ok_or_else(|| {
        format!("{host} is not an address such as http://127.0.0.1:8000 (the load test speaks no TLS)")
    })?;
    let rest = rest.trim_end_matches('/');
    if rest.is_empty() || rest.contains(['/', '?', '#', '@', ' ']) {
        return Err(format!("{host} is not an address such as http://127.0.0.1:8000"));
    }
    Ok(if has_port(rest) { rest.to_owned() } else { format!("{rest}:80") })
}

fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

/// What a Podium says of itself; an error when nothing answers, or something else does.
async fn health(authority: &str) -> Result<Value, String> {
    let reply = Connection::new(authority, PATIENCE).send(&Ask::get("/health")).await;
    let reply = reply.map_err(|e| format!("no server answers at http://{authority} ({e})"))?;
    let about = reply.json();
    match (about["version"].as_str(), about["database"].as_str()) {
        (Some(_), Some("ok")) => Ok(about),
        (Some(_), Some(wrong)) => Err(format!("Podium at http://{authority} has no database: {wrong}")),
        _ => Err(format!("what answers at http://{authority} is no Podium")),
    }
}

fn version(about: &Value) -> &str {
    about["version"].as_str().unwrap_or_default()
}

async fn must_accept(authority: &str, token: &str) -> Result<(), String> {
    let ask = Ask::get("/api/v1/questions?limit=1").bearer(token);
    match Connection::new(authority, PATIENCE).send(&ask).await {
        Ok(reply) if reply.status == 200 => Ok(()),
        Ok(reply) => {
            Err(format!("the server at http://{authority} refuses the admin token ({})", reply.status))
        }
        Err(trouble) => Err(trouble.to_string()),
    }
}

/// From the environment, or from the file that a server's first start writes.
fn known_token() -> Option<String> {
    let filled = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(token) = std::env::var("PODIUM_ADMIN_TOKEN").ok().and_then(filled) {
        return Some(token);
    }
    let files = [Path::new("data").to_path_buf(), program::checkout().join("data")];
    files.iter().find_map(|data| std::fs::read_to_string(data.join("admin.token")).ok().and_then(filled))
}

/// 128 random bits.
pub(crate) fn random_hex() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_nothing_else() {
        assert_eq!(authority("http://127.0.0.1:8123/").as_deref(), Ok("127.0.0.1:8123"));
        assert_eq!(authority("http://quiz.local").as_deref(), Ok("quiz.local:80"));
        for bad in ["127.0.0.1:8000", "https://quiz.local", "http://", "http://a/b", "http://u@h"] {
            assert!(authority(bad).is_err(), "{bad}");
        }
    }
}
