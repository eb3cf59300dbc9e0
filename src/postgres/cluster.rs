//! The handle on the running cluster.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::Error;
use super::home::{Home, PATIENCE, PAUSE, Postmaster, private_file};

/// A running private PostgreSQL. Call [`Cluster::stop`] at the end: a dropped
/// handle leaves the server running, and the next start takes it over.
///
/// Several Podium processes can use one data folder at a time, such as `check`
/// beside `serve`. Each holds `podium.lock` shared; who can have it alone may
/// start the server, or stop it.
pub struct Cluster {
    home: Home,
    lock: Lock,
    url: String,
    port: u16,
    owner: bool,
}

impl Cluster {
    /// Starts the cluster of a data folder, or joins the one that runs there.
    ///
    /// Makes what is missing: the folder, the cluster, the database. Waits up
    /// to 60 s for the server to be ready. Fails with a sentence for the
    /// operator, see [`Error`].
    pub async fn start(data_dir: &Path) -> Result<Self, Error> {
        let home = Home::find(data_dir).await?;
        let lock = Lock::open(&data_dir.join("podium.lock"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if lock.try_alone()? {
                let port = home.bring_up(None).await?;
                lock.share().await?;
                return Self::new(home, lock, port, true);
            }
            if lock.try_shared()? {
                if let Postmaster::Ready(port) = home.look().await? {
                    return Self::new(home, lock, port, false);
                }
                lock.release()?;
            }
            if Instant::now() > deadline {
                return Err(home.not_ready());
            }
            sleep(PAUSE).await;
        }
    }

    fn new(home: Home, lock: Lock, port: u16, owner: bool) -> Result<Self, Error> {
        let Some(password) = home.password() else {
            return Err(home.not_ready());
        };
        let url = format!("postgres://podium:{password}@127.0.0.1:{port}/podium");
        Ok(Self { home, lock, url, port, owner })
    }

    /// The address with the password in it: for connecting, never for a log.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder with the data, for the doctor. Its log is `postgres.log` beside it.
    pub fn folder(&self) -> PathBuf {
        self.home.data()
    }

    /// Whether this process started the server or took it over, and did not
    /// find it in use by another.
    pub fn is_owner(&self) -> bool {
        self.owner
    }

    /// Starts the server again, at the same address, if something killed it;
    /// returns whether it had to. For a watch that looks every second or so.
    ///
    /// Only the owner's call does anything, so that two do not try at once. Must
    /// not run together with [`Cluster::stop`]. Waits up to 60 s.
    pub async fn revive(&self) -> Result<bool, Error> {
        if !self.owner || self.home.lives() {
            return Ok(false);
        }
        if !matches!(self.home.look().await?, Postmaster::Absent | Postmaster::Stranger) {
            return Ok(false);
        }
        warn!("the private PostgreSQL is gone; starting it again");
        self.home.bring_up(Some(self.port)).await?;
        Ok(true)
    }

    /// Stops the server cleanly, unless another Podium process still uses it:
    /// the last one out turns off the light.
    ///
    /// Waits up to 60 s. After an error the server may still run; the next
    /// start takes it over.
    pub async fn stop(self) -> Result<(), Error> {
        self.lock.release()?;
        if !self.lock.try_alone()? {
            info!("leaving PostgreSQL to the other Podium that uses it");
            return Ok(());
        }
        self.home.stop().await
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("url", &format_args!("postgres://podium:…@127.0.0.1:{}/podium", self.port))
            .field("folder", &self.home.data())
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// The lock on a data folder. The system releases it when the process dies.
struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = private_file(path, OpenOptions::new().write(true))?;
        Ok(Self { file, path: path.to_path_buf() })
    }

    fn try_alone(&self) -> Result<bool, Error> {
        self.got(self.file.try_lock())
    }

    fn try_shared(&self) -> Result<bool, Error> {
        self.got(self.file.try_lock_shared())
    }

    fn release(&self) -> Result<(), Error> {
        self.file.unlock().map_err(Error::file("unlock", &self.path))
    }

    /// From alone to shared. Another process may come first and hold it alone
    /// for a moment; it then finds the server ready and shares, too.
    async fn share(&self) -> Result<(), Error> {
        self.release()?;
        while !self.try_shared()? {
            sleep(PAUSE).await;
        }
        Ok(())
    }

    fn got(&self, result: Result<(), TryLockError>) -> Result<bool, Error> {
        match result {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(source)) => Err(Error::file("lock", &self.path)(source)),
        }
    }
}
