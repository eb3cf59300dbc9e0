//! The podium program: the one that was named, or the one beside this program.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::Target;

/// The program to start, up to date when it can be built here.
pub(super) async fn find(target: &Target) -> Result<PathBuf, String> {
    if let Some(named) = &target.podium {
        let found = named.canonicalize();
        return found.map_err(|e| format!("cannot find the program {}: {e}", named.display()));
    }
    let us = std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
    let sibling = us.with_file_name("podium");
    if checkout().join("Cargo.toml").is_file() && has_cargo().await {
        build(&us).await?;
    }
    if sibling.is_file() {
        return Ok(sibling);
    }
    Err(format!("there is no {}: build it, or name one with --podium PATH", sibling.display()))
}

/// The folder of the workspace this program was built from; it may be gone.
pub(crate) fn checkout() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

async fn has_cargo() -> bool {
    let mut cargo = Command::new("cargo");
    let asked = cargo.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().await.is_ok_and(|status| status.success())
}

/// Builds it beside us, in the profile that we were built in.
async fn build(us: &Path) -> Result<(), String> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(checkout()).args(["build", "--package", "podium", "--bin", "podium"]);
    if let Some((target, profile)) = place(us) {
        cargo.arg("--target-dir").arg(target).args(["--profile", profile]);
    }
    eprintln!("building podium (cargo build --package podium) …");
    // Cargo's words go where ours go; standard output is for the result.
    let status = cargo.stdin(Stdio::null()).stdout(std::io::stderr()).status().await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("podium could not be built; --podium PATH takes one that is".to_owned()),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}

/// The target folder and the profile that a program lies in: `target/debug/loadtest`.
fn place(us: &Path) -> Option<(&Path, &str)> {
    let folder = us.parent()?;
    let profile = match folder.file_name()?.to_str()? {
        "debug" => "dev",
        other => other,
    };
    Some((folder.parent()?, profile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_program_tells_its_profile() {
        assert_eq!(place(Path::new("/c/target/debug/loadtest")), Some((Path::new("/c/target"), "dev")));
        assert_eq!(place(Path::new("/c/t/release/loadtest")), Some((Path::new("/c/t"), "release")));
    }
}
