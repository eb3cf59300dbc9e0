//! Where PostgreSQL's programs are.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// A folder with PostgreSQL's own `initdb`, `pg_ctl` and `postgres`.
#[derive(Debug, Clone)]
pub struct Binaries {
    folder: PathBuf,
    version: String,
    major: u32,
}

impl Binaries {
    /// The oldest major version that Podium runs on.
    pub const OLDEST: u32 = 14;

    /// Finds the programs on PATH, by `pg_config`, then in the usual folders.
    ///
    /// Runs `postgres --version` and waits for it: some milliseconds.
    /// Fails with [`Error::NotFound`] if there is no PostgreSQL 14 or newer.
    pub fn find() -> Result<Self, Error> {
        Self::installed().next().ok_or(Error::NotFound)
    }

    /// Finds the programs of one major version: a cluster is read only by the
    /// version that made it, also after the system got a newer one.
    pub(super) fn of_major(major: u32) -> Option<Self> {
        Self::installed().find(|found| found.major == major)
    }

    /// The folder which holds the programs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What `postgres --version` prints, for the doctor.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn installed() -> impl Iterator<Item = Self> {
        on_path()
            .into_iter()
            .chain(std::iter::once_with(by_pg_config).flatten())
            .chain(std::iter::once_with(usual_folders).flatten())
            .filter_map(Self::inspect)
            .filter(|found| found.major >= Self::OLDEST)
    }

    fn inspect(folder: PathBuf) -> Option<Self> {
        let complete = ["initdb", "pg_ctl", "postgres"].iter().all(|name| is_program(&folder.join(name)));
        if !complete {
            return None;
        }
        let version = first_line(Command::new(folder.join("postgres")).arg("--version"))?;
        let major = major_of(&version)?;
        Some(Self { folder, version, major })
    }
}

/// The folders of PATH which have a `pg_ctl`. A link is followed first, since
/// the programs look for their libraries beside the real file.
fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .filter_map(|folder| {
            let real = fs::canonicalize(folder.join("pg_ctl")).ok()?;
            Some([real.parent()?.to_path_buf(), folder])
        })
        .flatten()
        .collect()
}

fn by_pg_config() -> Option<PathBuf> {
    first_line(Command::new("pg_config").arg("--bindir")).map(PathBuf::from)
}

fn usual_folders() -> Vec<PathBuf> {
    let mut folders = newest_first("/usr/lib/postgresql", "", "bin");
    folders.extend(newest_first("/usr", "pgsql-", "bin"));
    folders.push("/usr/local/pgsql/bin".into());
    folders.extend(newest_first("/opt/homebrew/opt", "postgresql@", "bin"));
    folders.extend(newest_first("/usr/local/opt", "postgresql@", "bin"));
    folders.push("/Applications/Postgres.app/Contents/Versions/latest/bin".into());
    folders.push("/usr/bin".into());
    folders
}

/// `<parent>/<prefix><number>/<below>` for each number there is, highest first.
fn newest_first(parent: &str, prefix: &str, below: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(below)))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// Whether this is an executable and not a script: a version manager's wrapper
/// needs the environment of the user who installed it, which the account that
/// runs PostgreSQL does not have.
fn is_program(path: &Path) -> bool {
    let executable = fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
    let mut head = [0; 2];
    executable
        && fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok()
        && head != *b"#!"
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.current_dir("/").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` and `… 18beta1` → 15, 18.
fn major_of(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test that cannot go on should stop
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_form() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("postgres (PostgreSQL) 14.2"), Some(14));
        assert_eq!(major_of("something else 3.0"), None);
    }

    #[test]
    fn a_script_is_not_taken_for_a_program() {
        let file = std::env::temp_dir().join(format!("podium-script-{:08x}", rand::random::<u32>()));
        fs::write(&file, "#!/bin/sh\nexec postgres \"$@\"\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let taken = is_program(&file);
        fs::remove_file(&file).unwrap();
        assert!(!taken);
    }
}
