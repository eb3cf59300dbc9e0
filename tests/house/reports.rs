//! Reports: right to the last millisecond of the last day, on days of 23 and of 25 hours, and never
//! more than the caller may know.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{Account, Contest, Team, TestApp, asked, choice, problem, until};

/// A running contest with these settings, in which Ada's account plays as Red and Bob's as Blue.
struct Play {
    contest: Contest,
    ada: Account,
    bob: Account,
}

impl Play {
    async fn begin(app: &TestApp, settings: Value, questions: usize) -> Self {
        let questions: Vec<_> = (0..questions).map(|n| choice(&format!("q{n}"))).collect();
        let mut settings = settings;
        settings["max_open_assignments"] = json!(50);
        let contest = app.contest(settings, &questions).await;
        let (ada, bob) = (app.account("ada").await, app.account("bob").await);
        let play = Self { contest, ada, bob };
        for (account, name) in [(&play.ada, "Red"), (&play.bob, "Blue")] {
            account.client.post(&play.contest.path("teams"), json!({"name": name})).await.ok(201);
        }
        play
    }

    /// Answers one question right, worth 100.
    async fn score(&self, account: &Account) {
        let taken = account.client.post(&self.contest.path("assignments"), json!({})).await.ok(201);
        let path = self.contest.path(&format!("assignments/{}/submissions", taken["id"].as_str().unwrap()));
        account.client.post(&path, json!({"answer": "A"})).await.ok(200);
    }

    /// Moves the newest entry of a team to another moment: the ledger itself refuses every change.
    async fn happened_at(&self, app: &TestApp, team: &str, at: &str) {
        app.execute(&format!(
            "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only;
             UPDATE ledger_entry e SET at = '{at}' FROM team t
             WHERE (t.contest_id, t.id, t.ledger_seq) = (e.contest_id, e.team_id, e.seq) AND t.name = '{team}';
             ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_append_only"
        ))
        .await;
    }

    /// `name score` of the best between two days.
    async fn best(&self, from: &str, to: &str) -> Vec<String> {
        best(&self.ada, &format!("start_date={from}&end_date={to}&contest={}", self.contest.code)).await
    }
}

async fn best(account: &Account, query: &str) -> Vec<String> {
    let report = account.client.get(&format!("reports/top_players?{query}")).await.ok(200);
    let rows = report["data"].as_array().unwrap().iter();
    rows.map(|row| format!("{} {} {}", row["rank"], row["name"].as_str().unwrap(), row["score"])).collect()
}

#[test]
fn a_day_ends_with_its_last_millisecond_where_the_contest_is_at_home() {
    TestApp::run(async |app| {
        let play = Play::begin(app, json!({"time_zone": "Europe/Vienna"}), 2).await;
        play.score(&play.ada).await;
        for (at, day, next) in [
            // Winter: an hour ahead of UTC. Then the day the clocks go on, and the day they go back.
            ("2026-11-21T22:59:59.999999Z", "2026-11-21", "2026-11-22"),
            ("2026-03-29T21:59:59.999Z", "2026-03-29", "2026-03-30"),
            ("2026-10-25T22:59:59.999Z", "2026-10-25", "2026-10-26"),
        ] {
            play.happened_at(app, "Red", at).await;
            assert_eq!(play.best(day, day).await, ["1 ada 1100"], "{at}");
            assert!(play.best(next, "2100-01-01").await.is_empty(), "{at}");
            assert!(play.best("2000-01-01", "2026-03-28").await.is_empty(), "{at}");
        }
        for (at, day, before) in [
            ("2026-11-20T23:00:00Z", "2026-11-21", "2026-11-20"),
            ("2026-03-28T23:00:00Z", "2026-03-29", "2026-03-28"),
            ("2026-10-24T22:00:00Z", "2026-10-25", "2026-10-24"),
        ] {
            play.happened_at(app, "Red", at).await;
            assert_eq!(play.best(day, day).await, ["1 ada 1100"], "{at}");
            assert!(play.best("2000-01-01", before).await.is_empty(), "{at}");
        }
        // Where midnight comes twice, and where it does not come at all.
        let version = play.contest.read().await["version"].as_i64().unwrap();
        let path = format!("contests/{}", play.contest.id);
        app.admin().patch_if(&path, version, json!({"time_zone": "America/Havana"})).await.ok(200);
        for (at, day) in [
            ("2026-11-01T04:00:00Z", "2026-11-01"),
            ("2026-11-01T03:59:59.999Z", "2026-10-31"),
            ("2026-03-08T04:59:59.999Z", "2026-03-07"),
            ("2026-03-08T05:00:00Z", "2026-03-08"),
        ] {
            play.happened_at(app, "Red", at).await;
            assert_eq!(play.best(day, day).await, ["1 ada 1100"], "{at}");
        }
    });
}

#[test]
fn the_highest_score_of_the_days_counts_and_what_was_taken_back_never_does() {
    TestApp::run(async |app| {
        let play = Play::begin(app, json!({}), 4).await;
        play.score(&play.ada).await;
        play.happened_at(app, "Red", "2026-01-01T12:00:00Z").await;
        play.score(&play.ada).await;
        play.happened_at(app, "Red", "2026-01-02T12:00:00Z").await;
        let red = app.text("SELECT id FROM team WHERE name = 'Red'").await;
        let move_points = async |amount: i64| {
            let fix = json!({"team_id": red, "amount": amount, "reason": "A test"});
            app.admin().post(&play.contest.path("adjustments"), fix).await.ok(201)["seq"].clone()
        };
        move_points(-500).await;
        play.happened_at(app, "Red", "2026-01-02T13:00:00Z").await;
        play.score(&play.bob).await;
        play.happened_at(app, "Blue", "2026-01-02T14:00:00Z").await;
        assert_eq!(play.best("2026-01-01", "2026-01-01").await, ["1 ada 1100"]);
        assert_eq!(play.best("2026-01-01", "2026-01-02").await, ["1 ada 1200", "2 bob 1100"]);
        assert_eq!(play.best("2026-01-03", "2100-01-01").await, [""; 0]);
        let seq = move_points(9000).await;
        play.happened_at(app, "Red", "2026-01-03T12:00:00Z").await;
        assert_eq!(play.best("2026-01-03", "2026-01-03").await, ["1 ada 9700"]);
        let undo = play.contest.path(&format!("teams/{red}/ledger/{seq}/reversal"));
        app.admin().post(&undo, json!({"reason": "By mistake"})).await.ok(201);
        assert_eq!(play.best("2026-01-03", "2026-01-03").await, [""; 0]);
    });
}

#[test]
fn nothing_is_reported_that_is_not_public() {
    TestApp::run(async |app| {
        let play = Play::begin(app, json!({}), 6).await;
        let all = "start_date=2020-01-01&end_date=2100-01-01";
        play.score(&play.ada).await;
        play.contest.go("freeze").await.ok(200);
        play.score(&play.ada).await;
        play.score(&play.bob).await;
        assert_eq!(best(&play.bob, all).await, ["1 ada 1100"], "what the board withholds is not told");
        play.contest.go("end").await.ok(200);
        play.contest.go("thaw").await.ok(200);
        assert_eq!(best(&play.bob, all).await, ["1 ada 1200", "2 bob 1100"]);
        let red = app.text("SELECT id FROM team WHERE name = 'Red'").await;
        let blue = app.text("SELECT id FROM team WHERE name = 'Blue'").await;
        let hide = json!({"hidden": true});
        app.admin().patch(&play.contest.path(&format!("teams/{red}")), hide).await.ok(200);
        assert_eq!(best(&play.ada, all).await, ["1 bob 1100"]);
        let path = play.contest.path(&format!("teams/{blue}/disqualify"));
        app.admin().post(&path, json!({"reason": "Two phones"})).await.ok(200);
        assert!(best(&play.ada, all).await.is_empty());
        let draft = app.draft(json!({}), &[]).await;
        let of_draft = format!("reports/top_players?{all}&contest={}", draft.code);
        play.ada.client.get(&of_draft).await.refused(404, "not-found");
        app.anyone().get(&format!("reports/top_players?{all}")).await.refused(401, "not-authenticated");
    });
}

#[test]
fn what_is_won_in_a_room_counts_only_where_the_room_is_named() {
    TestApp::run(async |app| {
        let play = Play::begin(app, json!({}), 2).await;
        let all = "start_date=2020-01-01&end_date=2100-01-01";
        play.score(&play.bob).await;
        let room = play.ada.room(json!({"private": true, "problems": [problem("p1")]})).await;
        play.ada.solve(&room, "p1", "8").await.ok(200);
        assert_eq!(best(&play.bob, all).await, ["1 bob 1100"], "whoever likes can make a room and win in it");
        assert_eq!(best(&play.bob, &format!("{all}&contest={room}")).await, ["1 ada 30"]);
    });
}

#[test]
fn however_many_reports_are_asked_for_nobody_who_plays_waits() {
    TestApp::run(async |app| {
        let play = Play::begin(app, json!({}), 6).await;
        let days = "start_date=2020-01-01&end_date=2100-01-01";
        play.score(&play.bob).await;
        // Reports read these tables, players do not: as if there were so much to read.
        for (report, table) in [
            (format!("reports/top_players?{days}"), "frozen_standing"),
            (play.contest.path("reports/participation"), "division"),
            (play.contest.path("reports/questions"), "contest_pause"),
            (play.contest.path("reports/questions?format=csv"), "contest_pause"),
        ] {
            let slow = app.connect().await;
            let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
            slow.batch_execute(&lock).await.unwrap();
            let draw = async {
                until("reports wait", async || (app.waiting_for(table).await > 1).then_some(())).await;
                let drawn = play.bob.client.post(&play.contest.path("assignments"), json!({})).await;
                slow.batch_execute("ROLLBACK").await.unwrap();
                drawn
            };
            let ask = async |_| app.admin().get(&report).await;
            let (reports, drawn) = join(join_all((0..70).map(ask)), draw).await;
            assert_eq!(drawn.status, 201, "beside {report}: {}", drawn.body);
            for report in reports.iter().filter(|report| report.status != 200) {
                report.must_be_busy();
            }
            app.admin().get(&report).await.ok(200);
        }
        assert_eq!(best(&play.ada, days).await, ["1 bob 1100"]);
    });
}

#[test]
fn reported_scores_are_a_report_of_their_own() {
    TestApp::run(async |app| {
        let play = Play::begin(app, json!({}), 2).await;
        play.score(&play.bob).await;
        let game =
            json!({"slug": "sprint", "title": "Sprint", "self_reported": true, "time_zone": "Asia/Tokyo"});
        app.admin().post("games", game).await.ok(201);
        for score in [70, 90, 80] {
            play.ada.client.post("games/sprint/scores", json!({"score": score})).await.ok(201);
        }
        app.execute(
            "ALTER TABLE reported_score DISABLE TRIGGER reported_score_append_only;
             UPDATE reported_score SET at = CASE score WHEN 90 THEN '2026-11-21T15:00:00Z'::timestamptz
                 ELSE '2026-11-21T14:59:59.999Z' END;
             ALTER TABLE reported_score ENABLE TRIGGER reported_score_append_only",
        )
        .await;
        let of = async |day| best(&play.ada, &format!("start_date={day}&end_date={day}&game=sprint")).await;
        assert_eq!(of("2026-11-21").await, ["1 ada 80"]);
        assert_eq!(of("2026-11-22").await, ["1 ada 90"], "it is another day in Tokyo");
        let all = best(&play.ada, "start_date=2020-01-01&end_date=2100-01-01").await;
        assert_eq!(all, ["1 bob 1100"], "never mixed with contests");
    });
}

#[test]
fn a_report_refuses_what_is_no_date_no_zone_and_no_format() {
    TestApp::run(async |app| {
        let days = "start_date=2026-11-01&end_date=2026-11-21";
        let ada = app.account("ada").await;
        for (query, pointer) in [
            ("", "start_date"),
            ("start_date=2026-11-01", "end_date"),
            ("start_date=1.11.2026&end_date=2026-11-21", "start_date"),
        ] {
            let refused =
                ada.client.get(&format!("reports/top_players?{query}")).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{query}");
        }
        for query in ["format=xml", "limit=x", "contest=A&game=b"] {
            let path = format!("reports/top_players?{days}&{query}");
            ada.client.get(&path).await.refused(422, "invalid");
        }
        ada.client.get(&format!("reports/top_players?{days}&game=none")).await.refused(404, "not-found");
        for zone in ["Europe/Atlantis", "CEST", "FOO+3", "europe/vienna", ""] {
            let input = json!({"name": "Quiz", "time_zone": zone});
            let refused = app.admin().post("contests", input).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["pointer"], "/time_zone", "{zone:?}");
        }
        let nowhere = json!({"name": "Quiz", "game_id": "0195f1c2-a7e3-7d0b-8c11-2f6a9b3c4d5e"});
        let refused = app.admin().post("contests", nowhere).await.refused(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], "/game_id");
    });
}

/// Moves answers in time for as long as a report is looked at: that they were received while the contest
/// was played is checked at the end of each test.
async fn at_other_times(app: &TestApp, changes: &str, look: impl AsyncFnOnce()) {
    app.execute("CREATE TABLE kept AS SELECT id, received_at FROM submission").await;
    app.execute(changes).await;
    look().await;
    app.execute(
        "UPDATE submission s SET received_at = k.received_at FROM kept k WHERE k.id = s.id;
         UPDATE assignment SET revealed_at = assigned_at WHERE revealed_at IS NOT NULL;
         DELETE FROM contest_pause; DROP TABLE kept",
    )
    .await;
}

/// Two teams, a question right at the second try, one wrong, and one that nobody saw.
async fn answered(app: &TestApp) -> (Contest, Team, Team) {
    let twice =
        asked("=SUM(A1)", json!({"max_attempts": 2, "exclusive": false, "text": "=1+1, \"or\" not?"}));
    let several = asked("several", json!({"kind": "multiple_choice", "answer": ["A", "C"]}));
    let settings = json!({"divisions": ["Juniors"], "max_open_assignments": 9, "wrong_penalty": 5});
    let contest = app.contest(settings, &[twice, several, choice("unseen")]).await;
    let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
    let path = contest.path(&format!("teams/{}", red.id));
    app.admin().patch(&path, json!({"division": "Juniors"})).await.ok(200);
    let held = red.claim(contest.question("=SUM(A1)")).await;
    red.answer(&held, "that").await.ok(200);
    red.answer(&held, "a").await.ok(200);
    let held = red.claim(contest.question("several")).await;
    red.answer(&held, json!(["C", "D"])).await.ok(200);
    let held = blue.claim(contest.question("=SUM(A1)")).await;
    blue.answer(&held, "A").await.ok(200);
    (contest, red, blue)
}

/// Each answer four seconds after its question was seen.
const FOUR_SECONDS: &str = "
    UPDATE assignment SET revealed_at = assigned_at - interval '10 s';
    UPDATE submission s SET received_at = a.revealed_at + interval '4 s' FROM assignment a
    WHERE a.id = s.assignment_id";

/// Two of those seconds were a pause.
const PAUSE: &str = "INSERT INTO contest_pause (contest_id, started_at, ended_at)
    SELECT contest_id, min(revealed_at) + interval '1 s', min(revealed_at) + interval '3 s'
    FROM assignment GROUP BY 1";

#[test]
fn questions_are_reported_as_they_were_answered() {
    TestApp::run(async |app| {
        let (contest, red, _) = answered(app).await;
        let path = contest.path("reports/questions");
        let pick = async |name: &str| {
            let report = app.admin().get(&path).await.ok(200);
            let all = report["data"].as_array().unwrap();
            let q = all.iter().find(|q| q["external_id"] == name).unwrap();
            json!([q["teams"], q["attempts"], q["correct"], q["median_ms"], q["options"]])
        };
        let chosen = |all: &[(&str, i64)]| -> Vec<Value> {
            all.iter().map(|(option, chosen)| json!({"option": option, "chosen": chosen})).collect()
        };
        at_other_times(app, FOUR_SECONDS, async || {
            assert_eq!(pick("=SUM(A1)").await, json!([2, 3, 2, 4000, chosen(&[("A", 2), ("B", 1)])]));
            assert_eq!(pick("several").await, json!([1, 1, 0, null, chosen(&[("C", 1), ("D", 1)])]));
            assert_eq!(pick("unseen").await, json!([0, 0, 0, null, []]));
            let file = app.admin().get(&format!("{path}?format=csv")).await;
            assert_eq!((file.status, file.header("content-type")), (200, Some("text/csv; charset=utf-8")));
            let name = format!("attachment; filename=\"questions-{}.csv\"", contest.code);
            assert_eq!(file.header("content-disposition"), Some(name.as_str()));
            assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
            assert!(file.body.contains(",'=SUM(A1),\"'=1+1, \"\"or\"\" not?\","), "{}", file.body);
            assert!(file.body.contains(",2,3,2,4000,A:2 B:1\r\n"), "{}", file.body);
        })
        .await;
        let all_at_once = format!("{FOUR_SECONDS}; UPDATE assignment SET revealed_at = (SELECT min(revealed_at) FROM assignment);
            UPDATE submission SET received_at = (SELECT min(revealed_at) + interval '4 s' FROM assignment); {PAUSE}");
        at_other_times(app, &all_at_once, async || {
            assert_eq!(pick("=SUM(A1)").await[3], 2000, "a pause is not thinking");
        })
        .await;
        let whole = app.admin().get(&path).await.ok(200);
        assert_eq!(json!(app.admin().all(&path, 1).await), whole["data"], "page by page it is the same");
        app.admin().get(&format!("{path}?cursor=x")).await.refused(422, "invalid");
        red.client.get(&path).await.refused(403, "not-allowed");
    });
}

#[test]
fn a_table_that_is_sent_in_parts_is_one_table() {
    TestApp::run(async |app| {
        let questions: Vec<_> = (0..2_001).map(|n| choice(&format!("q{n}"))).collect();
        let contest = app.draft(json!({}), &questions).await;
        let file = app.admin().get(&contest.path("reports/questions?format=csv")).await;
        let (header, rows) = file.body.split_once("\r\n").unwrap();
        assert!(header.starts_with("question_id,external_id,"), "{header}");
        let ids: BTreeSet<_> = rows.lines().map(|row| row.split(',').next().unwrap()).collect();
        assert_eq!((file.status, rows.lines().count(), ids.len()), (200, 2_001, 2_001));
        assert!(ids.iter().all(|id| id.len() == 36), "there is one header");
    });
}

#[test]
fn participation_is_counted_by_division_and_by_hour() {
    TestApp::run(async |app| {
        let (contest, ..) = answered(app).await;
        contest.team("Idle").await;
        // The clocks of Vienna show half past two twice: an hour after the first one comes the second.
        let twice = "UPDATE contest SET time_zone = 'Europe/Vienna';
            UPDATE submission SET received_at = CASE WHEN attempt_no = 2 THEN '2026-10-25T00:30:00Z'::timestamptz
                ELSE '2026-10-25T01:30:00Z' END";
        at_other_times(app, twice, async || {
            let report = app.admin().get(&contest.path("reports/participation")).await.ok(200);
            assert_eq!(
                report["divisions"],
                json!([{"division": "Juniors", "teams": 1, "members": 1, "active": 1, "answered": 1},
                    {"division": null, "teams": 2, "members": 2, "active": 1, "answered": 1}])
            );
            assert_eq!(
                report["hours"],
                json!([{"begins_at": "2026-10-25T00:00:00.000Z", "teams": 1, "answers": 1, "correct": 1},
                    {"begins_at": "2026-10-25T01:00:00.000Z", "teams": 2, "answers": 3, "correct": 1}])
            );
            let file = app.admin().get(&contest.path("reports/participation?format=csv")).await;
            assert!(file.body.starts_with("what,name,teams,members,active,answered,answers,correct\r\n"));
            assert!(file.body.contains("\r\ndivision,Juniors,1,1,1,1,,\r\n"), "{}", file.body);
        })
        .await;
    });
}

#[test]
fn a_statement_says_what_each_change_was_for() {
    TestApp::run(async |app| {
        let (contest, red, blue) = answered(app).await;
        let fix = json!({"team_id": red.id, "amount": -7, "reason": "@late"});
        app.admin().post(&contest.path("adjustments"), fix).await.ok(201);
        let path = contest.path(&format!("reports/teams/{}", red.id));
        let report = red.client.get(&path).await.ok(200);
        assert_eq!((&report["team"], &report["points"]), (&json!("Red"), &json!(red.points().await)));
        let lines = report["data"].as_array().unwrap();
        let seen: Vec<_> =
            lines.iter().map(|l| json!([l["kind"], l["amount"], l["question"], l["reason"]])).collect();
        let twice = "=1+1, \"or\" not?";
        assert_eq!(
            json!(seen),
            json!([
                ["opening", 1000, null, null],
                ["penalty", -5, twice, null],
                ["award", 100, twice, null],
                ["first_correct", 10, twice, null],
                ["penalty", -5, "What is several?", null],
                ["adjustment", -7, null, "@late"]
            ])
        );
        assert_eq!(red.client.all(&path, 2).await, *lines, "page by page it is the same");
        red.client.get(&format!("{path}?cursor=x")).await.refused(422, "invalid");
        let file = red.client.get(&format!("{path}?format=csv")).await;
        assert_eq!(file.body.lines().count(), 7, "{}", file.body);
        assert!(file.body.contains("adjustment,-7,1093,,,,'@late\r\n"), "{}", file.body);
        app.admin().get(&path).await.ok(200);
        blue.client.get(&path).await.refused(404, "not-found");
        app.anyone().get(&path).await.refused(401, "not-authenticated");
    });
}
