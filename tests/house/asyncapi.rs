//! The AsyncAPI document says what is on the socket. Each frame that any test hears is held against
//! it (`support/socket.rs`); here is the rest.

use serde_json::{Value, json};

use crate::support::{Socket, TestApp, fits};

fn messages(document: &Value) -> Vec<(String, Value)> {
    let all = document["components"]["messages"].as_object().unwrap();
    all.iter().map(|(name, message)| (name.clone(), message.clone())).collect()
}

#[test]
fn every_example_of_a_frame_fits_its_own_schema() {
    let document = podium::asyncapi::document();
    for (name, message) in messages(&document) {
        let examples = message["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{name}");
        for example in examples {
            fits(&document, &message["payload"], &example["payload"])
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            // What a schema lets pass must not be everything.
            let mut other = example["payload"].clone();
            other["nonsense"] = json!(1);
            fits(&document, &message["payload"], &other).expect_err("a member that is not described");
        }
    }
}

#[test]
fn every_message_belongs_to_the_channel_and_is_sent_or_received() {
    let document = podium::asyncapi::document();
    for (name, _) in messages(&document) {
        assert_eq!(
            document["channels"]["socket"]["messages"][&name]["$ref"],
            format!("#/components/messages/{name}")
        );
        let reference = json!({"$ref": format!("#/channels/socket/messages/{name}")});
        let said =
            |who: &str| document["operations"][who]["messages"].as_array().unwrap().contains(&reference);
        assert_ne!(said("send"), said("receive"), "{name}");
    }
}

#[test]
fn the_streams_that_can_be_asked_for_are_those_that_are_described() {
    TestApp::run(async |app| {
        let document = app.anyone().get("asyncapi.json").await.ok(200);
        assert_eq!(document, podium::asyncapi::document());
        let hello = &document["components"]["messages"]["hello"]["payload"]["properties"]["streams"];
        let contest = app.play(0).await;
        let url = app.first().socket_url();
        for stream in hello["oneOf"][0]["items"]["enum"].as_array().unwrap() {
            let mut socket = Socket::hello(&url, &contest.id, json!({"streams": [stream]})).await;
            let first = socket.next().await.unwrap();
            assert_ne!(first["code"], "bad-hello", "{stream}");
        }
        Socket::hello(&url, &contest.id, json!({"streams": ["nonsense"]})).await.must_end("bad-hello").await;
    });
}

#[test]
fn every_link_of_the_document_leads_somewhere() {
    fn links<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| links(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| links(item, found)),
            _ => {}
        }
    }
    let document = podium::asyncapi::document();
    let mut found = Vec::new();
    links(&document, &mut found);
    assert!(found.len() > 40, "{found:?}");
    for link in found {
        assert!(document.pointer(link.strip_prefix('#').unwrap()).is_some(), "{link}");
    }
}
