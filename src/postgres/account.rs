//! The system user that PostgreSQL's programs run as, and running them.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::Error;

/// Who runs the programs: this process's own user, or, as root, another one,
/// because PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    other: Option<(u32, u32)>,
}

impl Account {
    pub(super) const OURSELVES: Self = Self { other: None };

    /// Whether this process runs as root. `id` answers on every Unix.
    pub(super) async fn is_root() -> Result<bool, Error> {
        let limit = Duration::from_secs(5);
        let output = Self::OURSELVES.run(Path::new("id"), &["-u"], "", limit).await?;
        Ok(output.stdout.trim_ascii() == b"0")
    }

    /// The account to drop to: `postgres` where a package made one, else `nobody`.
    pub(super) fn unprivileged() -> Result<Self, Error> {
        let file = Path::new("/etc/passwd");
        let users = fs::read_to_string(file).map_err(Error::file("read", file))?;
        let other = ["postgres", "_postgres", "nobody"].iter().find_map(|name| ids_of(&users, name));
        other.map(|ids| Self { other: Some(ids) }).ok_or(Error::NoAccount)
    }

    /// The account that owns an existing folder; `None` if that is root.
    pub(super) fn owner_of(folder: &Path) -> Option<Self> {
        let it = fs::metadata(folder).ok()?;
        (it.uid() != 0).then(|| Self { other: Some((it.uid(), it.gid())) })
    }

    /// Gives a file or a folder to the account.
    pub(super) fn give(self, path: &Path) -> Result<(), Error> {
        match self.other {
            None => Ok(()),
            Some((uid, gid)) => {
                chown(path, Some(uid), Some(gid)).map_err(Error::file("change the owner of", path))
            }
        }
    }

    /// Whether the account can reach what lies in the folder.
    pub(super) async fn can_enter(self, folder: &Path) -> Result<bool, Error> {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", "test -x \"$0\""]).arg(folder);
        let status = command.stdin(Stdio::null()).status().await;
        let program = Path::new("/bin/sh");
        status.map(|it| it.success()).map_err(|source| spawn_error(program, source))
    }

    /// Runs a program to its end, at most for `limit`, and returns what it
    /// printed; the exit code is the caller's to judge.
    pub(super) async fn run<A: AsRef<std::ffi::OsStr>>(
        self,
        program: &Path,
        args: &[A],
        input: &str,
        limit: Duration,
    ) -> Result<Output, Error> {
        let mut command = self.command(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let work = async {
            let mut child = command.spawn()?;
            if let Some(stdin) = child.stdin.take() {
                // Some bytes, which the pipe takes at once. A program that ended
                // early has closed its side; its exit code tells more.
                let _ = fs::File::from(stdin.into_owned_fd()?).write_all(input.as_bytes());
            }
            child.wait_with_output().await
        };
        match tokio::time::timeout(limit, work).await {
            Ok(done) => done.map_err(|source| spawn_error(program, source)),
            Err(_) => Err(spawn_error(program, io::ErrorKind::TimedOut.into())),
        }
    }

    /// A command that sees nothing of ours: the account may not be able to read
    /// the current folder, our environment holds secrets, and Ctrl-C in the
    /// terminal goes to the whole process group but must not stop the database
    /// before the last request is answered.
    fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").process_group(0).kill_on_drop(true).env_clear().env("LC_ALL", "C");
        for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some((uid, gid)) = self.other {
            command.uid(uid).gid(gid);
        }
        command
    }
}

fn spawn_error(program: &Path, source: io::Error) -> Error {
    Error::Spawn { program: program.to_path_buf(), source }
}

/// The numbers of a user in the text of /etc/passwd. Some systems write nobody's as -2.
fn ids_of(users: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = users.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let found = fields.next() == Some(name);
        found.then(|| fields.skip(1))
    })?;
    let mut number = || Some(fields.next()?.parse::<i64>().ok()? as u32);
    Some((number()?, number()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_numbers_are_found_by_the_whole_name() {
        let users =
            "root:x:0:0::/:\npostgres2:x:7:8::/:\npostgres:x:101:104:a,b:/:/bin/sh\nnobody:*:-2:-2::/:\n";
        assert_eq!(ids_of(users, "postgres"), Some((101, 104)));
        assert_eq!(ids_of(users, "nobody"), Some((u32::MAX - 1, u32::MAX - 1)));
        assert_eq!(ids_of(users, "_postgres"), None);
    }
}
