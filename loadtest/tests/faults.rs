//! The faults in their short form: real instances behind HAProxy with the file that is shipped, a
//! real PostgreSQL and a real Redis. `script/prove-faults` is the long form.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;

use serde_json::Value;

/// A site takes a whole machine: one at a time.
static SITE: Mutex<()> = Mutex::new(());

fn loadtest(args: &[&str]) -> (Output, Value) {
    let program = env!("CARGO_BIN_EXE_loadtest");
    let mut command = Command::new(program);
    for name in ["PODIUM_ADMIN_TOKEN", "DATABASE_URL", "REDIS_URL"] {
        command.env_remove(name);
    }
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
    command.args(args).arg("--out").arg(out);
    let podium = Path::new(program).with_file_name("podium");
    if podium.is_file() {
        command.arg("--podium").arg(podium);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    let result = serde_json::from_str(last.strip_prefix("RESULT ").expect(last)).unwrap();
    (output, result)
}

/// It went to its end, everything was looked at, and nothing was wrong.
fn must_hold(output: &Output, result: &Value) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "(script/bootstrap --edge installs what this needs)\n{said}");
    assert_eq!(result["wrong"], Value::from(Vec::<String>::new()), "{said}");
    assert_eq!(result["invariants"]["ok"], true, "{said}");
    assert!(result["invariants"]["compared"].as_u64().unwrap() > 500, "{result}");
    assert!(result["requests"].as_u64().unwrap() > 100, "{result}");
}

#[test]
fn nothing_is_lost_when_a_server_or_postgresql_or_redis_is_killed() {
    let _site = SITE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // How soon boards are right is judged by the long form, on a machine that does nothing else.
    let mut args =
        vec!["faults", "--kill", "server,postgres,redis", "--times", "4", "--right-within-ms", "15000"];
    args.extend([
        "--usable-within-ms",
        "15000",
        "--no-write-within-ms",
        "15000",
        "--users",
        "8",
        "--think-ms",
        "100",
        "--watchers",
        "4",
        "--pace",
        "1s",
    ]);
    let (output, result) = loadtest(&args);
    must_hold(&output, &result);
    let what: Vec<_> =
        result["rounds"]["each"].as_array().unwrap().iter().map(|round| &round["what"]).collect();
    let due = ["instance a killed", "PostgreSQL killed", "Redis killed"];
    assert_eq!(what[..3], due, "{what:?}");
    assert_eq!(what[3..], ["instance b killed"], "{what:?}");
    assert!(result["fanout"]["reconnects"].as_u64().unwrap() > 0, "sockets went with the servers: {result}");
}

#[test]
fn nobody_notices_a_rolling_restart() {
    let _site = SITE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut args = vec!["rolling", "--times", "1", "--settle-ms", "2000", "--questions", "800"];
    args.extend(["--users", "6", "--think-ms", "100", "--watchers", "4"]);
    let (output, result) = loadtest(&args);
    must_hold(&output, &result);
    assert_eq!((&result["restarts"], &result["failed"]), (&Value::from(2), &Value::from(0)), "{result}");
    assert!(result["sockets_told"]["drain"].as_u64().unwrap() > 0, "{result}");
}
