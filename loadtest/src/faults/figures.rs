//! The figures of all rounds.

use serde_json::{Value, json};

use super::round::Round;

/// Each round, and over all of them.
pub(super) fn rounds(rounds: &[Round]) -> Value {
    let each: Vec<Value> = rounds.iter().map(one).collect();
    let most = |key: &str| each.iter().filter_map(|round| round[key].as_u64()).max();
    json!({
        "nothing_done_at_most_ms": most("nothing_done_ms"),
        "right_after_at_most_ms": most("right_after_ms"),
        "wrong": rounds.iter().filter(|round| round.wrong().is_some()).count(),
        "each": each,
    })
}

fn one(round: &Round) -> Value {
    let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    json!({
        "what": round.what,
        "nothing_done_ms": ms(round.nothing_done),
        "back_ms": ms(round.back),
        "right_after_ms": round.right.as_ref().ok().map(|time| ms(*time)),
        "wrong": round.wrong(),
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
    eprintln!("  longest time in which nothing was done: {} ms", rounds["nothing_done_at_most_ms"]);
    eprintln!("  boards right at the latest {} ms after quiet", rounds["right_after_at_most_ms"]);
    for wrong in result["wrong"].as_array().into_iter().flatten() {
        eprintln!("  WRONG: {}", wrong.as_str().unwrap_or_default());
    }
    let broken = &result["invariants"]["broken"];
    eprintln!("  what must hold: {} checks, broken {broken}", result["invariants"]["checks"]);
}
