//! A PostgreSQL of the test's own with a standby that has all that was acknowledged.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use podium::postgres::{Binaries, Cluster};
use rustix::process::{Pid, Signal, kill_process};

use super::postgres::{connect, private};
use super::process::Process;
use super::until;

/// The primary, and a standby beside it.
pub struct Replicated {
    primary: Cluster,
    primary_port: u16,
    standby_port: u16,
    _standby: Process,
}

impl Replicated {
    /// Both run, and the primary acknowledges what the standby has too.
    pub async fn start() -> Self {
        let primary = private("primary").await;
        let (url, binaries) = (primary.url(), Binaries::find().unwrap());
        let data = primary.folder().with_file_name("standby");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let copy = Command::new(binaries.program("pg_basebackup"))
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", url, "--pgdata"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(copy.status.success(), "{}", String::from_utf8_lossy(&copy.stderr));
        let standby = serve(&binaries, &data, &primary.folder(), port).await;
        let admin = connect(url).await;
        admin.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await.unwrap();
        admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        let synchronous = "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'";
        until("the standby is in step", async || {
            (!admin.query(synchronous, &[]).await.unwrap().is_empty()).then_some(())
        })
        .await;
        Self { primary_port: primary.port(), primary, standby_port: port, _standby: standby }
    }

    /// Both, the primary first; whoever asks for more than this adds it.
    pub fn url(&self) -> String {
        let one = format!("127.0.0.1:{}", self.primary_port);
        self.primary.url().replace(&one, &format!("{one},127.0.0.1:{}", self.standby_port))
    }

    /// The standby alone.
    fn standby_url(&self) -> String {
        self.primary.url().replace(&format!(":{}/", self.primary_port), &format!(":{}/", self.standby_port))
    }

    /// kill -9 of all of the primary: without its postmaster no process of it stays.
    pub fn kill_primary(&self) {
        let file = std::fs::read_to_string(self.primary.folder().join("postmaster.pid")).unwrap();
        let pid = file.lines().next().unwrap().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }

    /// The standby becomes the primary.
    pub async fn promote(&self) {
        connect(&self.standby_url()).await.batch_execute("SELECT pg_promote()").await.unwrap();
    }
}

/// Starts it as the account that runs the primary, which root is not.
async fn serve(binaries: &Binaries, data: &Path, like: &Path, port: u16) -> Process {
    let owner = std::fs::metadata(like).unwrap();
    let ours = std::fs::metadata(data).unwrap().uid() == owner.uid();
    let (postgres, port) = (binaries.program("postgres"), port.to_string());
    let (postgres, data_text) = (postgres.to_str().unwrap(), data.to_str().unwrap());
    let (uid, gid) = (format!("--reuid={}", owner.uid()), format!("--regid={}", owner.gid()));
    let options =
        ["-D", data_text, "-p", &port, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"];
    let mut command = vec![postgres, "-c", "unix_socket_directories="];
    command.extend(options);
    if !ours {
        give(data, &owner);
        command = [vec!["setpriv", &uid, &gid, "--clear-groups"], command].concat();
    }
    let (program, arguments) = command.split_first().unwrap();
    Process::start(Path::new("/"), program, arguments, &[]).await
}

fn give(path: &Path, owner: &std::fs::Metadata) {
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    if path.is_dir() {
        let entries: Vec<PathBuf> =
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.iter().for_each(|entry| give(entry, owner));
    }
}
