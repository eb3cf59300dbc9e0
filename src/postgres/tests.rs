//! The life of a cluster, with real servers in temporary folders.

#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Binaries, Cluster, Error};

/// A data folder that stops what still runs in it and goes away, also after a panic.
struct Scratch {
    root: PathBuf,
    clusters: Vec<PathBuf>,
}

impl Scratch {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("podium-pg-{:016x}", rand::random::<u64>()));
        fs::create_dir(&root).unwrap();
        Self { root, clusters: Vec::new() }
    }

    fn data_dir(&self) -> PathBuf {
        self.root.join("data")
    }

    async fn start(&mut self) -> Cluster {
        let cluster = Cluster::start(&self.data_dir()).await.unwrap();
        self.clusters.push(cluster.folder());
        cluster
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for folder in &self.clusters {
            if let Some(pid) = pid_in(folder) {
                // SIGINT is PostgreSQL's fast shutdown.
                let _ = Command::new("kill").args(["-INT", &pid]).status();
                wait_until(|| pid_in(folder).is_none());
            }
            if let Some(home) = folder.parent().filter(|it| it.starts_with("/var/lib")) {
                let _ = fs::remove_dir_all(home);
            }
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn pid_in(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("postmaster.pid")).ok()?;
    text.lines().next().map(str::to_owned)
}

fn is_alive(pid: &str) -> bool {
    Command::new("kill").args(["-0", pid]).output().unwrap().status.success()
}

/// kill -9, and gone: a container without a proper init keeps the dead for a moment.
fn kill(folder: &Path) {
    let pid = pid_in(folder).unwrap();
    Command::new("kill").args(["-KILL", &pid]).status().unwrap();
    wait_until(|| !is_alive(&pid));
}

fn wait_until(reached: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !reached() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn sql(url: &str, statement: &str) -> String {
    let psql = Binaries::find().unwrap().program("psql");
    let output =
        Command::new(psql).args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url]).output().unwrap();
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_cluster_keeps_its_rows_through_stops_and_kills() {
    let mut scratch = Scratch::new();
    let first = scratch.start().await;
    sql(first.url(), "CREATE TABLE seen (n int)");
    sql(first.url(), "INSERT INTO seen VALUES (1)");
    for (setting, value) in [("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on")] {
        assert_eq!(sql(first.url(), &format!("SHOW {setting}")), value);
    }
    assert_eq!(sql(first.url(), "SHOW data_checksums"), "on");
    assert_eq!(sql(first.url(), "SHOW unix_socket_directories"), "");
    assert_eq!(sql(first.url(), "SHOW server_encoding"), "UTF8");
    let folder = first.folder();
    let home = folder.parent().unwrap();
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&home.join("postgres.password")), 0o600);
    assert_eq!(mode(&home.join("postgres.log")), 0o600);
    let password = fs::read_to_string(home.join("postgres.password")).unwrap();
    assert!(password.len() == 64 && !format!("{first:?}").contains(&password));
    let wrong = first.url().replace(&password, "wrong");
    let refused =
        Command::new(Binaries::find().unwrap().program("psql")).args(["-c", "SELECT 1", &wrong]).output();
    assert!(!refused.unwrap().status.success());
    first.stop().await.unwrap();
    assert_eq!(pid_in(&folder), None);

    let second = scratch.start().await;
    assert_eq!(sql(second.url(), "SELECT n FROM seen"), "1");
    sql(second.url(), "INSERT INTO seen VALUES (2)");
    assert!(!second.revive().await.unwrap(), "it lives");
    kill(&folder);
    assert!(second.revive().await.unwrap());
    assert_eq!(sql(second.url(), "SELECT count(*) FROM seen"), "2");
    kill(&folder);
    drop(second);

    let third = scratch.start().await;
    assert_eq!(sql(third.url(), "SELECT string_agg(n::text, ',' ORDER BY n) FROM seen"), "1,2");
    third.stop().await.unwrap();

    // The number of another program, or of one that is dead but not collected,
    // in the file that a power cut left; and a lost password.
    let mut dead = Command::new("true").spawn().unwrap();
    for pid in [std::process::id(), dead.id()] {
        let lines = format!("{pid}\n{}\n1\n1\n\n127.0.0.1\n1 1\nready\n", folder.display());
        fs::write(folder.join("postmaster.pid"), lines).unwrap();
        fs::remove_file(home.join("postgres.password")).unwrap();
        let again = scratch.start().await;
        assert_eq!(sql(again.url(), "SELECT count(*) FROM seen"), "2");
        again.stop().await.unwrap();
    }
    dead.wait().unwrap();
}

#[tokio::test]
async fn a_killed_owners_cluster_is_taken_over_and_shared() {
    let mut scratch = Scratch::new();
    fs::create_dir_all(scratch.data_dir().join("postgres.new-dead")).unwrap();
    let killed = scratch.start().await;
    assert!(!killed.folder().parent().unwrap().join("postgres.new-dead").exists());
    let (folder, port, pid) = (killed.folder(), killed.port(), pid_in(&killed.folder()));
    drop(killed);

    let owner = scratch.start().await;
    assert!(owner.is_owner());
    assert_eq!((owner.port(), pid_in(&folder)), (port, pid.clone()));

    let guest = scratch.start().await;
    assert!(!guest.is_owner());
    assert_eq!(guest.url(), owner.url());
    guest.stop().await.unwrap();
    assert_eq!(sql(owner.url(), "SELECT 1"), "1", "a guest stops nothing");

    let heir = scratch.start().await;
    owner.stop().await.unwrap();
    assert_eq!(sql(heir.url(), "SELECT 1"), "1", "the database stays while someone uses it");
    heir.stop().await.unwrap();
    assert_eq!(pid_in(&folder), None);
    // pg_ctl waits for the file; the process is a moment longer on its way out.
    let pid = pid.unwrap();
    wait_until(|| !is_alive(&pid));
    assert!(!is_alive(&pid));
}

#[tokio::test]
async fn two_that_start_at_once_share_one_cluster() {
    let mut scratch = Scratch::new();
    let data_dir = scratch.data_dir();
    let (one, other) = tokio::join!(Cluster::start(&data_dir), Cluster::start(&data_dir));
    let (one, other) = (one.unwrap(), other.unwrap());
    scratch.clusters.push(one.folder());
    assert_eq!(one.url(), other.url());
    assert!(one.is_owner() || other.is_owner());
    // Its own session: Ctrl-C in our terminal does not reach it.
    let pid = pid_in(&one.folder()).unwrap();
    let group = Command::new("ps").args(["-o", "pgid=", "-p", &pid]).output().unwrap();
    assert_eq!(String::from_utf8(group.stdout).unwrap().trim(), pid);
    one.stop().await.unwrap();
    other.stop().await.unwrap();
}

/// As root PostgreSQL's own user needs a way in; as anybody else there is nothing to test.
#[tokio::test]
async fn a_closed_checkout_of_root_puts_the_cluster_elsewhere() {
    let mut scratch = Scratch::new();
    fs::set_permissions(&scratch.root, fs::Permissions::from_mode(0o700)).unwrap();
    let first = scratch.start().await;
    let folder = first.folder();
    first.stop().await.unwrap();
    if folder.starts_with(fs::canonicalize(scratch.data_dir()).unwrap()) {
        return;
    }
    fs::set_permissions(&scratch.root, fs::Permissions::from_mode(0o755)).unwrap();
    let second = scratch.start().await;
    assert_eq!(second.folder(), folder, "the data stay where they are when a mode changes");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_of_another_version_is_named_and_left_alone() {
    let scratch = Scratch::new();
    let data = scratch.data_dir().join("postgres");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let refused = Cluster::start(&scratch.data_dir()).await.unwrap_err();
    assert!(matches!(refused, Error::OtherVersion { major: 9, .. }), "{refused}");
}
