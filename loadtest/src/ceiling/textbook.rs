//! `pgbench`: the textbook transactions, sent by a client that does nothing else.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use super::operation::Operation;
use crate::hall::{Database, Hall};

/// Numbers of rows leave so much room for the number of the client.
pub(super) const MOST_CLIENTS: usize = 64;

/// Rows that one run may number.
const RUN: u64 = 1 << 24;

/// How `pgbench` sends statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As text, parsed and planned each time: how it is mostly written.
    Simple,
    /// Prepared once for each connection: the strict ceiling.
    Prepared,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Prepared => "prepared",
        }
    }

    /// `pgbench` puts variables into simple statements as they are, so that they must bring
    /// their quotes; values of prepared ones have none.
    fn returned_question(self) -> &'static str {
        match self {
            Self::Simple => "quote_literal(f.question_id) AS question",
            Self::Prepared => "f.question_id AS question",
        }
    }
}

/// The program.
#[derive(Debug)]
pub(super) struct Textbook {
    program: PathBuf,
}

/// One run.
pub(super) struct Lesson<'a> {
    pub(super) operation: Operation,
    pub(super) mode: Mode,
    pub(super) clients: usize,
    pub(super) seconds: u32,
    /// Counts the runs on this database: each numbers its rows apart.
    pub(super) number: u64,
    pub(super) url: &'a str,
    pub(super) hall: &'a Hall,
}

impl Textbook {
    /// The one that came with the running PostgreSQL, else the one on PATH.
    pub(super) async fn find(database: &Database) -> Result<Self, String> {
        let beside = database.text("SELECT setting FROM pg_config WHERE name = 'BINDIR'").await?;
        let beside = PathBuf::from(beside).join("pgbench");
        let program = if beside.is_file() { beside } else { PathBuf::from("pgbench") };
        let asked = Command::new(&program).arg("--version").stdin(Stdio::null()).output().await;
        let version = asked.map_err(|e| {
            format!(
                "cannot run {}: {e}; it comes with PostgreSQL (Debian: postgresql-contrib)",
                program.display()
            )
        })?;
        eprintln!("{} in {}", String::from_utf8_lossy(&version.stdout).trim(), program.display());
        Ok(Self { program })
    }

    /// Transactions per second.
    pub(super) async fn teach(&self, lesson: &Lesson<'_>) -> Result<f64, String> {
        let script = std::env::temp_dir().join(format!("podium-ceiling-{}.sql", crate::server::random_hex()));
        std::fs::write(&script, lesson.script())
            .map_err(|e| format!("cannot write {}: {e}", script.display()))?;
        let mut command = Command::new(&self.program);
        command.args(["--no-vacuum", "--protocol", lesson.mode.name(), "--jobs", "1"]);
        command.args(["--client", &lesson.clients.to_string(), "--time", &lesson.seconds.to_string()]);
        for (name, value) in lesson.variables() {
            command.arg("--define").arg(format!("{name}={value}"));
        }
        command.arg("--file").arg(&script).arg(lesson.url);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
        drop(std::fs::remove_file(&script));
        let output = output.map_err(|e| format!("cannot run {}: {e}", self.program.display()))?;
        let (said, complained) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // A client that fails leaves; the others would then be measured alone.
        match rate(&said) {
            Some(rate) if output.status.success() && !complained.contains("aborted") => Ok(rate),
            _ => Err(format!("pgbench failed ({}):\n{said}{complained}", output.status)),
        }
    }
}

impl Lesson<'_> {
    /// The script with its constants; the rest are variables.
    fn script(&self) -> String {
        let mut script = self.operation.script().to_owned();
        let constants = [
            ("$contest", self.hall.contest.clone()),
            ("$box", self.hall.mystery_box.clone()),
            ("$question", self.mode.returned_question().to_owned()),
            ("$team", uuid("01890000", "t")),
            ("$registered", uuid("018b0000", "k")),
            ("$captain", uuid("018b0006", "k")),
            ("$second", uuid("018b0007", "k")),
            ("$assignment", uuid("018b0001", "k")),
            ("$submission", uuid("018b0002", "k")),
            ("$judgement", uuid("018b0003", "k")),
            ("$drawn", uuid("018b0004", "k")),
            ("$opening", uuid("018b0005", "k")),
        ];
        for (name, value) in constants {
            script = script.replace(name, &value);
        }
        script
    }

    fn variables(&self) -> [(&'static str, u64); 3] {
        [("n", 0), ("base", self.number * RUN), ("each", self.hall.teams / self.clients.max(1) as u64)]
    }
}

/// An id that goes up with a variable, as the server's own do.
fn uuid(kind: &str, variable: &str) -> String {
    format!("('{kind}-0000-7000-8000-' || lpad(to_hex(:{variable}::bigint), 12, '0'))::uuid")
}

/// `tps = 1234.5 (without initial connection time)`.
fn rate(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_without_the_time_for_connecting() {
        let said = "latency average = 5.4 ms\ninitial connection time = 21.9 ms\n\
                    tps = 1471.25 (without initial connection time)\n";
        assert_eq!(rate(said), Some(1471.25));
        assert_eq!(rate("pgbench: error"), None);
    }

    #[test]
    fn no_constant_is_left_in_a_script() {
        let hall =
            Hall { contest: "C".to_owned(), mystery_box: "B".to_owned(), teams: 64, ..Hall::default() };
        for operation in Operation::IN_ORDER {
            for mode in [Mode::Simple, Mode::Prepared] {
                let lesson =
                    Lesson { operation, mode, clients: 8, seconds: 1, number: 1, url: "", hall: &hall };
                assert!(!lesson.script().contains('$'), "{}", lesson.script());
            }
        }
    }
}
