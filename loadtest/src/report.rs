//! What a run leaves behind: a folder, a last line for programs, and an exit code.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

/// How a run that could be done has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Fine,
    /// Slower, or with more errors, than was allowed.
    Threshold,
    /// What must always hold does not hold.
    Invariant,
}

/// A run that was done.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// The figures, for the last line.
    pub(crate) result: Value,
}

/// Why a run could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Something that was asked for cannot be.
    Usage(String),
    /// There is no server, or none that lets itself be tested.
    NoServer(String),
}

impl Verdict {
    fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Threshold => 1,
            Self::Invariant => 3,
        }
    }
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::NoServer(_) => 4,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Usage(why) | Self::NoServer(why)) = self;
        f.write_str(why)
    }
}

/// Prints the last line and gives the exit code.
pub(crate) fn exit(done: Result<Outcome, Failure>) -> ExitCode {
    let (code, result) = match done {
        Ok(outcome) => (outcome.verdict.code(), outcome.result),
        Err(failure) => {
            eprintln!("loadtest: {failure}");
            (failure.code(), serde_json::json!({"error": failure.to_string()}))
        }
    };
    let mut result = result;
    result["exit_code"] = code.into();
    println!("RESULT {result}");
    ExitCode::from(code)
}

/// The folder of one run.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes `<parent>/<time>-<name>`.
    pub(crate) fn make(parent: &Path, name: &str) -> Result<Self, Failure> {
        let time = chrono::Utc::now().format("%Y-%m-%dT%H-%M-%S%.3fZ");
        let path = parent.join(format!("{time}-{name}"));
        std::fs::create_dir_all(&path)
            .map_err(|e| Failure::Usage(format!("cannot make the folder {}: {e}", path.display())))?;
        Ok(Self { path })
    }

    /// Where a file of this name lies.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file of JSON for people and programs.
    pub(crate) fn write(&self, name: &str, content: &Value) -> Result<(), Failure> {
        let file = self.file(name);
        std::fs::write(&file, format!("{content:#}\n"))
            .map_err(|e| Failure::Usage(format!("cannot write {}: {e}", file.display())))
    }
}

impl std::fmt::Display for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.display().fmt(f)
    }
}

/// Where the folders of runs lie unless told: beside the crate when it is there.
pub(crate) fn runs() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    if crate_folder.is_dir() { crate_folder.join("runs") } else { PathBuf::from("runs") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invariant_weighs_more_than_a_threshold() {
        assert_eq!(Verdict::Threshold.max(Verdict::Invariant).code(), 3);
        assert_eq!(Verdict::Fine.max(Verdict::Threshold).code(), 1);
    }
}
