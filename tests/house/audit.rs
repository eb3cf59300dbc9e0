//! The audit log: one line for each thing that staff did, none for what was refused, and no
//! secret in any of them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use podium::auth::commands::IssueStartLink;
use podium::auth::{Token, TokenKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Contest, PASSWORD, Reply, TestApp, asked, choice, fifty, refresh, sign_in, tally};

/// Writes of staff in the description that leave no line, and why.
const SILENT: &[(&str, &str)] = &[("create_ws_ticket", "a ticket changes nothing that anybody sees")];

/// Writes that also need no token; with staff's they are staff's.
const OPEN: &[&str] = &["register_team", "spend_start_link"];

/// Operations that are another one by another address.
const SAME: &[(&str, &str)] = &[("edit_classic_team", "edit_team"), ("delete_classic_team", "delete_team")];

/// Does what staff does, and looks what became of it.
struct Staff<'a> {
    app: &'a TestApp,
    done: RefCell<BTreeSet<String>>,
}

impl Staff<'_> {
    async fn lines(&self) -> i64 {
        self.app.number("SELECT count(*) FROM audit_log").await
    }

    async fn send(&self, token: &str, method: &Method, path: &str, version: i64, body: &Value) -> Reply {
        let client =
            self.app.anyone().bearer(token).with("x-request-id", &format!("{:016x}", rand::random::<u64>()));
        let mut request = client.request(method.clone(), path).header("if-match", format!("\"{version}\""));
        if !body.is_null() {
            request = request.json(body);
        }
        Reply::to(request).await
    }

    /// Three times: as nobody, as staff, and again, which may or may not be refused.
    async fn act(&self, name: &str, method: Method, path: &str, version: i64, body: Value) -> Value {
        let before = self.lines().await;
        self.send("pdm_admin_of_nobody", &method, path, version, &body)
            .await
            .refused(401, "not-authenticated");
        assert_eq!(self.lines().await, before, "{name} was refused");
        let done = self.send(self.app.staff_token(), &method, path, version, &body).await;
        assert!(done.status < 300, "{name}: {} {}", done.status, done.body);
        assert_eq!(self.lines().await, before + 1, "{name} leaves one line");
        self.must_tell(name, &done, &body).await;
        let again = self.send(self.app.staff_token(), &method, path, version, &body).await;
        let more = i64::from(again.status < 300);
        assert_eq!(self.lines().await, before + 1 + more, "{name} again: {} {}", again.status, again.body);
        self.done.borrow_mut().insert(name.to_owned());
        done.json
    }

    async fn must_tell(&self, name: &str, done: &Reply, body: &Value) {
        let page = self.app.admin().get("audit?limit=1").await.ok(200);
        let line = &page["data"][0];
        let named = SAME.iter().find(|(classic, _)| *classic == name).map_or(name, |(_, named)| *named);
        assert_eq!((&line["action"], &line["actor"]), (&json!(named), &json!("test")));
        assert_eq!(line["request_id"].as_str(), done.header("x-request-id"), "{name}");
        assert!(!line["after"].is_null() || !line["before"].is_null(), "{name} shows something");
        if let Some(reason) = body.get("reason") {
            assert_eq!(&line["reason"], reason, "{name}");
        }
    }

    async fn post(&self, name: &str, path: &str, body: Value) -> Value {
        self.act(name, Method::POST, path, 0, body).await
    }

    async fn poke(&self, name: &str, path: &str) {
        self.act(name, Method::POST, path, 0, Value::Null).await;
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}

async fn bank(staff: &Staff<'_>, contest: &Contest) {
    let mut content = choice("loose");
    let terms = ["difficulty", "category", "points"].map(|key| (key, content[key].clone()));
    terms.iter().for_each(|(key, _)| drop(content.as_object_mut().unwrap().remove(*key)));
    let made = id(&staff.post("create_question", "questions", content.clone()).await);
    content["text"] = json!("What else?");
    content["answer"] = json!("B");
    staff.act("edit_question", Method::PUT, &format!("questions/{made}"), 1, content).await;
    let mut place = json!({"question_id": made});
    terms.iter().for_each(|(key, value)| place[*key] = value.clone());
    staff.post("place_question", &contest.path("questions"), place).await;
    let path = contest.path(&format!("questions/{made}"));
    staff.act("edit_contest_question", Method::PATCH, &path, 1, json!({"points": 70})).await;
    staff.post("withdraw_question", &format!("{path}/withdraw"), json!({"reason": "it is wrong"})).await;
    staff.act("delete_question", Method::DELETE, &format!("questions/{made}"), 0, Value::Null).await;
    let file = json!([asked("filed", json!({"kind": "text", "answer": "MARKED-ANSWER"}))]);
    staff.post("import_questions", &contest.path("questions/import"), file).await;
}

async fn teams(staff: &Staff<'_>, contest: &Contest) {
    let gone = id(&staff.post("register_team", &contest.path("teams"), json!({"name": "Leaves"})).await);
    let delete = contest.path(&format!("teams/{gone}"));
    staff.act("delete_team", Method::DELETE, &delete, 0, Value::Null).await;
    let team = contest.team("Stays").await;
    let path = |tail: &str| contest.path(&format!("teams/{}{tail}", team.id));
    let edit = json!({"hidden": true, "reason": "they asked for it"});
    staff.act("edit_team", Method::PATCH, &path(""), 0, edit).await;
    staff.poke("reissue_team_token", &path("/token")).await;
    let gift = json!({"team_id": team.id, "amount": 5, "reason": "for patience"});
    let seq = staff.post("create_adjustment", &contest.path("adjustments"), gift).await["seq"].clone();
    let back = json!({"reason": "by mistake"});
    staff.post("reverse_entry", &path(&format!("/ledger/{seq}/reversal")), back).await;
    staff.post("disqualify_team", &path("/disqualify"), json!({"reason": "two phones"})).await;
    staff.post("reinstate_team", &path("/reinstate"), json!({"reason": "one was a calculator"})).await;
    staff.poke("withdraw_team", &path("/withdraw")).await;
}

async fn announcements(staff: &Staff<'_>, contest: &Contest) {
    let asked = id(&contest.team("Asks").await.ask("May we?").await.ok(201));
    let path = contest.path(&format!("clarifications/{asked}/answers"));
    let answer = json!({"text": "Yes", "to": "all", "asked": "May phones stay on?"});
    staff.post("answer_clarification", &path, answer).await;
    let told = json!({"title": "Welcome", "body": "Phones off."});
    let number =
        staff.post("create_announcement", &contest.path("announcements"), told).await["number"].clone();
    let path = contest.path(&format!("announcements/{number}/withdraw"));
    staff.post("withdraw_announcement", &path, json!({"reason": "phones may stay on"})).await;
}

async fn classic(staff: &Staff<'_>) {
    let register = json!({"teamName": "Red", "members": ["Ada"], "email": "SECRET@example.org"});
    staff.post("register_classic_team", "/admin/teams/register", register).await;
    let listed = staff.app.admin().get("/admin/teams").await.ok(200);
    let teams = listed["data"].as_array().unwrap();
    let of =
        |name: &str| teams.iter().find(|team| team["teamName"] == name).unwrap()["teamId"].as_str().unwrap();
    let red = format!("/admin/teams/{}", of("Red"));
    staff.act("edit_classic_team", Method::PUT, &red, 0, json!({"email": "b@example.org"})).await;
    for (path, tail) in [("/admin/questions", "question"), ("/admin/mystery", "mystery")] {
        let (create, edit) = (format!("create_classic_{tail}"), format!("edit_classic_{tail}"));
        let input =
            json!({"question": "Which?", "options": ["this", "that"], "answer": "B", "difficulty": "HARD"});
        let made = staff.post(&create, path, input).await;
        let made = made["questionId"].as_str().or(made["id"].as_str()).unwrap().to_owned();
        let one = format!("{path}/{made}");
        staff.act(&edit, Method::PUT, &one, 0, json!({"question": "Which one?"})).await;
        staff.act(&format!("delete_classic_{tail}"), Method::DELETE, &one, 0, Value::Null).await;
    }
}

async fn classic_play(staff: &Staff<'_>) {
    let given =
        staff.post("take_classic_question", "/admin/teams/question", json!({"teamName": "Red"})).await;
    let answer = json!({"teamName": "Red", "questionId": given["questionId"], "answer": "A"});
    staff.post("submit_classic_answer", "/admin/teams/submit", answer).await;
    let open = json!({"teamName": "Red", "difficulty": "MEDIUM", "pointsDeducted": 10});
    staff.post("assign_classic_mystery", "/admin/mystery/assign", open).await;
}

/// All that staff may write, read from the description.
fn writes(document: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for (verb, operation) in item.as_object().unwrap() {
            let by_staff = operation["security"]
                .as_array()
                .is_some_and(|ways| ways.iter().any(|way| way.get("admin").is_some()));
            let name = operation["operationId"].as_str().unwrap_or_default();
            if verb != "get"
                && (by_staff || OPEN.contains(&name))
                && SILENT.iter().all(|(silent, _)| *silent != name)
            {
                all.insert(name.to_owned());
            }
        }
    }
    all
}

async fn chat(staff: &Staff<'_>) {
    let room = staff.app.room(1).await;
    let message = room.members[0].said("MARKED-ANSWER").await;
    let (message, mute) = (format!("messages/{message}"), format!("mutes/{}", room.members[0].team));
    staff.act("delete_message", Method::DELETE, &room.path(&message), 0, Value::Null).await;
    staff.act("mute_member", Method::PUT, &room.path(&mute), 0, Value::Null).await;
    staff.act("unmute_member", Method::DELETE, &room.path(&mute), 0, Value::Null).await;
}

async fn rooms(staff: &Staff<'_>) {
    let room = staff.app.account("alice").await.room(json!({})).await;
    staff.act("close_room", Method::DELETE, &format!("rooms/{room}"), 0, Value::Null).await;
}

async fn spend_link(staff: &Staff<'_>) {
    let code = Token::new(TokenKind::StartLink);
    staff.app.db.run(&IssueStartLink { code: code.clone() }).await.unwrap();
    let before = staff.lines().await;
    let (anyone, link) = (staff.app.anyone(), json!({"code": code.reveal()}));
    assert!(anyone.post("auth/start-link", link.clone()).await.ok(201)["token"].is_string());
    anyone.post("auth/start-link", link).await.refused(401, "not-authenticated");
    assert_eq!(staff.lines().await, before + 1);
    let page = staff.app.admin().get("audit?actor=start%20link").await.ok(200);
    assert_eq!(
        (&page["data"][0]["action"], &page["data"][0]["kind"]),
        (&json!("spend_start_link"), &json!("staff_token"))
    );
    staff.done.borrow_mut().insert("spend_start_link".to_owned());
}

#[test]
fn every_write_of_staff_leaves_one_line_and_a_refused_one_none() {
    TestApp::run(async |app| {
        let staff = Staff { app, done: RefCell::default() };
        staff.post("create_contest", "contests", json!({"name": "Audited"})).await;
        let questions: Vec<_> = (0..4).map(|n| choice(&format!("q{n}"))).collect();
        let mystery = asked("m", json!({"pool": "mystery", "difficulty": "MEDIUM"}));
        let contest =
            app.draft(json!({"max_open_assignments": 9}), &[questions, vec![mystery]].concat()).await;
        let one = format!("contests/{}", contest.id);
        let version = contest.read().await["version"].as_i64().unwrap();
        staff.act("edit_contest", Method::PATCH, &one, version, json!({"name": "Renamed"})).await;
        bank(&staff, &contest).await;
        let offer = json!({"difficulty": "MEDIUM", "price": 20, "reward": 50});
        let offered = id(&staff.post("offer_box", &contest.path("mystery-boxes"), offer).await);
        let path = contest.path(&format!("mystery-boxes/{offered}"));
        staff.act("edit_box", Method::PATCH, &path, 1, json!({"price": 10})).await;
        let path = |tail: &str| contest.path(tail);
        staff.poke("publish_contest", &path("publish")).await;
        staff.poke("make_contest_current", &path("make-current")).await;
        teams(&staff, &contest).await;
        announcements(&staff, &contest).await;
        classic(&staff).await;
        let blue = contest.team("Blue").await;
        staff
            .act("delete_classic_team", Method::DELETE, &format!("/admin/teams/{}", blue.id), 0, Value::Null)
            .await;
        staff.post("start_contest", &path("start"), json!({})).await;
        classic_play(&staff).await;
        rooms(&staff).await;
        for (name, tail) in [
            ("pause_contest", "pause"),
            ("resume_contest", "resume"),
            ("freeze_board", "freeze"),
            ("end_contest", "end"),
            ("thaw_board", "thaw"),
        ] {
            staff.poke(name, &path(tail)).await;
        }
        crate::support::until("nothing is open", async || {
            let open = "SELECT count(*) FROM assignment WHERE state IN ('assigned', 'revealed')";
            (app.number(open).await == 0).then_some(())
        })
        .await;
        staff.poke("finalize_contest", &path("finalize")).await;
        staff.post("reopen_contest", &path("reopen"), json!({"reason": "an appeal"})).await;
        contest.go("finalize").await.ok(200);
        staff.poke("archive_contest", &path("archive")).await;
        let game = json!({"slug": "capitals", "title": "Capitals"});
        staff.post("create_game", "games", game).await;
        staff.act("edit_game", Method::PATCH, "games/capitals", 1, json!({"title": "Cities"})).await;
        let other = app.draft(json!({}), &[]).await;
        staff.poke("cancel_contest", &other.path("cancel")).await;
        let ada = app.account("ada").await.id;
        let helps = json!({"role": "judge", "reason": "helps with appeals"});
        staff.act("edit_account", Method::PATCH, &format!("accounts/{ada}"), 1, helps).await;
        chat(&staff).await;
        spend_link(&staff).await;
        let document = serde_json::to_value(podium::openapi::document()).unwrap();
        assert_eq!(*staff.done.borrow(), writes(&document), "done here, and described");
        must_hold_no_secret(app).await;
    });
}

async fn must_hold_no_secret(app: &TestApp) {
    let file = app.admin().get("audit?format=ndjson").await;
    assert_eq!(file.header("content-type"), Some("application/x-ndjson"));
    let count = app.number("SELECT count(*) FROM audit_log").await;
    assert_eq!(i64::try_from(file.body.lines().count()).unwrap(), count);
    let codes = app.rows("SELECT join_code FROM team").await;
    let secrets = ["pdm_", "MARKED-ANSWER", "token_hash", "\"answer\"", "explanation", app.staff_token()];
    for secret in secrets.into_iter().chain(codes.iter().map(|row| row[0].as_str())) {
        assert!(!file.body.contains(secret), "the audit log contains {secret}");
    }
}

#[test]
fn a_line_says_who_what_and_how_it_was_before_and_after() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let gift = json!({"team_id": team.id, "amount": 25, "reason": "late start"});
        app.admin().post(&contest.path("adjustments"), gift).await.ok(201);
        let page = app.admin().get("audit?limit=1").await.ok(200);
        let line = &page["data"][0];
        assert_eq!((&line["kind"], &line["target"]), (&json!("team"), &json!(team.id)));
        assert_eq!((&line["before"]["points"], &line["after"]["points"]), (&json!(1000), &json!(1025)));
        assert_eq!((&line["contest_id"], &line["reason"]), (&json!(contest.id), &json!("late start")));
        assert!(line["token_id"].is_string());
    });
}

#[test]
fn the_log_is_read_by_staff_page_by_page_and_narrowed() {
    TestApp::run(async |app| {
        let (contest, other) = (app.play(1).await, app.play(0).await);
        let team = contest.team("Red").await;
        team.client.get("audit").await.refused(403, "not-allowed");
        app.anyone().get("audit").await.refused(401, "not-authenticated");
        let all = app.admin().all("audit", 2).await;
        let ids: Vec<_> = all.iter().map(|line| line["id"].as_i64().unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a > b), "the newest first: {ids:?}");
        let count = async |filter: &str| app.admin().all(&format!("audit?{filter}"), 200).await.len();
        assert_eq!(count("").await, all.len());
        // Made, filled, published, started, and a team; the other was not filled and has none.
        assert_eq!(
            (
                count(&format!("contest={}", contest.code)).await,
                count(&format!("contest={}", other.id)).await
            ),
            (5, 3)
        );
        assert_eq!((count("actor=test").await, count("actor=nobody").await), (8, 0));
        assert_eq!(count("since=2100-01-01T00:00:00Z").await, 0);
        assert_eq!(count("since=2020-01-01T00:00:00Z").await, all.len());
        for wrong in ["since=yesterday", "limit=x", "cursor=x", "format=xml"] {
            app.admin().get(&format!("audit?{wrong}")).await.refused(422, "invalid");
        }
        app.admin().get("audit?contest=NOSUCH").await.refused(404, "not-found");
    });
}

/// The lines by one account, the oldest first.
async fn lines_of(app: &TestApp, account: &str) -> Vec<Value> {
    let mut lines = app.admin().all("audit", 200).await;
    lines.retain(|line| line["account_id"] == account);
    lines.reverse();
    lines
}

#[test]
fn what_people_do_to_their_own_accounts_stands_there_under_their_name() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        let wish = json!({"label": "export", "scope": "read", "expires_in_days": 1});
        let token = ada.client.post("auth/api-tokens", wish).await.ok(201);
        let path = format!("auth/api-tokens/{}", token["id"].as_str().unwrap());
        let eve = app.account("eve").await;
        eve.client.delete(&path).await.refused(404, "not-found");
        assert_eq!(ada.client.delete(&path).await.status, 204);
        let change = |current: &str| json!({"current_password": current, "new_password": "battery staple"});
        ada.client.post("auth/password", change("not the password")).await.refused(422, "invalid");
        assert_eq!(ada.client.post("auth/password", change(PASSWORD)).await.status, 204);
        assert_eq!(ada.client.poke("auth/sign-out-everywhere").await.status, 204);
        sign_in(&app.anyone(), "ada", PASSWORD).await.refused(401, "not-authenticated");
        let lines = lines_of(app, &ada.id).await;
        let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
        let done = [
            "register_account",
            "create_api_token",
            "revoke_api_token",
            "change_password",
            "sign_out_everywhere",
        ];
        assert_eq!(actions, done);
        for line in &lines {
            assert_eq!((&line["actor"], &line["token_id"]), (&json!("ada"), &Value::Null), "{line}");
        }
        assert_eq!((&lines[1]["kind"], &lines[1]["after"]["scope"]), (&json!("api_token"), &json!("read")));
        assert_eq!(lines[2]["after"], Value::Null);
        let epochs = |line: &Value| (line["before"]["epoch"].as_i64(), line["after"]["epoch"].as_i64());
        assert_eq!((epochs(&lines[3]), epochs(&lines[4])), ((Some(1), Some(2)), (Some(2), Some(3))));
        assert_eq!(lines_of(app, &eve.id).await.len(), 1);
        must_hold_no_secret(app).await;
    });
}

#[test]
fn a_used_refresh_token_that_comes_back_leaves_one_line_however_often_it_comes() {
    TestApp::run(async |app| {
        let ada = app.account("ada").await;
        refresh(&app.anyone(), &ada.refresh).await.ok(200);
        let anyone = app.anyone();
        let replies = fifty(|_| refresh(&anyone, &ada.refresh)).await;
        assert!(replies.iter().all(|reply| reply.status == 401), "{:?}", tally(&replies));
        let lines = lines_of(app, &ada.id).await;
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert_eq!(lines[1]["action"], "issue_tokens");
        assert!(lines[1]["reason"].as_str().unwrap().contains("came back"));
    });
}

/// Names are free to choose: that of the command line is no proof.
#[test]
fn an_account_cannot_pass_for_the_command_line() {
    TestApp::run(async |app| {
        let forger = app.account("command line").await;
        let lines = lines_of(app, &forger.id).await;
        assert_eq!(
            (&lines[0]["actor"], &lines[0]["account_id"]),
            (&json!("command line"), &json!(forger.id))
        );
        let operator = podium::auth::Admin::at_the_machine();
        let password_hash = app.text("SELECT password_hash FROM account").await;
        let register = podium::auth::accounts::commands::RegisterAccount {
            by: Some(operator),
            name: podium::name::Name::parse("ada").unwrap(),
            email: String::new(),
            password_hash,
            role: podium::auth::Role::Owner,
        };
        let made = app.db.run(&register).await.unwrap();
        let page = app.admin().get("audit?limit=1").await.ok(200);
        let line = &page["data"][0];
        assert_eq!((&line["actor"], &line["account_id"]), (&json!("command line"), &Value::Null));
        assert_eq!((&line["target"], &line["after"]["role"]), (&json!(made.id), &json!("owner")));
    });
}

#[test]
fn the_log_is_narrowed_to_one_kind_of_act() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        contest.team("Red").await;
        contest.go("pause").await.ok(200);
        let page =
            app.admin().get(&format!("audit?contest={}&action=pause_contest", contest.code)).await.ok(200);
        let actions: Vec<_> = page["data"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
        assert_eq!(actions, ["pause_contest"]);
        for wrong in ["action=a%00", "actor=%00"] {
            app.admin().get(&format!("audit?{wrong}")).await.refused(422, "invalid");
        }
    });
}
