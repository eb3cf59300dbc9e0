//! The figures of all rounds.

use serde_json::{Value, json};

use super::round::Round;

/// Each round, and over all of them.
pub(super) fn rounds(rounds: &[Round]) -> Value {
    let each: Vec<Value> = rounds.iter().map(one).collect();
    let most = |key: &str| each.iter().filter_map(|round| round[key].as_u64()).max();
    json!({
        "no_write_at_most_ms": most("no_write_ms"),
        "usable_after_at_most_ms": most("usable_after_ms"),
        "right_after_at_most_ms": most("right_after_ms"),
        "each": each,
    })
}

fn one(round: &Round) -> Value {
    let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    json!({
        "what": round.what,
        "no_write_ms": ms(round.no_write),
        "back_ms": round.back.map(ms),
        "usable_after_ms": round.usable.map(ms),
        "right_after_ms": round.right.as_ref().ok().map(|time| ms(*time)),
    })
}

/// The summary, for people.
pub(super) fn print(result: &Value) {
    let rounds = &result["rounds"];
    eprintln!("\n{} faults ({}):", result["times"], result["kill"].as_str().unwrap_or_default());
    eprintln!(
        "  requests {}, of which {} busy and {} without a reply; sent again under their keys",
        result["requests"], result["busy"], result["lost"]
    );
    eprintln!("  writes whose outcome stayed unknown: {}", result["unknown_writes"]);
    eprintln!("  longest time without an acknowledged write: {} ms", rounds["no_write_at_most_ms"]);
    if let Some(usable) = rounds["usable_after_at_most_ms"].as_u64() {
        eprintln!("  a write was acknowledged at the latest {usable} ms after PostgreSQL was back");
    }
    eprintln!("  boards right at the latest {} ms after quiet", rounds["right_after_at_most_ms"]);
    for wrong in result["wrong"].as_array().into_iter().flatten() {
        eprintln!("  WRONG: {}", wrong.as_str().unwrap_or_default());
    }
    let broken = &result["invariants"]["broken"];
    eprintln!("  what must hold: {} checks, broken {broken}", result["invariants"]["checks"]);
}
