//! The documents say what is there, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::TestApp;
use crate::walls::sources;

const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// `GET /api/v1/contests/{contest}` for each route that is mounted.
fn mounted() -> BTreeSet<String> {
    let line = |base: &str, route: &rocket::Route| {
        let path = route.uri.path().replace('<', "{").replace('>', "}");
        format!("{} {base}{path}", route.method)
    };
    let mut all: BTreeSet<_> = podium::api().iter().map(|route| line("/api/v1", route)).collect();
    all.extend(podium::classic().iter().map(|route| line("", route)));
    all
}

fn documented(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let verbs = |path, item: &Value| {
        let there = VERBS.iter().filter(|verb| item.get(**verb).is_some());
        there.map(|verb| format!("{} {path}", verb.to_uppercase())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(|(path, item)| verbs(path, item)).collect()
}

fn document() -> Value {
    serde_json::to_value(podium::openapi::document()).unwrap()
}

/// Every operation with its path.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |path: &String, item: &Value| {
        let there =
            VERBS.iter().filter_map(|verb| Some((format!("{verb} {path}"), item.get(*verb)?.clone())));
        there.collect::<Vec<_>>()
    };
    paths.iter().flat_map(|(path, item)| of(path, item)).collect()
}

#[test]
fn what_is_mounted_is_documented_and_the_other_way_round() {
    let (mounted, mut documented) = (mounted(), documented(&document()));
    for house in ["GET /livez", "GET /readyz", "GET /health", "GET /metrics"] {
        assert!(documented.remove(house), "{house}");
    }
    let only = |these: &BTreeSet<String>, those| these.difference(those).cloned().collect::<Vec<_>>();
    assert_eq!(only(&mounted, &documented), [""; 0], "mounted, but not documented");
    assert_eq!(only(&documented, &mounted), [""; 0], "documented, but not mounted");
}

#[test]
fn every_operation_is_described() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{name} has no summary");
        let id = operation["operationId"].as_str().expect(&name);
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        let path = name.split_once(' ').unwrap().1;
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let told = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in in_path {
            let there = told.iter().any(|p| p["in"] == "path" && p["name"] == parameter);
            assert!(there, "{name} does not describe {parameter}");
        }
    }
}

/// Handlers that take an idempotency key, by the source; the document says it of the same ones.
#[test]
fn what_may_be_sent_again_is_documented() {
    let mut taken = BTreeSet::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for handler in text.split("async fn ").skip(1) {
            let (name, rest) = handler.split_once('(').unwrap();
            if rest.split("->").next().unwrap().contains("key: IdempotencyKey") {
                taken.insert(name.to_owned());
            }
        }
    }
    let says = |operation: &Value| {
        operation["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|p| p["name"] == "Idempotency-Key"))
    };
    let document = document();
    let told: BTreeSet<String> = operations(&document)
        .into_iter()
        .filter(|(_, operation)| says(operation))
        .map(|(_, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(taken, told);
}

/// Values as they are sent, not as the source calls them.
#[test]
fn enums_of_the_document_are_spelled_as_they_are_sent() {
    let schemas = &document()["components"]["schemas"];
    let values = |name: &str| schemas[name]["enum"].clone();
    assert_eq!(values("Difficulty"), serde_json::json!(["EASY", "MEDIUM", "HARD"]));
    assert_eq!(values("BoardState"), serde_json::json!(["live", "frozen", "thawed"]));
}

#[test]
fn no_operation_leaves_its_statuses_open() {
    for (name, operation) in operations(&document()) {
        let told = operation["responses"].as_object().unwrap();
        assert!(told.contains_key("503") && !told.contains_key("default"), "{name}: {:?}", told.keys());
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(|r| r.as_str()).map(ToOwned::to_owned));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect(&reference);
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn the_document_and_its_explorer_are_served() {
    TestApp::run(async |app| {
        let served = app.anyone().get("openapi.json").await.ok(200);
        assert_eq!(documented(&served), documented(&document()));
        let page = app.anyone().get("/docs/").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("swagger-ui"));
    });
}

#[test]
fn health_tells_what_there_is_to_tell() {
    TestApp::run(async |app| {
        assert_eq!(app.anyone().get("/livez").await.body, "ok");
        assert_eq!(app.anyone().get("/readyz").await.body, "ok");
        for path in ["/health", "/api/v1/health"] {
            let health = app.anyone().get(path).await.ok(200);
            assert_eq!((&health["status"], &health["database"]), (&"ok".into(), &"ok".into()));
        }
    });
}

#[test]
fn every_reply_is_secured() {
    TestApp::run(async |app| {
        for path in ["/livez", "/api/v1/contests", "/api/v1/nothing"] {
            let reply = app.anyone().with("x-request-id", "mine-1").get(path).await;
            for (name, value) in [
                ("x-request-id", "mine-1"),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(reply.header(name), Some(value), "{path}");
            }
            let csp = reply.header("content-security-policy").unwrap();
            assert!(csp.contains("frame-ancestors 'none'") && !csp.contains("unsafe"), "{path}");
        }
        let private = app.admin().get("contests").await;
        assert_eq!(private.header("cache-control"), Some("no-store"));
        // An id that could forge a log line is not taken over.
        let forged = app.anyone().with("x-request-id", "a b\"c").get("/livez").await;
        assert_ne!(forged.header("x-request-id"), Some("a b\"c"));
    });
}

#[test]
fn no_two_types_share_a_name_in_the_document() {
    // Of two types of one name the document describes only one.
    let mut places = BTreeMap::<String, Vec<String>>::new();
    for file in sources(Path::new("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for (derive, _) in text.match_indices("ToSchema)]") {
            let mut words = text[derive..].split_whitespace();
            words.find(|word| ["struct", "enum"].contains(word)).expect("a type");
            let name = words.next().unwrap().trim_end_matches(['{', ';', '(']).to_owned();
            places.entry(name).or_default().push(file.display().to_string());
        }
    }
    assert!(places.len() > 50, "types are not found any more");
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}
