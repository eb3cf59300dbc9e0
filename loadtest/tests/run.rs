//! The whole suite against a real server, for a few seconds.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program with nothing of the environment that could lead it to another server.
fn loadtest(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadtest"));
    for name in ["PODIUM_ADMIN_TOKEN", "DATABASE_URL", "REDIS_URL"] {
        command.env_remove(name);
    }
    command.args(args).output().unwrap()
}

/// The podium that `cargo test --workspace` has built. Without it the suite builds one.
fn podium() -> Option<PathBuf> {
    let sibling = Path::new(env!("CARGO_BIN_EXE_loadtest")).with_file_name("podium");
    sibling.is_file().then_some(sibling)
}

fn result(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last.strip_prefix("RESULT ").expect(last)).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_run_ends_with_its_books_balanced_and_leaves_nothing_but_its_folder() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runs");
    let mut args = vec!["--fresh", "--scenario", "mixed", "--users", "8", "--run-time", "3s"];
    args.extend(["--startup-time", "1s", "--watchers", "3", "--replays", "0.2", "--questions", "3000"]);
    args.extend(["--out", out.to_str().unwrap()]);
    let podium = podium();
    if let Some(podium) = &podium {
        args.extend(["--podium", podium.to_str().unwrap()]);
    }
    let output = loadtest(&args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let result = result(&output);
    assert!(result["requests"].as_u64().unwrap() > 50, "{result}");
    assert_eq!((&result["errors"], &result["busy"]), (&Value::from(0), &Value::from(0)), "{result}");
    assert_eq!(result["flows"]["cut_off"], 0, "{result}");
    assert_eq!(result["invariants"]["ok"], true, "{result}");
    let folder = Path::new(text(&result["run_folder"]));
    let mut names: Vec<_> =
        folder.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected = [
        "environment.json",
        "fanout.json",
        "invariants.json",
        "report.html",
        "report.json",
        "result.json",
        "server.log",
    ];
    assert_eq!(names, expected);
    must_have_looked(folder);
    must_be_gone(text(&result["server"]["address"]), &said);
}

/// A check that compared nothing would have proven nothing.
fn must_have_looked(folder: &Path) {
    let read =
        |name: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap() };
    let invariants = read("invariants.json");
    let compared = |name: &str| {
        let checks = invariants["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).expect(name);
        check["compared"].as_u64().unwrap()
    };
    for name in ["teams_kept", "questions_kept", "answers_kept", "one_holder", "replays", "events"] {
        assert!(compared(name) > 0, "{name}: {invariants:#}");
    }
    assert_eq!(compared("sockets_show_the_board"), 3);
    assert!(compared("podium_check") > 20, "{invariants:#}");
    assert!(read("fanout.json")["commit_to_receipt_at_most"]["count"].as_u64().unwrap() > 0);
    assert_eq!(read("environment.json")["postgres"]["fsync"], "on");
}

/// The server that was started does not answer any more, and its data is removed.
fn must_be_gone(address: &str, said: &str) {
    let authority = address.strip_prefix("http://").unwrap();
    assert!(std::net::TcpStream::connect(authority).is_err(), "{address} still answers");
    let data = said.split_once("to throw away in ").unwrap().1.lines().next().unwrap();
    assert!(!Path::new(data).exists(), "{data} is still there");
}

#[test]
fn without_a_server_the_exit_code_is_4() {
    // A port that was free a moment ago, and is not served.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for more in [&[][..], &["probe"][..]] {
        let host = format!("http://127.0.0.1:{port}");
        let args: Vec<&str> = more.iter().copied().chain(["--host", &host]).collect();
        let output = loadtest(&args);
        assert_eq!(output.status.code(), Some(4), "{args:?}");
        assert_eq!(result(&output)["exit_code"], 4);
    }
}

#[test]
fn wrong_usage_has_exit_code_2() {
    for args in
        [&["--users", "0"][..], &["--scenario", "nap"], &["--host", "ftp://x"], &["probe", "--rate", "0"]]
    {
        let output = loadtest(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
