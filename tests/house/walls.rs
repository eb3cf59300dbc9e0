//! Keeps the walls of the house: a room imports only from the rooms before it.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground to the roof; modules on one line may use each other.
const FLOORS: &[&[&str]] = &[
    &[
        "types",
        "error",
        "config",
        "schema",
        "sql",
        "db",
        "events",
        "fanout",
        "audit",
        "body",
        "download",
        "request",
        "idempotency",
        "name",
        "limits",
        "memory",
        "meters",
        "pool",
        "dial",
        "wire",
        "trace",
        "migrate",
        "durability",
        "roles",
        "postgres",
    ],
    &["auth", "grading"],
    &["contests"],
    &["ledger"],
    &["leaderboard"],
    &["teams"],
    &["questions"],
    &["assignments"],
    &["submissions"],
    &["mystery_boxes"],
    &["withdrawals"],
    &["announcements"],
    &["clarifications"],
    &["high_scores"],
    &["rooms"],
    &["chat"],
    &["realtime"],
    &["checker"],
    &["reports"],
    &["monitor"],
    &[
        "classic",
        "live_demo",
        "cors",
        "health",
        "housekeeping",
        "metrics",
        "pages",
        "openapi",
        "asyncapi",
        "telemetry",
        "database",
        "serve",
        "signing",
        "clocks",
        "demo",
        "doctor",
        "enlist",
        "errands",
        "drain",
        "cli",
        "lib",
        "main",
    ],
];

/// Words that the ground floor needs from the porch and from contests: who a request's caller
/// is, and how a path names a contest. Each is a type or a lookup, never a write.
const ALLOWED: &[(&str, &str)] = &[
    ("auth", "contests"),
    ("events", "contests"),
    ("events", "auth"),
    ("audit", "contests"),
    ("audit", "auth"),
];

fn floor(module: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| floor.contains(&module))
        .unwrap_or_else(|| panic!("src/{module} stands on no floor: add it to FLOORS in {}", file!()))
}

pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|e| e == "rs") {
            found.push(entry);
        }
    }
    found
}

/// The rooms that a file names after `crate::`, also inside `use crate::{a, b}`.
fn rooms_used(text: &str) -> Vec<String> {
    let words = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                let mut depth = 0;
                let mut item = String::new();
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 0 => used.push(words(std::mem::take(&mut item).trim())),
                        _ => {}
                    }
                    if depth == 0 && c != ',' {
                        item.push(c);
                    }
                }
                used.push(words(item.trim()));
            }
            None => used.push(words(rest)),
        }
    }
    used.retain(|name| name.chars().next().is_some_and(char::is_lowercase));
    used
}

#[test]
fn a_room_imports_only_from_the_rooms_before_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for file in sources(&src) {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        for used in rooms_used(&fs::read_to_string(&file).unwrap()) {
            let known = FLOORS.iter().any(|f| f.contains(&used.as_str()));
            if known && floor(&used) > floor(&room) && !ALLOWED.contains(&(room.as_str(), used.as_str())) {
                broken.push(format!("{} uses {used}", inside.display()));
            }
        }
        floor(&room);
    }
    broken.sort();
    broken.dedup();
    assert!(broken.is_empty(), "these look up the stairs:\n{}", broken.join("\n"));
}

#[test]
fn doors_know_no_diesel_and_writes_know_no_rocket() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for file in sources(&src) {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let forbidden = match name.as_str() {
            "routes.rs" => "diesel",
            "commands.rs" | "queries.rs" => "rocket",
            _ => continue,
        };
        if text.lines().any(|line| line.starts_with("use ") && line.contains(forbidden)) {
            broken.push(format!("{} uses {forbidden}", file.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn nothing_is_called_utils() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let vague = ["utils", "util", "helpers", "common", "services", "managers", "models", "misc"];
    for file in sources(&src) {
        let parts: Vec<_> =
            file.iter().map(|p| p.to_string_lossy().trim_end_matches(".rs").to_owned()).collect();
        assert!(
            !vague.iter().any(|v| parts.iter().any(|p| p == v)),
            "{} needs a better name",
            file.display()
        );
    }
}
