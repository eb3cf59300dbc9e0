//! Every refusal is provoked over HTTP, and has the shape that every error has.

use std::collections::BTreeSet;

use podium::config::Config;
use podium::error::Refusal;
use podium::limits::Settings;
use serde_json::{Value, json};

use crate::support::{Contest, PASSWORD, Team, TestApp, asked, choice, config, problem, until};

/// Each is a test of its own: its name says what was done, its body returns the refusal.
macro_rules! provoked {
    ($($status:literal $slug:literal $name:ident $body:expr;)+) => {
        $(#[test]
        fn $name() {
            TestApp::run(async |app| {
                let body = $body;
                body(app).await.refused($status, $slug);
            });
        })+

        const PROVOKED: &[(&str, u16)] = &[$(($slug, $status)),+];
    };
}

#[test]
fn every_refusal_is_provoked_over_http() {
    let provoked: BTreeSet<_> = PROVOKED.iter().copied().collect();
    let all: BTreeSet<_> = Refusal::ALL.iter().map(|refusal| (refusal.slug(), refusal.face().1)).collect();
    assert_eq!(provoked, all);
}

#[test]
fn the_description_of_the_interface_lists_every_refusal() {
    let lines = include_str!("../../docs/API.md").lines().filter_map(|line| line.strip_prefix("| `"));
    let told: BTreeSet<_> = lines
        .filter_map(|line| {
            let (slug, rest) = line.split_once("` | ")?;
            let status = rest.split_once(' ')?.0.parse::<u16>().ok()?;
            // Replies of the classic routes stand in a table of the same shape.
            (status >= 400).then_some((slug, status))
        })
        .collect();
    let all: BTreeSet<_> = Refusal::ALL.iter().map(|refusal| (refusal.slug(), refusal.face().1)).collect();
    assert_eq!(told, all);
}

/// A running contest with one question, and a team.
async fn one(app: &TestApp) -> (Contest, Team) {
    one_of(app, json!({})).await
}

async fn one_of(app: &TestApp, over: Value) -> (Contest, Team) {
    let contest = app.contest(json!({}), &[asked("q", over)]).await;
    let team = contest.team("Red").await;
    (contest, team)
}

/// The same, and the question is held; returns the assignment's id.
async fn held(app: &TestApp, over: Value) -> (Contest, Team, String) {
    let (contest, team) = one_of(app, over).await;
    let held = team.claim(contest.question("q")).await;
    (contest, team, held)
}

/// A question that is held unseen.
async fn unseen(app: &TestApp) -> (Contest, Team, String) {
    let (contest, team) = one(app).await;
    let taken = team.take(json!({"reveal": false})).await.ok(201);
    (contest, team, taken["id"].as_str().unwrap().to_owned())
}

/// A box for 100, and questions for two.
async fn boxed(app: &TestApp, max_opens: i64) -> (Contest, Team, String) {
    let mystery = |name| asked(name, json!({"pool": "mystery"}));
    let contest = app.contest(json!({}), &[mystery("m0"), mystery("m1")]).await;
    let (team, offered) = (contest.team("Red").await, contest.offer(100, 300, max_opens).await);
    (contest, team, offered)
}

/// The body of a question for the bank.
fn bank(name: &str) -> Value {
    let mut question = choice(name);
    let fields = question.as_object_mut().unwrap();
    fields.retain(|key, _| !["difficulty", "category", "points"].contains(&key.as_str()));
    question
}

provoked! {
    400 "unreadable" a_body_that_is_not_json async |app: &TestApp| {
        app.admin().send("contests", "application/json", "{\"name\": ").await
    };
    400 "dates-reversed" a_report_that_ends_before_it_begins async |app: &TestApp| {
        app.admin().get("reports/top_players?start_date=2026-11-22&end_date=2026-11-21").await
    };
    401 "not-authenticated" a_token_that_nobody_holds async |app: &TestApp| {
        let (contest, _) = one(app).await;
        app.anyone().bearer("pdm_team_0000").get(&contest.path("assignments")).await
    };
    403 "not-allowed" a_team_that_would_pause_the_contest async |app: &TestApp| {
        let (contest, team) = one(app).await;
        team.client.poke(&contest.path("pause")).await
    };
    403 "muted" a_member_who_is_to_be_quiet async |app: &TestApp| {
        let room = app.room(1).await;
        app.admin().put(&room.path(&format!("mutes/{}", room.members[0].team))).await.ok(204);
        room.members[0].say("Hello").await
    };
    404 "not-found" a_path_that_leads_nowhere async |app: &TestApp| {
        app.anyone().get("/api/v1/nothing/here").await
    };
    409 "illegal-transition" a_draft_that_would_be_paused async |app: &TestApp| {
        let contest = app.draft(json!({}), &[]).await;
        let reply = contest.go("pause").await;
        assert_eq!(reply.json["from"], "draft");
        assert_eq!(reply.json["to"], "paused");
        assert_eq!(reply.json["allowed"], json!(["published", "cancelled"]));
        reply
    };
    409 "contest-not-started" a_draw_before_the_start async |app: &TestApp| {
        let contest = app.draft(json!({}), &[choice("q")]).await;
        contest.go("publish").await.ok(200);
        contest.team("Red").await.take(json!({})).await
    };
    409 "contest-started" a_deletion_after_the_start async |app: &TestApp| {
        let (contest, team) = one(app).await;
        team.client.delete(&contest.path(&format!("teams/{}", team.id))).await
    };
    409 "teams-registered" other_opening_points_for_later_teams async |app: &TestApp| {
        let contest = app.draft(json!({}), &[]).await;
        contest.team("Red").await;
        let path = format!("contests/{}", contest.id);
        app.admin().patch_if(&path, 1, json!({"opening_points": 500})).await
    };
    409 "contest-paused" a_draw_in_a_pause async |app: &TestApp| {
        let (contest, team) = one(app).await;
        contest.go("pause").await.ok(200);
        team.take(json!({})).await
    };
    409 "contest-ended" a_draw_after_the_end async |app: &TestApp| {
        let (contest, team) = one(app).await;
        contest.go("end").await.ok(200);
        team.take(json!({})).await
    };
    409 "results-open" final_results_while_a_question_is_open async |app: &TestApp| {
        let (contest, _, _) = held(app, json!({})).await;
        contest.go("end").await.ok(200);
        let reply = contest.go("finalize").await;
        assert_eq!(reply.json["open"], json!({"assignments": 1}));
        reply
    };
    409 "registration-closed" a_team_that_comes_too_late async |app: &TestApp| {
        let (contest, _) = one(app).await;
        let version = contest.read().await["version"].as_i64().unwrap();
        let path = format!("contests/{}", contest.id);
        app.admin().patch_if(&path, version, json!({"registration_open": false})).await.ok(200);
        app.anyone().post(&contest.path("teams"), json!({"name": "Late"})).await
    };
    409 "team-name-taken" a_name_in_other_capitals async |app: &TestApp| {
        let (contest, _) = one(app).await;
        app.anyone().post(&contest.path("teams"), json!({"name": " RED "})).await
    };
    409 "team-name-lookalike" a_name_with_a_cyrillic_letter async |app: &TestApp| {
        let (contest, _) = one(app).await;
        contest.team("scope").await;
        app.anyone().post(&contest.path("teams"), json!({"name": "sсope"})).await
    };
    409 "account-name-taken" an_account_by_a_name_in_other_capitals async |app: &TestApp| {
        app.account("Ada").await;
        app.anyone().post("auth/register", json!({"name": " ADA ", "password": PASSWORD})).await
    };
    409 "account-name-lookalike" an_account_by_a_name_with_a_cyrillic_letter async |app: &TestApp| {
        app.account("scope").await;
        app.anyone().post("auth/register", json!({"name": "s\u{441}ope", "password": PASSWORD})).await
    };
    409 "game-slug-taken" a_game_by_a_slug_that_another_has async |app: &TestApp| {
        let game = || json!({"slug": "capitals", "title": "Capitals"});
        app.admin().post("games", game()).await.ok(201);
        app.admin().post("games", game()).await
    };
    409 "scores-not-reported" a_score_reported_in_a_game_of_contests async |app: &TestApp| {
        app.admin().post("games", json!({"slug": "capitals", "title": "Capitals"})).await.ok(201);
        app.account("ada").await.client.post("games/capitals/scores", json!({"score": 1})).await
    };
    409 "scores-self-reported" a_contest_of_a_game_whose_scores_are_reported async |app: &TestApp| {
        let contest = app.draft(json!({}), &[]).await;
        let game = contest.game(true).await;
        app.admin().patch_if(&format!("contests/{}", contest.id), 1, json!({"game_id": game})).await
    };
    409 "too-many-tokens" a_token_for_one_program_more async |app: &TestApp| {
        let ada = app.account("ada").await;
        let wish = || json!({"label": "a program", "scope": "read", "expires_in_days": 1});
        for _ in 0..50 {
            ada.client.post("auth/api-tokens", wish()).await.ok(201);
        }
        ada.client.post("auth/api-tokens", wish()).await
    };
    409 "team-full" a_sixth_member_of_five async |app: &TestApp| {
        let contest = app.contest(json!({"max_members": 1}), &[]).await;
        let team = contest.team("Red").await;
        let join = json!({"join_code": team.join_code, "name": "Grace"});
        app.anyone().post(&contest.path("teams/join"), join).await
    };
    409 "room-full" a_second_in_a_room_for_one async |app: &TestApp| {
        let (ada, eve) = (app.account("ada").await, app.account("eve").await);
        let room = ada.room(json!({"max_members": 1})).await;
        eve.join(&room).await
    };
    409 "removed-from-room" a_return_of_somebody_who_was_shown_out async |app: &TestApp| {
        let (ada, eve) = (app.account("ada").await, app.account("eve").await);
        let room = ada.room(json!({})).await;
        let member = eve.join(&room).await.ok(200)["member_id"].clone();
        let path = format!("rooms/{room}/members/{}", member.as_str().unwrap());
        ada.client.delete(&path).await.ok(204);
        eve.join(&room).await
    };
    409 "too-many-rooms" an_eleventh_room async |app: &TestApp| {
        let ada = app.account("ada").await;
        for _ in 0..10 {
            ada.room(json!({})).await;
        }
        ada.client.post("rooms", json!({})).await
    };
    409 "too-many-problems" a_problem_for_a_room_that_is_full_of_them async |app: &TestApp| {
        let ada = app.account("ada").await;
        let problems: Vec<_> = (0..100).map(|n| problem(&format!("p{n}"))).collect();
        let room = ada.room(json!({"problems": problems})).await;
        ada.client.post(&format!("rooms/{room}/problems"), problem("p100")).await
    };
    409 "problem-exists" a_second_problem_of_one_name async |app: &TestApp| {
        let ada = app.account("ada").await;
        let room = ada.room(json!({"problems": [problem("p1")]})).await;
        ada.client.post(&format!("rooms/{room}/problems"), problem("p1")).await
    };
    409 "already-playing" a_second_team_of_an_account async |app: &TestApp| {
        let (contest, ada) = (app.contest(json!({}), &[]).await, app.account("ada").await);
        ada.client.post(&contest.path("teams"), json!({"name": "Red"})).await.ok(201);
        ada.client.post(&contest.path("teams"), json!({"name": "Blue"})).await
    };
    409 "team-inactive" a_draw_by_a_team_that_has_left async |app: &TestApp| {
        let (contest, team) = one(app).await;
        team.client.poke(&contest.path(&format!("teams/{}/withdraw", team.id))).await.ok(200);
        team.take(json!({})).await
    };
    409 "team-disqualified" a_draw_by_a_team_that_was_disqualified async |app: &TestApp| {
        let (contest, team) = one(app).await;
        let path = contest.path(&format!("teams/{}/disqualify", team.id));
        app.admin().post(&path, json!({"reason": "Answers were passed on"})).await.ok(200);
        team.take(json!({})).await
    };
    409 "division-in-use" a_division_that_goes_while_a_team_is_in_it async |app: &TestApp| {
        let contest = app.draft(json!({"divisions": ["Juniors", "Seniors"]}), &[]).await;
        let team = json!({"name": "Red", "division": "Juniors"});
        app.admin().post(&contest.path("teams"), team).await.ok(201);
        let path = format!("contests/{}", contest.id);
        app.admin().patch_if(&path, 1, json!({"divisions": ["Seniors"]})).await
    };
    409 "question-taken" a_question_that_another_team_has async |app: &TestApp| {
        let (contest, _, _) = held(app, json!({})).await;
        contest.team("Blue").await.take(json!({"question_id": contest.question("q")})).await
    };
    409 "question-not-open" a_question_that_is_locked async |app: &TestApp| {
        let (contest, team) = one(app).await;
        let path = contest.path(&format!("questions/{}", contest.question("q")));
        app.admin().patch_if(&path, 1, json!({"state": "locked"})).await.ok(200);
        team.take(json!({"question_id": contest.question("q")})).await
    };
    409 "already-assigned" a_shared_question_a_second_time async |app: &TestApp| {
        let (contest, team, held) = held(app, json!({"exclusive": false})).await;
        team.answer(&held, "B").await.ok(200);
        team.take(json!({"question_id": contest.question("q")})).await
    };
    409 "too-many-open" a_second_question_before_the_first_is_answered async |app: &TestApp| {
        let contest = app.play(2).await;
        let team = contest.team("Red").await;
        team.draw().await;
        team.take(json!({})).await
    };
    409 "pool-exhausted" a_draw_from_an_empty_pool async |app: &TestApp| {
        let (_, team) = one(app).await;
        team.take(json!({"difficulty": "HARD"})).await
    };
    409 "already-revealed" a_release_of_what_was_seen async |app: &TestApp| {
        let (_, team, held) = held(app, json!({})).await;
        team.client.poke(&team.path(&format!("assignments/{held}/release"))).await
    };
    409 "not-revealed" an_answer_to_an_unseen_question async |app: &TestApp| {
        let (_, team, held) = unseen(app).await;
        team.answer(&held, "A").await
    };
    409 "assignment-closed" an_answer_to_a_released_question async |app: &TestApp| {
        let (_, team, held) = unseen(app).await;
        team.client.poke(&team.path(&format!("assignments/{held}/release"))).await.ok(200);
        team.answer(&held, "A").await
    };
    409 "assignment-expired" an_answer_after_the_time_limit async |app: &TestApp| {
        let (_, team, held) = held(app, json!({"time_limit_ms": 1000})).await;
        until("the time is over", async || {
            (app.text("SELECT bool_and(expires_at < now()) FROM assignment").await == "t").then_some(())
        })
        .await;
        team.answer(&held, "A").await
    };
    409 "already-answered" a_second_right_answer async |app: &TestApp| {
        let (_, team, held) = held(app, json!({"max_attempts": 3})).await;
        team.answer(&held, "A").await.ok(200);
        team.answer(&held, "A").await
    };
    409 "attempts-exhausted" one_answer_too_many async |app: &TestApp| {
        let (_, team, held) = held(app, json!({})).await;
        team.answer(&held, "B").await.ok(200);
        team.answer(&held, "A").await
    };
    409 "insufficient-points" a_box_that_costs_too_much async |app: &TestApp| {
        let (contest, team) = one(app).await;
        let offered = contest.offer(1001, 2000, 1).await;
        let reply = team.open(&offered).await;
        assert_eq!((&reply.json["price"], &reply.json["balance"]), (&json!(1001), &json!(1000)));
        reply
    };
    409 "box-already-open" a_second_box_before_the_first_is_answered async |app: &TestApp| {
        let (_, team, offered) = boxed(app, 2).await;
        team.open(&offered).await.ok(201);
        team.open(&offered).await
    };
    409 "box-limit-reached" a_box_a_second_time async |app: &TestApp| {
        let (_, team, offered) = boxed(app, 1).await;
        let opened = team.open(&offered).await.ok(201);
        team.answer(opened["assignment"]["id"].as_str().unwrap(), "A").await.ok(200);
        team.open(&offered).await
    };
    409 "box-closed" a_box_that_is_not_on_offer async |app: &TestApp| {
        let (contest, team, offered) = boxed(app, 1).await;
        let path = contest.path(&format!("mystery-boxes/{offered}"));
        app.admin().patch_if(&path, 1, json!({"enabled": false})).await.ok(200);
        team.open(&offered).await
    };
    409 "mystery-box-exists" a_second_box_of_one_difficulty async |app: &TestApp| {
        let (contest, _, _) = boxed(app, 1).await;
        let offer = json!({"difficulty": "EASY", "price": 1, "reward": 2});
        app.admin().post(&contest.path("mystery-boxes"), offer).await
    };
    409 "external-id-taken" a_name_that_another_question_has async |app: &TestApp| {
        app.admin().post("questions", bank("twin")).await.ok(201);
        app.admin().post("questions", bank("twin")).await
    };
    409 "question-placed" a_question_placed_twice async |app: &TestApp| {
        let (contest, _) = one(app).await;
        let place = json!({"question_id": contest.question("q"), "difficulty": "EASY", "category": "General",
            "points": 100});
        app.admin().post(&contest.path("questions"), place).await
    };
    409 "question-in-use" new_points_for_a_question_that_is_played async |app: &TestApp| {
        let (contest, _, _) = held(app, json!({})).await;
        let path = contest.path(&format!("questions/{}", contest.question("q")));
        app.admin().patch_if(&path, 1, json!({"points": 500})).await
    };
    409 "announcement-closed" a_correction_of_what_was_withdrawn async |app: &TestApp| {
        let (contest, _) = one(app).await;
        contest.announce(json!({"title": "Lunch is at noon"})).await;
        let path = contest.path("announcements/1/withdraw");
        app.admin().post(&path, json!({"reason": "It is at one"})).await.ok(200);
        let correction = json!({"title": "Lunch is at one", "corrects": 1});
        app.admin().post(&contest.path("announcements"), correction).await
    };
    409 "too-many-clarifications" a_sixth_question_before_any_has_an_answer async |app: &TestApp| {
        let (_, team) = one(app).await;
        for n in 0..5 {
            team.ask(&format!("Question {n}?")).await.ok(201);
        }
        team.ask("And now?").await
    };
    409 "clarification-answered" a_second_answer_that_corrects_none async |app: &TestApp| {
        let (contest, team) = one(app).await;
        let asked = team.ask("May we?").await.ok(201)["id"].as_str().unwrap().to_owned();
        let path = contest.path(&format!("clarifications/{asked}/answers"));
        app.admin().post(&path, json!({"text": "Yes", "to": "asker"})).await.ok(201);
        let reply = app.admin().post(&path, json!({"text": "No", "to": "asker"})).await;
        assert_eq!(reply.json["last"], 1);
        reply
    };
    409 "already-reversed" a_correction_that_is_undone_twice async |app: &TestApp| {
        let (contest, team) = one(app).await;
        let fix = json!({"team_id": team.id, "amount": 5, "reason": "A gift"});
        app.admin().post(&contest.path("adjustments"), fix).await.ok(201);
        let path = contest.path(&format!("teams/{}/ledger/2/reversal", team.id));
        app.admin().post(&path, json!({"reason": "No gift"})).await.ok(201);
        app.admin().post(&path, json!({"reason": "No gift"})).await
    };
    409 "request-in-progress" a_key_whose_first_request_still_runs async |app: &TestApp| {
        let (_, team) = one(app).await;
        let other = app.connect().await;
        other.batch_execute("BEGIN; SELECT FROM team FOR UPDATE").await.unwrap();
        let keyed = team.keyed("slow");
        let first = tokio::spawn(async move { keyed.take(json!({})).await });
        until("the first request waits for the team", async || {
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                AND datname = current_database()";
            (app.number(waiting).await > 0).then_some(())
        })
        .await;
        let second = team.keyed("slow").take(json!({})).await;
        other.batch_execute("ROLLBACK").await.unwrap();
        first.await.unwrap().ok(201);
        second
    };
    412 "stale-version" an_edit_of_what_somebody_changed async |app: &TestApp| {
        let contest = app.draft(json!({}), &[]).await;
        let path = format!("contests/{}", contest.id);
        app.admin().patch_if(&path, 1, json!({"name": "Second"})).await.ok(200);
        app.admin().patch_if(&path, 1, json!({"name": "Third"})).await
    };
    409 "demo-off" a_demo_where_there_is_none async |app: &TestApp| {
        let serious = app.instance_set(&Config { demo: false, ..config() }).await;
        app.anyone().at(&serious).poke("demo/populate").await
    };
    409 "not-a-demo" points_for_nothing_in_a_competition async |app: &TestApp| {
        let contest = app.play(1).await;
        let gift = json!({"user_id": "alice", "points": 25, "contest": contest.code});
        app.anyone().post("demo/points", gift).await
    };
    413 "too-large" a_body_over_the_limit async |app: &TestApp| {
        app.admin().post("contests", json!({"name": "x".repeat(70 * 1024)})).await
    };
    429 "rate-limited" a_second_request_of_a_team_that_may_send_one async |app: &TestApp| {
        let (contest, team) = one(app).await;
        let limits = Settings { trusted: vec![], team_per_s: 1, team_burst: 1, ..Settings::default() };
        let narrow = app.instance_set(&Config { limits, ..config() }).await;
        let team = team.client.at(&narrow);
        let path = contest.path("assignments");
        // The first may be the one that is refused: a limit is made good while one waits.
        let (one, two) = tokio::join!(team.get(&path), team.get(&path));
        if one.status == 429 { one } else { two }
    };
    431 "headers-too-large" headers_over_the_limit async |app: &TestApp| {
        app.anyone().with("x-long", &"x".repeat(20 * 1024)).get("contests").await
    };
    415 "unsupported-media-type" a_body_that_says_it_is_text async |app: &TestApp| {
        app.admin().send("contests", "text/plain", "{\"name\": \"Quiz\"}").await
    };
    422 "invalid" a_contest_without_seats async |app: &TestApp| {
        let reply = app.admin().post("contests", json!({"name": "Quiz", "max_members": 0})).await;
        assert_eq!(reply.json["errors"][0]["pointer"], "/max_members");
        reply
    };
    422 "idempotency-key-reused" one_key_for_two_requests async |app: &TestApp| {
        let (_, team) = one(app).await;
        team.keyed("k").take(json!({})).await.ok(201);
        team.keyed("k").take(json!({"difficulty": "EASY"})).await
    };
    422 "price-changed" a_price_that_is_not_the_price async |app: &TestApp| {
        let (contest, team, offered) = boxed(app, 1).await;
        let path = contest.path(&format!("mystery-boxes/{offered}/openings"));
        let reply = team.client.post(&path, json!({"price": 99})).await;
        assert_eq!(reply.json["price"], 100);
        reply
    };
    428 "version-required" an_edit_without_if_match async |app: &TestApp| {
        let contest = app.draft(json!({}), &[]).await;
        app.admin().patch(&format!("contests/{}", contest.id), json!({"name": "Second"})).await
    };
}
