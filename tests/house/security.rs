//! Foreign pages, forms of foreign pages, and the rights of the server's own role.

use podium::config::Config;
use podium::database::Database;
use podium::roles;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Contest, Reply, TestApp, asked, choice, config, fresh_database, rows, until};

const PAGE: &str = "https://quiz.example";

async fn preflight(client: &Client, origin: &str) -> Reply {
    let request = client.request(Method::OPTIONS, "contests");
    let request = request.header("origin", origin).header("access-control-request-method", "POST");
    Reply::to(request.header("access-control-request-headers", "authorization")).await
}

#[test]
fn pages_of_other_origins_read_nothing_unless_they_are_listed() {
    TestApp::run(async |app| {
        for origin in [PAGE, "null"] {
            let read = app.anyone().with("origin", origin).get("contests").await;
            assert_eq!(read.header("access-control-allow-origin"), None, "off unless it is switched on");
            let asked = preflight(&app.anyone(), origin).await;
            assert_eq!((asked.status, asked.header("access-control-allow-origin")), (404, None));
        }
        let listed = Config { allowed_origins: vec![PAGE.to_owned()], ..config() };
        let here = app.instance_set(&listed).await;
        let anyone = app.anyone().at(&here);
        let allowed = preflight(&anyone, PAGE).await;
        assert_eq!((allowed.status, allowed.body.as_str()), (204, ""));
        assert_eq!(allowed.header("access-control-allow-origin"), Some(PAGE));
        assert!(allowed.header("access-control-allow-methods").unwrap().contains("PATCH"));
        assert!(allowed.header("access-control-allow-headers").unwrap().contains("Idempotency-Key"));
        let read = anyone.with("origin", PAGE).get("contests").await;
        assert_eq!(read.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(read.header("vary"), Some("Origin"));
        for other in ["https://quiz.example.evil", "http://quiz.example", "https://QUIZ.example", "null"] {
            for reply in [preflight(&anyone, other).await, anyone.with("origin", other).get("contests").await]
            {
                assert_eq!(reply.header("access-control-allow-origin"), None, "{other}");
            }
        }
        for reply in [allowed, read] {
            assert_eq!(reply.header("access-control-allow-credentials"), None);
        }
    });
}

/// What a form of a foreign page can send without being asked: three kinds of bodies, and cookies.
#[test]
fn no_form_of_a_foreign_page_changes_anything() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let document = serde_json::to_value(podium::openapi::document()).unwrap();
        let before = app.number("SELECT count(*) FROM audit_log").await;
        let mut tried = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            let with_body =
                item.as_object().unwrap().iter().filter(|(_, one)| one.get("requestBody").is_some());
            for (verb, _) in with_body {
                tried += 1;
                must_refuse_forms(app, &verb.to_uppercase(), &filled(path, &contest, &team.id)).await;
            }
        }
        assert_eq!(app.number("SELECT count(*) FROM audit_log").await, before);
        assert!(tried > 25, "{tried}");
        // A cookie is nobody: there is no authority that a browser adds by itself.
        for token in [app.staff_token(), &team.token] {
            let cookie = app.anyone().with("cookie", &format!("token={token}; authorization=Bearer {token}"));
            cookie.poke(&contest.path("pause")).await.refused(401, "not-authenticated");
            cookie.get(&contest.path("assignments")).await.refused(401, "not-authenticated");
        }
    });
}

/// The path with an id for each of its parameters.
fn filled(path: &str, contest: &Contest, team: &str) -> String {
    let path = path.replace("{contest}", &contest.id).replace("{team}", team).replace("{seq}", "1");
    let path = path.replace("{number}", "1").replace("{question}", contest.question("q0"));
    path.split('/')
        .map(|part| if part.starts_with('{') { contest.id.as_str() } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

async fn must_refuse_forms(app: &TestApp, verb: &str, path: &str) {
    for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
        if path == "/api/v1/auth/token" && kind.ends_with("urlencoded") {
            // OAuth2's own form. It needs the password that stands in it, and sets no cookie.
            continue;
        }
        let request = app.admin().request(verb.parse().unwrap(), path).header("if-match", "\"1\"");
        let reply = Reply::to(request.header("content-type", kind).body("{\"name\": \"x\"}")).await;
        // Or the door is closed before: it is a team's.
        let refused = (reply.status, reply.slug());
        let right = [(415, "unsupported-media-type"), (403, "not-allowed"), (404, "not-found")];
        assert!(right.contains(&refused), "{verb} {path} as {kind}: {} {}", reply.status, reply.body);
    }
}

/// The same database as another role.
fn as_role(url: &str, role: &str, password: &str) -> String {
    let (_, rest) = url.split_once('@').unwrap();
    format!("postgres://{role}:{password}@{rest}")
}

/// A whole contest, by a server whose role owns nothing.
async fn smoke(app: &TestApp, admin: &Client) {
    let mut contest = app.draft(json!({"max_open_assignments": 5}), &[]).await;
    contest.admin = admin.clone();
    let mystery = asked("m", json!({"pool": "mystery"}));
    contest.import(&[choice("q0"), choice("q1"), mystery]).await;
    let offered = contest.offer(10, 20, 2).await;
    contest.go("publish").await.ok(200);
    contest.start().await;
    let team = contest.team("Red").await;
    let first = team.draw().await["id"].as_str().unwrap().to_owned();
    team.answer(&first, "A").await.ok(200);
    let opened = team.open(&offered).await.ok(201);
    team.answer(opened["assignment"]["id"].as_str().unwrap(), "B").await.ok(200);
    let gift = json!({"team_id": team.id, "amount": 5, "reason": "smoke"});
    admin.post(&contest.path("adjustments"), gift).await.ok(201);
    let withdraw = contest.path(&format!("questions/{}/withdraw", contest.question("q0")));
    admin.post(&withdraw, json!({"reason": "smoke"})).await.ok(200);
    team.client.poke("ws-tickets").await.ok(201);
    for to in ["freeze", "pause", "resume", "end", "thaw"] {
        contest.go(to).await.ok(200);
    }
    until("it can be made final", async || (contest.go("finalize").await.status == 200).then_some(())).await;
    app.settle().await;
    let report = admin.get(&contest.path("check")).await.ok(200);
    assert_eq!(report["ok"], json!(true), "{report}");
    until("the checker has kept its verdict", async || {
        let health = admin.get("/health").await.ok(200);
        (health["invariants"]["ok"] == true).then_some(())
    })
    .await;
}

#[test]
fn a_role_that_owns_nothing_is_enough_to_serve_and_cannot_rewrite_the_books() {
    TestApp::run(async |app| {
        let (role, password) = (format!("serves_{:08x}", rand::random::<u32>()), "of-this-test");
        app.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'")).await;
        let url = as_role(&app.url, &role, password);
        roles::grant(&app.url, &url).await.unwrap();
        let both = roles::grant(&app.url, &app.url).await.expect_err("one role for both");
        assert!(both.contains("the same role"), "{both}");
        assert!(!roles::too_much(&url).await.unwrap() && roles::too_much(&app.url).await.unwrap());
        let checked = Config { check_every_ms: 1000, ..config() };
        let here = app.instance_as(&url, &checked).await;
        smoke(app, &app.admin().at(&here)).await;
        let (conn, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        for forbidden in [
            "CREATE TABLE mine (n int)",
            "ALTER TABLE team ADD COLUMN mine int",
            "DROP TABLE outbox",
            "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
            "DROP TRIGGER ledger_entry_append_only ON ledger_entry",
            "SET session_replication_role = replica",
            "TRUNCATE ledger_entry",
            "UPDATE ledger_entry SET amount = 0",
            "DELETE FROM contest_event",
            "UPDATE audit_log SET actor = 'nobody'",
            "UPDATE answer_key SET key = '{}'",
            "DELETE FROM __diesel_schema_migrations",
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        ] {
            let refused = conn.batch_execute(forbidden).await.expect_err(forbidden);
            let code = refused.as_db_error().unwrap().code().code();
            assert_eq!(code, "42501", "{forbidden}: {refused:?}");
        }
        here.stop().await;
        drop(conn);
        until("its connections are gone", async || {
            let open = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'");
            (app.number(&open).await == 0).then_some(())
        })
        .await;
        app.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    });
}

fn block_on(body: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(body);
}

#[test]
fn the_private_cluster_serves_with_a_role_that_owns_nothing() {
    block_on(async {
        let data_dir = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("two-roles-{}", std::process::id()));
        let set = Config { data_dir: data_dir.clone(), ..config() };
        // Twice: the role is there at the second start.
        for _ in 0..2 {
            let database = Database::open(&set).await.unwrap();
            let (conn, connection) =
                tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
            let talk = tokio::spawn(connection);
            assert_eq!(rows(&conn, "SELECT current_user").await, [["podium_app"]]);
            conn.batch_execute("CREATE TABLE mine (n int)").await.expect_err("it owns nothing");
            conn.batch_execute("UPDATE ledger_entry SET amount = 0")
                .await
                .expect_err("nor rewrites the ledger");
            assert_eq!(rows(&conn, "SELECT count(*) FROM contest").await, [["0"]]);
            drop(conn);
            talk.await.unwrap().unwrap();
            database.close().await.unwrap();
        }
        std::fs::remove_dir_all(&data_dir).ok();
    });
}

#[test]
fn a_database_that_can_lose_what_it_acknowledged_is_not_served_from() {
    block_on(async {
        let database = fresh_database().await;
        let set = |allowed: bool| {
            let set = json!({"database_url": database.url, "allow_unsafe_postgres": allowed});
            serde_json::from_value::<Config>(set).unwrap()
        };
        assert!(database.url.contains("synchronous_commit"), "as tests have it");
        let refused = Database::open(&set(false)).await.expect_err("it is off");
        assert!(refused.contains("synchronous_commit is off") && !refused.contains('\n'), "{refused}");
        let allowed = Database::open(&set(true)).await.unwrap();
        allowed.close().await.unwrap();
        database.drop().await;
    });
}

#[test]
fn what_is_set_wrong_is_told_by_its_name() {
    let set = |set: Value| serde_json::from_value::<Config>(set).map_err(|e| e.to_string())?.check();
    set(json!({})).unwrap();
    for (wrong, name) in [
        (json!({"pool_sise": 3}), "pool_sise"),
        (json!({"limits": {"team_per_sec": 3}}), "team_per_sec"),
        (json!({"admin_token": "short"}), "PODIUM_ADMIN_TOKEN"),
        (json!({"metrics_token": "short"}), "PODIUM_METRICS_TOKEN"),
        (json!({"pool_size": 0}), "PODIUM_POOL_SIZE"),
        (json!({"check_every_ms": 5}), "PODIUM_CHECK_EVERY_MS"),
        (json!({"migrate_url": "postgres://owner@db/podium"}), "DATABASE_MIGRATE_URL"),
    ] {
        let error = set(wrong).expect_err(name);
        assert!(error.contains(name), "{error}");
    }
}
