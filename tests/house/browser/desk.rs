//! The desk of staff: what is written, changed, refused, and changed by two at once.

use serde_json::json;

use super::staff::at;
use crate::support::{Browser, TestApp, choice};

#[test]
fn a_question_is_written_previewed_placed_and_written_again() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "questions").await;
        page.click("button", "New question").await;
        page.click("button", "Save and place").await;
        page.sees(".wrong", "").await;
        page.fill("#text", "Which is **bold**?").await;
        page.sees(".preview strong", "bold").await;
        page.fill("#option-0", "This one").await;
        page.fill("#option-1", "That one").await;
        page.fill("#category", "Style").await;
        page.click("button", "Save and place").await;
        page.sees(".good", "Saved").await;
        page.click("button", "Back").await;
        page.sees("td", "Style").await;
        let placed = &contest.admin.all(&contest.path("questions"), 200).await[0];
        assert_eq!((&placed["text"], &placed["state"]), (&json!("Which is **bold**?"), &json!("open")));

        page.click("th button", "Which is").await;
        page.click("button", "Lock it").await;
        page.sees("td", "locked").await;
        page.click("button", "Edit").await;
        page.choose("#kind", "A number").await;
        page.replace("#answer", "3.5").await;
        page.replace("#text", "How much is it?").await;
        page.replace("#points", "250").await;
        page.click("button", "Save").await;
        page.sees(".good", "Saved").await;
        let placed = &contest.admin.all(&contest.path("questions"), 200).await[0];
        assert_eq!(
            (&placed["kind"], &placed["points"], &placed["version"]),
            (&json!("numeric"), &json!(250), &json!(2))
        );
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn two_who_edit_one_question_lose_nothing() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[choice("q0")]).await;
        let (browser, id) = (Browser::start().await, contest.question("q0").to_owned());
        let page = at(app, &browser, &contest, "questions").await;
        page.click("th button", "What is q0?").await;
        page.click("button", "Edit").await;
        page.replace("#text", "Mine").await;
        let theirs = json!({"external_id": "q0", "kind": "text", "text": "Theirs", "answer": "yes"});
        contest.admin.put_if(&format!("questions/{id}"), 1, theirs).await.ok(200);
        page.click("button", "Save").await;
        page.sees("dialog", "text: Theirs").await;
        page.click("dialog button", "Cancel").await;
        page.sees("[role=alert]", "version").await;
        page.becomes("document.querySelector('#text').value === 'Mine'").await;
        page.click("form button", "Save").await;
        page.click("#confirm-yes", "Save mine").await;
        page.sees(".good", "Saved").await;
        let now = contest.admin.get(&format!("questions/{id}")).await.ok(200);
        assert_eq!((&now["text"], &now["version"]), (&json!("Mine"), &json!(3)));
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn a_question_of_the_bank_is_placed_and_one_that_is_in_use_stays() {
    TestApp::run(async |app| {
        let other = app.draft(json!({}), &[choice("known")]).await;
        let contest = app.contest(json!({}), &[choice("q0")]).await;
        contest.team("Red").await.claim(contest.question("q0")).await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "questions").await;
        page.click("button", "From the bank").await;
        page.fill("#find-question", "known").await;
        page.becomes("document.querySelectorAll('.list li .text').length === 1").await;
        page.click(".list li .text", "known").await;
        page.click("button", "Take it out of the bank").await;
        page.click("#confirm-yes", "Take it out").await;
        page.sees("[role=alert]", "given this question").await;
        page.click("button", "Place it here").await;
        page.fill("#category", "Again").await;
        page.click("button", "Save and place").await;
        page.sees(".good", "Saved").await;
        assert_eq!(contest.admin.all(&contest.path("questions"), 200).await.len(), 2);
        assert_eq!(other.admin.all(&other.path("questions"), 200).await.len(), 1);
        page.click("button", "Back").await;
        page.click("th button", "What is q0?").await;
        page.click("button", "Edit").await;
        page.sees(".notice", "A team was given this question").await;
        page.replace("#text", "For another day").await;
        page.click("button", "Save to the bank").await;
        page.sees(".good", "Saved").await;
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn a_box_is_offered_edited_and_not_overwritten_unseen() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "boxes").await;
        page.replace("#price-EASY", "-5").await;
        page.replace("#reward-EASY", "400").await;
        page.value("document.querySelector('#price-EASY').form.noValidate = true").await;
        page.click("form button", "Offer it").await;
        page.sees(".wrong", "").await;
        page.replace("#price-EASY", "150").await;
        page.click("form button", "Offer it").await;
        page.sees(".good", "Saved").await;
        let offered = contest.admin.get(&contest.path("mystery-boxes")).await.ok(200)["data"][0].clone();
        assert_eq!((&offered["price"], &offered["reward"]), (&json!(150), &json!(400)));
        let path = contest.path(&format!("mystery-boxes/{}", offered["id"].as_str().unwrap()));
        contest.admin.patch_if(&path, 1, json!({"price": 175})).await.ok(200);
        page.replace("#price-EASY", "200").await;
        page.click("form button", "Save").await;
        page.sees("dialog", "price: 175").await;
        page.click("#confirm-yes", "Save mine").await;
        page.sees(".good", "Saved").await;
        let price = async || {
            contest.admin.get(&contest.path("mystery-boxes")).await.ok(200)["data"][0]["price"].clone()
        };
        assert_eq!(price().await, 200);
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn the_rules_are_changed_refused_and_changed_by_two() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({"divisions": ["Juniors", "Seniors"]}), &[]).await;
        let game = contest.game(false).await;
        let junior = json!({"name": "Red", "division": "Juniors"});
        contest.admin.post(&contest.path("teams"), junior).await.ok(201);
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "settings").await;
        page.replace("#set-minutes", "90").await;
        page.choose("#set-game", "A game").await;
        page.click("form button", "Save").await;
        page.sees("dialog", "Length in minutes").await;
        page.sees("dialog", "Played of the game: – → A game").await;
        page.click("#confirm-yes", "Save").await;
        page.sees(".good", "Saved").await;
        let now = contest.read().await;
        assert_eq!((&now["duration_ms"], &now["game_id"]), (&json!(5_400_000), &json!(game)));
        page.replace("#set-divisions", "Seniors").await;
        page.click("form button", "Save").await;
        page.click("#confirm-yes", "Save").await;
        page.sees(".wrong", "division").await;
        page.replace("#set-divisions", "Juniors, Seniors").await;
        let version = contest.read().await["version"].as_i64().unwrap();
        contest
            .admin
            .patch_if(&format!("contests/{}", contest.id), version, json!({"name": "Theirs"}))
            .await
            .ok(200);
        page.replace("#set-name", "Mine").await;
        page.click("form button", "Save").await;
        page.click("#confirm-yes", "Save").await;
        page.sees("dialog", "name: Theirs").await;
        page.click("#confirm-yes", "Save mine").await;
        page.sees(".good", "Saved").await;
        assert_eq!(contest.read().await["name"], "Mine");
        page.must_be_clean(&app.first().base);
    });
}
