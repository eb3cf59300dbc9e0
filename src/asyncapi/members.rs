//! What frames are made of: short words for common schemas.

use serde_json::{Value, json};

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

pub(super) fn number() -> Value {
    json!({"type": "integer"})
}

pub(super) fn yes_or_no() -> Value {
    json!({"type": "boolean"})
}

pub(super) fn id() -> Value {
    json!({"type": "string", "format": "uuid"})
}

pub(super) fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

pub(super) fn anything() -> Value {
    json!({"type": "object"})
}

/// One of these texts.
pub(super) fn one_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    json!({"type": "string", "enum": texts.into_iter().collect::<Vec<_>>()})
}

/// The same, or null.
pub(super) fn or_null(schema: &Value) -> Value {
    json!({"oneOf": [schema, {"type": "null"}]})
}

pub(super) fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

/// One of the types that the server itself is made of.
pub(super) fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
