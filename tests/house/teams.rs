//! Teams: names, seats, tokens, leaving.

use serde_json::{Value, json};

use crate::support::{Client, Team, TestApp, choice};

#[test]
fn a_registration_returns_the_team_and_its_token_once() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let input =
            json!({"name": "  Red   Pandas ", "members": [" Ada ", "Grace"], "email": "red@example.org"});
        let made = app.anyone().post(&contest.path("teams"), input).await.ok(201);
        assert_eq!(
            (&made["points"], &made["state"], &made["email"]),
            (&json!(1000), &json!("active"), &json!("red@example.org"))
        );
        let members: Vec<_> =
            made["members"].as_array().unwrap().iter().map(|m| (&m["name"], &m["captain"])).collect();
        assert_eq!(members, [(&json!("Ada"), &json!(true)), (&json!("Grace"), &json!(false))]);
        let team = Team::of(&contest, &made);
        assert!(team.token.starts_with("pdm_team_"));
        assert!(
            !team.client.get(&contest.path(&format!("teams/{}", team.id))).await.body.contains("pdm_team_")
        );
        assert_eq!(team.ledger().await, [("opening".to_owned(), 1000)]);
        let stored = app
            .number(&format!("SELECT count(*) FROM member WHERE token_hash::text LIKE '%{}%'", team.token))
            .await;
        assert_eq!(stored, 0);
    });
}

#[test]
fn names_that_cannot_be_told_apart_or_shown_are_refused() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        for bad in
            ["", "   ", "a\u{202e}b", "a\u{200d}b", "tab\tname", "x\u{301}\u{301}\u{301}", &"x".repeat(41)]
        {
            let reply = app.anyone().post(&contest.path("teams"), json!({"name": bad})).await;
            let problem = reply.refused(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/name", "{bad:?}");
        }
        for good in ["Ä".repeat(40), "Кошки".to_owned(), "猫チーム".to_owned(), "🦊🦉".to_owned()]
        {
            app.anyone().post(&contest.path("teams"), json!({"name": good})).await.ok(201);
        }
        for (bad, pointer) in [
            (json!({"name": "Red", "members": ["1", "2", "3", "4", "5", "6"]}), "/members"),
            (json!({"name": "Red", "members": [""]}), "/members/0"),
            (json!({"name": "Red", "email": "no address"}), "/email"),
        ] {
            let problem = app.anyone().post(&contest.path("teams"), bad).await.refused(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
    });
}

#[test]
fn a_name_is_unique_in_its_contest_only() {
    TestApp::run(async |app| {
        let (one, two) = (app.play(0).await, app.play(0).await);
        one.team("Red").await;
        two.team("Red").await;
        let blue = two.team("Blue").await;
        let path = two.path(&format!("teams/{}", blue.id));
        app.admin().patch(&path, json!({"name": "ＲＥＤ"})).await.refused(409, "team-name-taken");
    });
}

#[test]
fn a_member_joins_by_the_code_and_plays_on_a_device_of_their_own() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let team = contest.team("Red").await;
        let join = json!({"join_code": team.join_code.to_lowercase(), "name": "Grace"});
        let joined = app.anyone().post(&contest.path("teams/join"), join).await.ok(201);
        assert_eq!((&joined["team"], &joined["member"]["captain"]), (&json!("Red"), &json!(false)));
        let second = app.anyone().bearer(joined["token"].as_str().unwrap());
        let own = second.get(&contest.path("own-team")).await.ok(200);
        assert_eq!((&own["id"], own["members"].as_array().unwrap().len()), (&json!(team.id), 2));
        let held = second.post(&contest.path("assignments"), json!({})).await.ok(201);
        team.answer(held["id"].as_str().unwrap(), "A").await.ok(200);
        let wrong = json!({"join_code": "ABCDEFGH", "name": "Eve"});
        app.anyone().post(&contest.path("teams/join"), wrong).await.refused(404, "not-found");
    });
}

#[test]
fn a_team_acts_for_itself_only() {
    TestApp::run(async |app| {
        let (contest, other) = (app.play(2).await, app.play(1).await);
        let (red, blue, far) =
            (contest.team("Red").await, contest.team("Blue").await, other.team("Far").await);
        let held = red.draw().await["id"].as_str().unwrap().to_owned();
        let red_path = contest.path(&format!("teams/{}", red.id));
        for stranger in [&blue, &far] {
            stranger.client.get(&red_path).await.refused(404, "not-found");
            stranger.client.get(&format!("{red_path}/ledger")).await.refused(404, "not-found");
            stranger.client.patch(&red_path, json!({"email": "a@b"})).await.refused(404, "not-found");
            stranger.client.poke(&format!("{red_path}/withdraw")).await.refused(404, "not-found");
            stranger.client.delete(&red_path).await.refused(404, "not-found");
            stranger
                .client
                .get(&contest.path(&format!("assignments/{held}")))
                .await
                .refused(404, "not-found");
            let answer = contest.path(&format!("assignments/{held}/submissions"));
            stranger.client.post(&answer, json!({"answer": "A"})).await.refused(404, "not-found");
        }
        far.client.post(&contest.path("assignments"), json!({})).await.refused(404, "not-found");
        far.client.get(&contest.path("assignments")).await.refused(404, "not-found");
        app.anyone().get(&red_path).await.refused(401, "not-authenticated");
        // What is not there at all looks the same.
        let nowhere = contest.path("teams/0195f1c2-a7e3-7d0b-8c11-2f6a9b3c4d5e");
        blue.client.get(&nowhere).await.refused(404, "not-found");
    });
}

#[test]
fn a_team_renames_itself_before_the_start_and_staff_afterwards() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        contest.go("publish").await.ok(200);
        let team = contest.team("Red").await;
        let path = contest.path(&format!("teams/{}", team.id));
        let renamed =
            team.client.patch(&path, json!({"name": "Crimson", "email": "c@example.org"})).await.ok(200);
        assert_eq!((&renamed["name"], &renamed["email"]), (&json!("Crimson"), &json!("c@example.org")));
        contest.start().await;
        team.client.patch(&path, json!({"name": "Scarlet"})).await.refused(409, "contest-started");
        app.admin().patch(&path, json!({"name": "Scarlet"})).await.ok(200);
        assert_eq!(contest.board().await[0]["team"], "Scarlet");
        contest.team("Crimson").await;
    });
}

#[test]
fn who_leaves_keeps_its_book_and_leaves_the_board() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let path = contest.path(&format!("teams/{}", red.id));
        let left = red.client.poke(&format!("{path}/withdraw")).await.ok(200);
        assert_eq!(left["state"], "withdrawn");
        red.client.poke(&format!("{path}/withdraw")).await.refused(409, "team-inactive");
        let names: Vec<Value> = contest.board().await.iter().map(|row| row["team"].clone()).collect();
        assert_eq!(names, [json!("Blue")]);
        assert_eq!(red.ledger().await.len(), 1);
        // Its name stays taken, because its book is still there.
        app.anyone()
            .post(&contest.path("teams"), json!({"name": "Red"}))
            .await
            .refused(409, "team-name-taken");
        blue.draw().await;
    });
}

#[test]
fn a_team_that_is_deleted_before_the_start_is_forgotten() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[choice("q")]).await;
        contest.go("publish").await.ok(200);
        let team = contest.team("Red").await;
        let path = contest.path(&format!("teams/{}", team.id));
        assert_eq!(team.client.delete(&path).await.status, 204);
        team.client.get(&path).await.refused(401, "not-authenticated");
        app.admin().get(&path).await.refused(404, "not-found");
        assert_eq!(app.number("SELECT count(*) FROM member").await, 0);
        contest.team("Red").await;
        assert_eq!(app.anyone().all(&contest.path("teams"), 10).await.len(), 1);
    });
}

#[test]
fn teams_are_listed_in_the_order_they_came_without_their_secrets() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let teams = contest.teams(5).await;
        let listed = app.anyone().all(&contest.path("teams"), 2).await;
        let ids: Vec<_> = listed.iter().map(|team| team["id"].as_str().unwrap()).collect();
        assert_eq!(ids, teams.iter().map(|team| team.id.as_str()).collect::<Vec<_>>());
        let page = app.anyone().get(&contest.path("teams")).await;
        assert!(teams.iter().all(|team| !page.body.contains(&team.join_code)), "{}", page.body);
        assert!(!page.body.contains("email"));
        app.anyone().get(&contest.path("teams?cursor=nonsense")).await.refused(422, "invalid");
    });
}

#[test]
fn registration_closes_with_the_contest_and_opens_for_staff_first() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        contest.team("Early").await;
        contest.go("publish").await.ok(200);
        contest.start().await;
        app.anyone().post(&contest.path("teams"), json!({"name": "Latecomers"})).await.ok(201);
        contest.go("end").await.ok(200);
        for client in [app.anyone(), app.admin()] {
            client
                .post(&contest.path("teams"), json!({"name": "Too late"}))
                .await
                .refused(409, "registration-closed");
        }
    });
}

#[test]
fn teams_are_found_by_a_part_of_their_name() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        for name in ["Red Pandas", "Rote Füchse", "100 % Blau"] {
            contest.team(name).await;
        }
        let found = async |client: &Client, name: &str| {
            let rows = client.get(&contest.path(&format!("teams?name={name}"))).await.ok(200);
            let names =
                rows["data"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        for (part, names) in [
            ("PANDA", vec!["Red Pandas"]),
            ("f%C3%BCchs", vec!["Rote Füchse"]),
            ("R", vec!["Red Pandas", "Rote Füchse"]),
            ("%25", vec!["100 % Blau"]),
            ("_", vec![]),
        ] {
            assert_eq!(found(&app.anyone(), part).await, names, "{part}");
        }
        app.anyone().get(&contest.path("teams?name=a%00")).await.refused(422, "invalid");
        let public = app.anyone().get(&contest.path("teams")).await.ok(200);
        assert!(public["data"].as_array().unwrap().iter().all(|team| team.get("join_code").is_none()));
        let staff = app.admin().get(&contest.path("teams")).await.ok(200);
        assert!(staff["data"].as_array().unwrap().iter().all(|team| team["join_code"].is_string()));
    });
}
