//! The folder the cluster lives in: making it, looking at it, starting and stopping.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::account::Account;
use super::{Binaries, Error};

/// How long PostgreSQL may take to start (after a crash it reads its log again)
/// or to stop.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something we wait for.
pub(super) const PAUSE: Duration = Duration::from_millis(100);
/// initdb writes some 40 MB and syncs them; slow disks need their time.
const INITDB_LIMIT: Duration = Duration::from_secs(180);
/// A log longer than this is put aside at the next start.
const LOG_LIMIT_BYTES: u64 = 32 * 1024 * 1024;
/// Unfinished clusters begin with this name.
const UNFINISHED: &str = "postgres.new-";

/// Given at each start and not written to a file, so that a newer Podium's
/// settings reach an older cluster. Sockets are off: their path is limited to
/// 107 characters, and TCP serves everybody. Nearly every statement finds its rows by
/// their keys: a fifth of the usual statistics will do, and growing tables are
/// analysed for a fifth of the work.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
    -c fsync=on -c full_page_writes=on -c synchronous_commit=on \
    -c max_connections=200 -c shared_buffers=256MB -c autovacuum_naptime=10s -c default_statistics_target=20 \
    -c timezone=UTC -c log_timezone=UTC -c lc_messages=C";

/// What runs in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Postmaster {
    /// Nothing.
    Absent,
    /// Nothing, but the process in `postmaster.pid` is dead, or another program by now.
    Stranger,
    /// A server that is starting or stopping.
    Busy,
    /// A server that takes connections on this port.
    Ready(u16),
}

/// The cluster's folder with its password and log beside it, and who runs it.
#[derive(Debug)]
pub(super) struct Home {
    folder: PathBuf,
    account: Account,
    binaries: Binaries,
}

impl Home {
    /// Finds the home that belongs to a data folder, or the place for a new one.
    pub(super) async fn find(data_dir: &Path) -> Result<Self, Error> {
        let (folder, account) = place(data_dir).await?;
        let data = folder.join("postgres");
        let binaries = match fs::read_to_string(data.join("PG_VERSION"))
            .ok()
            .and_then(|it| it.trim().parse().ok())
        {
            None => Binaries::find()?,
            Some(major) => Binaries::of_major(major).ok_or(Error::OtherVersion { folder: data, major })?,
        };
        Ok(Self { folder, account, binaries })
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    /// The password of the role `podium`; `None` if its file is gone.
    pub(super) fn password(&self) -> Option<String> {
        let text = fs::read_to_string(self.folder.join("postgres.password")).ok()?;
        Some(text.trim().to_owned()).filter(|it| !it.is_empty())
    }

    /// Makes, starts or takes over the cluster and returns its port, which is
    /// the given one or any free one. Only for who holds the lock alone, or owns
    /// the cluster.
    pub(super) async fn bring_up(&self, port: Option<u16>) -> Result<u16, Error> {
        if !is_cluster(&self.data()) {
            self.initialise().await?;
        } else if self.password().is_none() {
            warn!("the password of the private PostgreSQL is gone; setting a new one");
            self.stop().await?;
            if self.look().await? == Postmaster::Stranger {
                self.remove_stale_pid()?;
            }
            // The file comes last: without it, this is simply done again.
            let password = new_password();
            let change = format!("ALTER ROLE podium PASSWORD '{password}'\n");
            self.single_user(&self.data(), &change).await?;
            self.write_password(&password)?;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.look().await? {
                Postmaster::Ready(port) => {
                    info!(port, "took over the PostgreSQL that was left running");
                    return Ok(port);
                }
                Postmaster::Absent => return self.launch(port, deadline).await,
                Postmaster::Stranger => self.remove_stale_pid()?,
                Postmaster::Busy if Instant::now() < deadline => sleep(PAUSE).await,
                Postmaster::Busy => return Err(self.not_ready()),
            }
        }
    }

    /// Looks whether a server runs in the folder.
    pub(super) async fn look(&self) -> Result<Postmaster, Error> {
        let data = self.data();
        let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else {
            return Ok(Postmaster::Absent);
        };
        if !self.pg_ctl(&["status"]).await?.status.success() {
            return Ok(Postmaster::Absent);
        }
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        if lines.first().is_some_and(|pid| is_stranger(pid, &data)) {
            return Ok(Postmaster::Stranger);
        }
        let port = lines.get(3).and_then(|port| port.parse().ok());
        Ok(match (port, lines.get(7)) {
            (Some(port), Some(&"ready")) => Postmaster::Ready(port),
            _ => Postmaster::Busy,
        })
    }

    /// Whether the process that `postmaster.pid` names is there and is ours. For who looks
    /// every second: it starts no program.
    pub(super) fn lives(&self) -> bool {
        let data = self.data();
        let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let pid = text.lines().next().unwrap_or_default().trim();
        let Some(process) = pid.parse().ok().and_then(Pid::from_raw) else { return false };
        // A process that may not be asked is there, too.
        let there = matches!(test_kill_process(process), Ok(()) | Err(Errno::PERM));
        there && !is_stranger(pid, &data)
    }

    /// Stops the server if one runs: open transactions are rolled back, and all
    /// that was committed is on disk.
    pub(super) async fn stop(&self) -> Result<(), Error> {
        // pg_ctl would send its signal to whoever has that process number now.
        if matches!(self.look().await?, Postmaster::Absent | Postmaster::Stranger) {
            return Ok(());
        }
        let seconds = PATIENCE.as_secs().to_string();
        let output = self.pg_ctl(&["stop", "-m", "fast", "-w", "-t", &seconds]).await?;
        if output.status.success() || self.look().await? == Postmaster::Absent {
            return Ok(());
        }
        Err(self.failed("pg_ctl", said(&output)))
    }

    pub(super) fn not_ready(&self) -> Error {
        Error::NotReady { seconds: PATIENCE.as_secs(), log: self.log() }
    }

    /// Makes the cluster in a folder beside the real one and renames it when it
    /// is complete, so that a killed initdb leaves nothing half made.
    async fn initialise(&self) -> Result<(), Error> {
        info!(folder = %self.data().display(), version = self.binaries.version(), "making a private PostgreSQL");
        self.remove_unfinished()?;
        self.write_password(&new_password())?;
        let fresh = self.folder.join(format!("{UNFINISHED}{:016x}", rand::random::<u64>()));
        DirBuilder::new().mode(0o700).create(&fresh).map_err(Error::file("make", &fresh))?;
        self.account.give(&fresh)?;
        let args = [
            "--data-checksums".into(),
            "--encoding=UTF8".into(),
            "--locale=C".into(),
            "--auth=scram-sha-256".into(),
            "--username=podium".into(),
            joined("--pwfile=", &self.folder.join("postgres.password")),
            joined("--pgdata=", &fresh),
        ];
        let output = self.account.run(&self.binaries.program("initdb"), &args, "", INITDB_LIMIT).await?;
        if !output.status.success() {
            return Err(self.failed("initdb", said(&output)));
        }
        self.single_user(&fresh, "CREATE DATABASE podium\n").await?;
        fs::rename(&fresh, self.data()).map_err(Error::file("rename the new cluster to", &self.data()))?;
        // The new name must be on disk before the first write is acknowledged:
        // the unfinished one would be removed at the next start.
        File::open(&self.folder).and_then(|it| it.sync_all()).map_err(Error::file("sync", &self.folder))
    }

    fn remove_unfinished(&self) -> Result<(), Error> {
        let entries = fs::read_dir(&self.folder).map_err(Error::file("list", &self.folder))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(UNFINISHED)) {
                fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
            }
        }
        Ok(())
    }

    fn write_password(&self, password: &str) -> Result<(), Error> {
        let path = self.folder.join("postgres.password");
        let mut file = private_file(&path, OpenOptions::new().write(true).truncate(true))?;
        file.write_all(password.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(Error::file("write", &path))?;
        self.account.give(&path)
    }

    /// Runs one statement in a cluster that is not running. The single-user
    /// server exits with 0 whatever happened, so its words decide.
    async fn single_user(&self, data: &Path, statement: &str) -> Result<(), Error> {
        let args = ["--single".into(), "-D".into(), data.as_os_str().to_owned(), "postgres".into()];
        let output = self.account.run(&self.binaries.program("postgres"), &args, statement, PATIENCE).await?;
        let words = String::from_utf8_lossy(&output.stderr);
        let refused = ["ERROR:", "FATAL:", "PANIC:"].iter().any(|word| words.contains(word));
        if refused || !output.status.success() {
            // The statement may carry the password and PostgreSQL repeats it.
            let safe =
                words.lines().filter(|line| !line.contains("STATEMENT:")).collect::<Vec<_>>().join("\n");
            return Err(self.failed("postgres --single", safe));
        }
        Ok(())
    }

    /// Starts the server. Tries again when another process took the free port
    /// in between, and while the children of a killed server are still on their
    /// way out.
    async fn launch(&self, wanted: Option<u16>, deadline: Instant) -> Result<u16, Error> {
        loop {
            let port = wanted.map_or_else(free_port, Ok)?;
            let log_bytes = self.open_log()?;
            let args = [
                "start",
                "-w",
                "-t",
                &PATIENCE.as_secs().to_string(),
                "-o",
                &format!("-p {port} {SETTINGS}"),
            ];
            let output = self.pg_ctl(&args).await?;
            if output.status.success() {
                info!(port, folder = %self.data().display(), "PostgreSQL is up");
                return Ok(port);
            }
            let logged = read_from(&self.log(), log_bytes);
            let passing = ["could not bind", "pre-existing shared memory block"];
            if Instant::now() > deadline || !passing.iter().any(|words| logged.contains(words)) {
                return Err(self.failed("pg_ctl start", format!("{}\n{logged}", said(&output))));
            }
            sleep(PAUSE).await;
        }
    }

    /// Readies the log for the server and returns its length in bytes.
    fn open_log(&self) -> Result<u64, Error> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|it| it.len() > LOG_LIMIT_BYTES) {
            fs::rename(&path, self.folder.join("postgres.log.old"))
                .map_err(Error::file("put aside", &path))?;
        }
        let file = private_file(&path, OpenOptions::new().append(true))?;
        self.account.give(&path)?;
        Ok(file.metadata().map_err(Error::file("read", &path))?.len())
    }

    /// PostgreSQL itself would refuse to start while there is such a process. It
    /// still sees a killed server's children, by their shared memory.
    fn remove_stale_pid(&self) -> Result<(), Error> {
        let path = self.data().join("postmaster.pid");
        warn!(file = %path.display(), "removing a stale file: its process is dead or another program");
        fs::remove_file(&path).map_err(Error::file("remove", &path))
    }

    async fn pg_ctl(&self, args: &[&str]) -> Result<Output, Error> {
        let (data, log) = (self.data(), self.log());
        let mut all = vec!["-D".as_ref(), data.as_os_str(), "-l".as_ref(), log.as_os_str()];
        all.extend(args.iter().map(std::ffi::OsStr::new));
        // pg_ctl keeps its own time; ours is for one that hangs.
        self.account.run(&self.binaries.program("pg_ctl"), &all, "", PATIENCE * 2).await
    }

    fn failed(&self, program: &str, said: String) -> Error {
        Error::Failed { program: self.binaries.program(program), said }
    }
}

/// Chooses the folder and the account. A cluster that is already there decides
/// for itself: the place must not change under it because a mode did.
async fn place(data_dir: &Path) -> Result<(PathBuf, Account), Error> {
    let root = Account::is_root().await?;
    // The account that root drops to has to pass through; what lies inside has its own modes.
    let mode = if root { 0o711 } else { 0o700 };
    DirBuilder::new().recursive(true).mode(mode).create(data_dir).map_err(Error::file("make", data_dir))?;
    let inside = fs::canonicalize(data_dir).map_err(Error::file("find", data_dir))?;
    if !root {
        return Ok((inside, Account::OURSELVES));
    }
    let account = Account::unprivileged()?;
    let outside = outside_of(&inside);
    for folder in [&inside, &outside] {
        let data = folder.join("postgres");
        if is_cluster(&data) {
            return Ok((folder.clone(), Account::owner_of(&data).unwrap_or(account)));
        }
    }
    if account.can_enter(&inside).await? {
        return Ok((inside, account));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&outside).map_err(Error::file("make", &outside))?;
    account.give(&outside)?;
    info!(
        folder = %outside.display(),
        "PostgreSQL cannot run as root, and its user cannot enter {}: the database lives elsewhere",
        inside.display()
    );
    Ok((outside, account))
}

/// The same folder for the same data folder, whatever Rust made this program:
/// FNV-1a, since the standard library's hash may change.
fn outside_of(data_dir: &Path) -> PathBuf {
    let bytes = data_dir.as_os_str().as_encoded_bytes();
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    PathBuf::from(format!("/var/lib/podium-{hash:016x}"))
}

fn is_cluster(data: &Path) -> bool {
    data.join("PG_VERSION").is_file()
}

/// 256 random bits in hexadecimal.
fn new_password() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a process surely is not the living server of this folder, whose
/// current folder is its data folder. A dead one keeps its number where nobody
/// collects it, as in a container without an init. What cannot be seen, as on
/// systems without /proc, may be the server.
fn is_stranger(pid: &str, data: &Path) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let dead = stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with(['Z', 'X']));
    dead || match (fs::metadata(format!("/proc/{pid}/cwd")), fs::metadata(data)) {
        (Ok(theirs), Ok(ours)) => (theirs.dev(), theirs.ino()) != (ours.dev(), ours.ino()),
        _ => false,
    }
}

/// A port that was free a moment ago; another process may take it meanwhile.
fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|it| it.local_addr());
    listener.map(|it| it.port()).map_err(Error::file("find a free port on", Path::new("127.0.0.1")))
}

pub(super) fn private_file(path: &Path, options: &mut OpenOptions) -> Result<File, Error> {
    options.create(true).mode(0o600).open(path).map_err(Error::file("open", path))
}

/// The end of a file from a position on, 4 KiB at most.
fn read_from(path: &Path, position_bytes: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(path) {
        let end = file.metadata().map_or(0, |it| it.len());
        // What cannot be read is only missing from an error message.
        let _ = file.seek(SeekFrom::Start(position_bytes.max(end.saturating_sub(4096))));
        let _ = file.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

fn said(output: &Output) -> String {
    let both = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    String::from_utf8_lossy(&both).trim().to_owned()
}

fn joined(option: &str, path: &Path) -> std::ffi::OsString {
    let mut text = std::ffi::OsString::from(option);
    text.push(path);
    text
}
