//! Holds a value against a JSON Schema, as far as our own descriptions use one.

use std::sync::LazyLock;

use serde_json::Value;

/// What the server says of its socket.
static SOCKET: LazyLock<Value> = LazyLock::new(podium::asyncapi::document);

/// A frame of the server must be described, and look as it is described.
#[track_caller]
pub fn must_be_described(frame: &Value) {
    let kind = frame["type"].as_str().unwrap_or_default();
    let schema = &SOCKET["components"]["messages"][kind]["payload"];
    assert!(!schema.is_null(), "no such frame is described: {frame}");
    if let Err(fault) = fits(&SOCKET, schema, frame) {
        panic!("{fault}, in {frame}");
    }
}

/// Says where the value does not fit. A word of the schema that is not known here is a fault too.
pub fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    for (word, told) in schema.as_object().ok_or("no schema")? {
        let fault = match word.as_str() {
            "$ref" => return fits(document, target(document, told)?, value),
            "type" => !types(told).any(|kind| is_a(kind, value)),
            "const" => value != told,
            "enum" => !told.as_array().unwrap().contains(value),
            "oneOf" => one_of(document, told, value) != 1,
            "minimum" => value.as_i64() < told.as_i64(),
            "required" => {
                told.as_array().unwrap().iter().any(|name| value.get(name.as_str().unwrap()).is_none())
            }
            "additionalProperties" => told == &Value::Bool(false) && has_more(schema, value),
            "properties" => members(document, told, value)?,
            "items" => elements(document, told, value)?,
            "description" | "example" | "examples" | "format" => false,
            other => return Err(format!("the schema says {other}")),
        };
        if fault {
            return Err(format!("{value} is against {word}: {told}"));
        }
    }
    Ok(())
}

fn target<'a>(document: &'a Value, reference: &Value) -> Result<&'a Value, String> {
    let pointer = reference.as_str().and_then(|text| text.strip_prefix('#')).ok_or("a strange reference")?;
    document.pointer(pointer).ok_or_else(|| format!("{reference} leads nowhere"))
}

fn types(told: &Value) -> impl Iterator<Item = &str> {
    told.as_str().into_iter().chain(told.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn one_of(document: &Value, schemas: &Value, value: &Value) -> usize {
    schemas.as_array().unwrap().iter().filter(|schema| fits(document, schema, value).is_ok()).count()
}

fn has_more(schema: &Value, value: &Value) -> bool {
    value.as_object().is_some_and(|own| own.keys().any(|name| schema["properties"].get(name).is_none()))
}

fn members(document: &Value, schemas: &Value, value: &Value) -> Result<bool, String> {
    for (name, schema) in schemas.as_object().unwrap() {
        if let Some(member) = value.get(name) {
            fits(document, schema, member).map_err(|fault| format!("{name}: {fault}"))?;
        }
    }
    Ok(false)
}

fn elements(document: &Value, schema: &Value, value: &Value) -> Result<bool, String> {
    for element in value.as_array().into_iter().flatten() {
        fits(document, schema, element)?;
    }
    Ok(false)
}
