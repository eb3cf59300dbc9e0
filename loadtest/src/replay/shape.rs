//! What a reply should be: values as they are, and in their place `<text>`, `<id>`, `<time>` or `<number>` where
//! only the kind is known beforehand. Every field that is expected is there, and no other.

use serde_json::Value;
use uuid::Uuid;

/// What is different, each with its place.
pub(super) fn differences(expected: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", expected, got, &mut found);
    found
}

fn compare(at: &str, expected: &Value, got: &Value, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (name, value) in expected {
                compare(&format!("{at}/{name}"), value, got.get(name).unwrap_or(&Value::Null), found);
            }
            let more = got.keys().filter(|name| !expected.contains_key(*name));
            found.extend(more.map(|name| format!("{at}/{name} is not documented")));
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            for (place, (expected, got)) in expected.iter().zip(got).enumerate() {
                compare(&format!("{at}/{place}"), expected, got, found);
            }
        }
        (Value::String(kind), got) if kind.starts_with('<') => {
            if !is(kind, got) {
                found.push(format!("{at} is {got}, not {kind}"));
            }
        }
        (expected, got) if expected == got => {}
        (expected, got) => found.push(format!("{at} is {got}, not {expected}")),
    }
}

fn is(kind: &str, got: &Value) -> bool {
    match kind {
        "<text>" => got.as_str().is_some_and(|text| !text.is_empty()),
        "<id>" => got.as_str().is_some_and(|text| Uuid::parse_str(text).is_ok()),
        "<time>" => got.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
        "<number>" => got.is_i64(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_other_or_more_is_told() {
        let expected = json!({"id": "<id>", "n": 7, "rows": [{"name": "ada"}], "at": "<time>"});
        let right =
            json!({"id": Uuid::nil(), "n": 7, "rows": [{"name": "ada"}], "at": "2026-11-21T00:00:00Z"});
        assert!(differences(&expected, &right).is_empty());
        let wrong = json!({"id": "x", "n": 8, "rows": [], "more": 1});
        let told = differences(&expected, &wrong);
        assert_eq!(told.len(), 5, "{told:?}");
        assert!(told.contains(&"/more is not documented".to_owned()), "{told:?}");
        assert!(!is("<unknown>", &json!("x")) && !is("<number>", &json!(1.5)));
    }
}
