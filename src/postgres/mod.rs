//! The private PostgreSQL cluster: Podium's own database, for a machine
//! without a `DATABASE_URL`.
//!
//! [`Binaries`] finds PostgreSQL's programs, `account` decides which system
//! user they run as, `home` knows the folder the cluster lives in and how to
//! make and start it, and [`Cluster`] is the handle that the rest of the house
//! holds: start, use, stop.

mod account;
mod binaries;
mod cluster;
mod home;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

pub use binaries::Binaries;
pub use cluster::Cluster;

/// What keeps the private cluster from running, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No usable installation anywhere.
    #[error(
        "no PostgreSQL {} or newer was found: install it (Debian, Ubuntu: apt-get install postgresql; \
         Fedora: dnf install postgresql-server; macOS: brew install postgresql@17) \
         or set DATABASE_URL to an existing database",
        Binaries::OLDEST
    )]
    NotFound,

    /// The cluster was made by another major version; PostgreSQL cannot read it.
    #[error(
        "the database in {} was made by PostgreSQL {major}, which is not installed: \
         install PostgreSQL {major}, or move the folder away to begin anew",
        folder.display()
    )]
    OtherVersion { folder: PathBuf, major: u32 },

    /// PostgreSQL refuses to run as root, and there is nobody else to run it.
    #[error(
        "PostgreSQL refuses to run as root, and neither the user postgres nor nobody exists: \
         start Podium as another user, or set DATABASE_URL"
    )]
    NoAccount,

    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },

    /// A program could not be run at all.
    #[error("cannot run {}: {source}", program.display())]
    Spawn { program: PathBuf, source: io::Error },

    /// A program ran and failed; `said` is what it printed.
    #[error("{} failed: {said}", program.display())]
    Failed { program: PathBuf, said: String },

    /// Nothing happened for too long.
    #[error("PostgreSQL was not ready after {seconds} s; its log is {}", log.display())]
    NotReady { seconds: u64, log: PathBuf },
}

impl Error {
    /// For `map_err`: names the file and what was tried with it.
    fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::File { action, path, source }
    }
}
