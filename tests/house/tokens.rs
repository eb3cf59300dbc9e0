//! Tokens that are not valid: malformed, expired, swapped, signed by somebody else, revoked. All of
//! them get the same answer, and nobody learns from it what was wrong.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{Account, Client, JWT_SECRET, Socket, TestApp, logged, refresh};

const KIND: &str = "podium-access+jwt";

fn header(alg: Algorithm, typ: &str) -> Header {
    Header { typ: Some(typ.to_owned()), ..Header::new(alg) }
}

fn signed_by(secret: &str, header: &Header, claims: &Value) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn signed(claims: &Value) -> String {
    signed_by(JWT_SECRET, &header(Algorithm::HS256, KIND), claims)
}

/// base64url without padding (RFC 4648, 5), for tokens that no library would write.
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..=chunk.len() {
            text.push(char::from(LETTERS[(word >> (18 - 6 * n) & 63) as usize]));
        }
    }
    text
}

/// What the server signs for somebody, as far as others can know it.
fn claims(sub: &str, sid: &str, now: i64) -> Value {
    json!({"iss": "podium", "aud": "podium", "sub": sub, "sid": sid, "nbf": now, "exp": now + 900})
}

fn with(base: &Value, key: &str, value: Value) -> Value {
    let mut changed = base.clone();
    changed[key] = value;
    changed
}

fn without(base: &Value, key: &str) -> Value {
    let mut changed = base.clone();
    changed.as_object_mut().unwrap().remove(key);
    changed
}

/// Claims that are signed with our own secret and still hold for nobody.
fn wrong_claims(good: &Value, other: &Account, now: i64) -> Vec<(String, String)> {
    let nobody = uuid::Uuid::now_v7().to_string();
    let mut wrong = Vec::new();
    for key in ["iss", "aud", "sub", "sid", "nbf", "exp"] {
        wrong.push((format!("without {key}"), without(good, key)));
    }
    for (key, value) in [
        ("iss", json!("somebody")),
        ("iss", json!(["podium"])),
        ("aud", json!("another program")),
        ("aud", json!([])),
        ("sub", json!(other.id)),
        ("sub", json!(nobody)),
        ("sub", json!("")),
        ("sub", json!("ada")),
        ("sid", json!(nobody)),
        ("sid", json!(1)),
        ("exp", json!(now - 6)),
        ("exp", json!(now - 86_400)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("never")),
        ("exp", json!(null)),
        ("nbf", json!(now + 60)),
        ("nbf", json!(now + 86_400)),
        ("role", json!("owner")),
        ("admin", json!(true)),
    ] {
        wrong.push((format!("{key} is {value}"), with(good, key, value)));
    }
    wrong.into_iter().map(|(what, claims)| (what, signed(&claims))).collect()
}

/// Good claims, signed by somebody else or in another way.
fn wrong_signatures(good: &Value, real: &str) -> Vec<(String, String)> {
    let parts: Vec<_> = real.split('.').collect();
    let [head, body, signature] = parts[..] else { panic!("three parts") };
    let joined = |parts: [&str; 3]| parts.join(".");
    let bare = |alg: &str| base64url(json!({"alg": alg, "typ": KIND}).to_string().as_bytes());
    let said = base64url(good.to_string().as_bytes());
    let ours = || header(Algorithm::HS256, KIND);
    let mut flipped = signature.to_owned().into_bytes();
    flipped[0] = if flipped[0] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    vec![
        (
            "signed with another secret".into(),
            signed_by("another secret, as long as the real one", &ours(), good),
        ),
        ("signed with no secret".into(), signed_by("", &ours(), good)),
        ("signed by HS384".into(), signed_by(JWT_SECRET, &header(Algorithm::HS384, KIND), good)),
        ("signed by HS512".into(), signed_by(JWT_SECRET, &header(Algorithm::HS512, KIND), good)),
        ("alg none".into(), joined([&bare("none"), &said, ""])),
        ("alg None".into(), joined([&bare("None"), &said, ""])),
        ("alg none, signed".into(), joined([&bare("none"), body, signature])),
        ("alg RS256".into(), joined([&bare("RS256"), body, signature])),
        ("alg ES256".into(), joined([&bare("ES256"), body, signature])),
        ("alg EdDSA".into(), joined([&bare("EdDSA"), body, signature])),
        ("an unknown alg".into(), joined([&bare("HS1"), body, signature])),
        ("typ JWT".into(), signed_by(JWT_SECRET, &header(Algorithm::HS256, "JWT"), good)),
        ("typ at+jwt".into(), signed_by(JWT_SECRET, &header(Algorithm::HS256, "at+jwt"), good)),
        ("no typ".into(), signed_by(JWT_SECRET, &Header { typ: None, ..ours() }, good)),
        (
            "a kid".into(),
            signed_by(JWT_SECRET, &Header { kid: Some("../../dev/null".into()), ..ours() }, good),
        ),
        (
            "a jku".into(),
            signed_by(JWT_SECRET, &Header { jku: Some("https://evil.example".into()), ..ours() }, good),
        ),
        ("a crit".into(), signed_by(JWT_SECRET, &Header { crit: Some(vec!["exp".into()]), ..ours() }, good)),
        ("no signature".into(), joined([head, body, ""])),
        ("another signature".into(), joined([head, body, &flipped])),
        ("half a signature".into(), joined([head, body, &signature[..20]])),
        ("another body under the signature".into(), joined([head, &said, signature])),
    ]
}

/// What is no token at all.
fn malformed(real: &str) -> Vec<(String, String)> {
    let texts = [
        "eyJ",
        "eyJ..",
        "eyJ.e.e",
        "..",
        "null",
        "undefined",
        "0",
        "pdm_team_",
        "pdm_admin_",
        "pdm_ticket_0",
        "pdm_refresh_0",
        "' OR 1=1 --",
    ];
    let mut all: Vec<_> = texts.iter().map(|text| (format!("{text:?}"), (*text).to_owned())).collect();
    all.push(("cut short".into(), real[..real.len() / 2].to_owned()));
    all.push(("with more behind".into(), format!("{real}A")));
    all.push(("a fourth part".into(), format!("{real}.e")));
    all.push(("far too long".into(), format!("{real}{}", "A".repeat(2000))));
    all.push(("upper case".into(), real.to_uppercase()));
    all
}

/// Tokens that were valid, or are valid for something else.
async fn revoked_and_swapped(app: &TestApp, ada: &Account) -> Vec<(String, String)> {
    let out = ada.again(app).await;
    out.client.poke("auth/sign-out").await;
    let reused = ada.again(app).await;
    refresh(&app.anyone(), &reused.refresh).await.ok(200);
    refresh(&app.anyone(), &reused.refresh).await.refused(401, "not-authenticated");
    let everywhere = app.account("grace").await;
    everywhere.client.poke("auth/sign-out-everywhere").await;
    let disabled = app.account("mallory").await;
    app.execute("UPDATE account SET state = 'disabled' WHERE name = 'mallory'").await;
    let team = app.play(1).await.team("Red").await;
    let ticket = team.client.poke("ws-tickets").await.ok(201)["ticket"].as_str().unwrap().to_owned();
    app.execute("UPDATE member SET token_hash = 'gone'").await;
    vec![
        ("signed out".into(), out.access),
        ("of a session that ended by reuse".into(), reused.access),
        ("signed out everywhere".into(), everywhere.access),
        ("of a disabled account".into(), disabled.access),
        ("a refresh token".into(), ada.refresh.clone()),
        ("a ticket".into(), ticket),
        ("a team's token that was replaced".into(), team.token),
    ]
}

async fn must_be_nobody(client: &Client, what: &str, told: &mut Vec<Value>) {
    for path in ["auth/me", "contests"] {
        let reply = client.get(path).await;
        assert_eq!((reply.status, reply.slug()), (401, "not-authenticated"), "{what}: {}", reply.body);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{what}");
        let mut problem = reply.refused(401, "not-authenticated");
        for one_each in ["request_id", "instance"] {
            problem.as_object_mut().unwrap().remove(one_each);
        }
        told.push(problem);
    }
}

#[test]
fn every_token_that_does_not_hold_gets_the_same_answer_and_leaves_no_trace() {
    TestApp::run(async |app| {
        let (ada, other) = (app.account("ada").await, app.account("other").await);
        let now = app.number("SELECT extract(epoch FROM now())::bigint").await;
        let sid = app.text(&format!("SELECT id FROM session WHERE account_id = '{}'", ada.id)).await;
        let good = claims(&ada.id, &sid, now);
        // What is wrong below is really what is told: without it, the token holds.
        app.anyone().bearer(&signed(&good)).get("auth/me").await.ok(200);
        let mut wrong = wrong_claims(&good, &other, now);
        wrong.extend(wrong_signatures(&good, &ada.access));
        wrong.extend(malformed(&ada.access));
        wrong.extend(revoked_and_swapped(app, &ada).await);
        assert!(wrong.len() >= 40, "{}", wrong.len());
        let mut told = Vec::new();
        for (what, token) in &wrong {
            must_be_nobody(&app.anyone().bearer(token), what, &mut told).await;
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:?}");
        let log = logged();
        for (what, token) in wrong.iter().filter(|(_, token)| token.len() > 40) {
            assert!(!log.contains(token.as_str()), "the log shows a token: {what}");
        }
        ada.client.get("auth/me").await.ok(200);
    });
}

#[test]
fn headers_that_carry_no_bearer_are_refused_too() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        for value in
            ["", "Bearer", "Basic YWRhOnBhc3M=", "Token x", &ada.access, &format!("Bearer  {}x", ada.access)]
        {
            let client = app.anyone().with("authorization", value);
            client.get("auth/me").await.refused(401, "not-authenticated");
        }
    });
}

#[test]
fn what_does_not_hold_opens_no_socket() {
    TestApp::run(async |app| {
        let (ada, contest) = (app.account("ada").await, app.play(1).await);
        let url = app.first().socket_url();
        for auth in
            [ada.access.clone(), ada.refresh.clone(), ada.access[..50].to_owned(), "eyJ.e.e".to_owned()]
        {
            let mut socket = Socket::hello(&url, &contest.id, json!({"auth": auth})).await;
            socket.must_end("unauthorized").await;
        }
    });
}
