//! The desk of staff on the day: teams, answers, what goes on, and what was done.

use std::time::Instant;

use serde_json::{Value, json};

use super::staff::at;
use crate::support::{Browser, TestApp, choice, until};

#[test]
fn a_team_is_found_moved_hidden_given_time_and_disqualified() {
    TestApp::run(async |app| {
        let contest = app.contest(json!({"divisions": ["Juniors"]}), &[choice("q0")]).await;
        for n in 0..60 {
            contest.team(&format!("Crowd {n}")).await;
        }
        let red = contest.team("Red Pandas").await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "teams").await;
        page.becomes("document.querySelectorAll('tbody th button.text').length === 50").await;
        page.click("button", "Show more").await;
        page.becomes("document.querySelectorAll('tbody th button.text').length === 61").await;
        page.fill("#find-team", "PANDAS").await;
        page.becomes("document.querySelectorAll('tbody th button.text').length === 1").await;
        page.click("th button", "Red Pandas").await;
        page.sees("code", &red.join_code).await;
        page.choose(&format!("#division-{}", red.id), "Juniors").await;
        page.replace(&format!("#minutes-{}", red.id), "5").await;
        page.fill(&format!("#reason-{}", red.id), "Their laptop died").await;
        page.click("label", "Hidden").await;
        page.click(".preview form button", "Save").await;
        page.sees(".good", "Saved").await;
        let read = async || contest.admin.get(&contest.path(&format!("teams/{}", red.id))).await.ok(200);
        let now = read().await;
        assert_eq!(
            (&now["division"], &now["hidden"], &now["extra_time_ms"]),
            (&json!("Juniors"), &json!(true), &json!(300_000))
        );
        page.replace(&format!("#name-{}", red.id), "Crowd 1").await;
        page.click(".preview form button", "Save").await;
        page.sees(".wrong", "name").await;

        page.click("button", "Disqualify").await;
        page.fill("#asked", "Passed answers on").await;
        page.click("dialog button", "Disqualify").await;
        page.sees(".notice", "Passed answers on").await;
        assert_eq!(read().await["state"], "disqualified");
        page.click("button", "Reinstate").await;
        page.fill("#asked", "It was not them").await;
        page.click("dialog button", "Reinstate").await;
        page.sees("button", "Disqualify").await;
        page.click("button", "New recovery code").await;
        page.click("#confirm-yes", "New recovery code").await;
        page.sees(".notice code", "pdm_team_").await;
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn a_crowd_that_registers_at_once_is_read_a_few_times() {
    TestApp::run(async |app| {
        let contest = app.play(0).await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "teams").await;
        page.sees(".desk-part .empty", "No team yet").await;
        let (before, began) = (page.asked("/teams?limit=50"), Instant::now());
        contest.teams(30).await;
        page.becomes("document.querySelectorAll('tbody th button.text').length === 30").await;
        // Twice a second.
        let most = 2 + 2 * usize::try_from(began.elapsed().as_secs() + 1).unwrap();
        let read = page.asked("/teams?limit=50") - before;
        assert!((1..=most).contains(&read), "{read} times, and {most} at most");
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn a_team_that_is_deleted_before_the_start_is_gone() {
    TestApp::run(async |app| {
        let contest = app.draft(json!({}), &[]).await;
        contest.team("Red").await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "teams").await;
        page.click("th button", "Red").await;
        page.click(".preview button", "Delete").await;
        page.click("#confirm-yes", "Delete").await;
        page.sees(".desk-part .empty", "No team yet").await;
        contest.team("Red").await;
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn every_team_has_its_slip_and_nothing_else_is_printed() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "teams").await;
        page.click("button", "Join codes to print").await;
        for team in [&red, &blue] {
            page.sees(".slip", &team.join_code).await;
            page.sees(".slip h3", &team.name).await;
        }
        page.sees(".slip .given", &contest.code).await;
        page.on_paper(true).await;
        page.becomes("!document.querySelector('.bar').checkVisibility() && !document.querySelector('.desk-tabs').checkVisibility()").await;
        page.sees(".slip", "Red").await;
        page.on_paper(false).await;
        page.click("button", "Back to the teams").await;
        page.sees("th button", "Red").await;
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn answers_are_found_and_points_put_right() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let (red, blue) = (contest.team("Red").await, contest.team("Blue").await);
        for (team, question, answer) in [(&red, "q0", "A"), (&blue, "q1", "B")] {
            let held = team.claim(contest.question(question)).await;
            team.answer(&held, answer).await.ok(200);
        }
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "submissions").await;
        page.becomes("document.querySelectorAll('.desk-part tbody tr').length === 2").await;
        page.sees(".desk-part tbody tr:first-child", "Blue").await;
        page.choose("#by-verdict", "right").await;
        page.becomes("document.querySelectorAll('.desk-part tbody tr').length === 1").await;
        page.sees(".desk-part tbody tr", "Red").await;
        page.choose("#by-verdict", "All").await;
        page.choose("#by-team", "Blue").await;
        page.sees(".desk-part tbody tr", "q1").await;
        page.click("th button", "Blue").await;
        page.fill(&format!("#adjust-{}-amount", blue.id), "40").await;
        page.fill(&format!("#adjust-{}-reason", blue.id), "Read out late").await;
        page.click(".preview button", "Post to the ledger").await;
        page.sees(".good", "1,040").await;
        let taken = contest.admin.get(&blue.path(&format!("teams/{}", blue.id))).await.ok(200);
        assert_eq!(taken["points"], 1040);
        page.click(".desk-tabs button", "Teams").await;
        page.click("th button", "Blue").await;
        page.click("summary", "Every change").await;
        page.click("td button", "Take back").await;
        page.fill("#asked", "The wrong team").await;
        page.click("dialog button", "Take back").await;
        until("it is taken back", async || {
            let team = contest.admin.get(&blue.path(&format!("teams/{}", blue.id))).await.ok(200);
            (team["points"] == 1000).then_some(())
        })
        .await;
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn the_monitor_follows_and_says_when_it_is_old() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let red = contest.team("Red").await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "overview").await;
        page.sees(".light[data-light=amber] dd", "1").await;
        page.sees("td", "2 of 2").await;
        page.sees(".plot canvas", "").await;
        let held = red.claim(contest.question("q0")).await;
        page.sees("td", "1 of 2").await;
        red.answer(&held, "A").await.ok(200);
        red.ask("May we?").await.ok(201);
        page.sees(".bad", "One question waits").await;
        page.sees("p", "One in the last minute, 1 of it right").await;
        page.offline(true).await;
        page.sees(".notice", "These are the figures of").await;
        page.sees("td", "1 of 2").await;
        page.offline(false).await;
        page.becomes("!document.querySelector('.panels .notice')").await;
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn reports_are_tables_and_plots_and_files() {
    TestApp::run(async |app| {
        let contest = app.play(2).await;
        let red = contest.team("Red").await;
        let held = red.claim(contest.question("q0")).await;
        red.answer(&held, "A").await.ok(200);
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "reports").await;
        let plots = "[...document.querySelectorAll('.plot-picture canvas')].some((one) => one.checkVisibility() && one.width > 100)";
        page.becomes(plots).await;
        page.click("summary", "The figures").await;
        page.sees(".plot td", "1").await;
        page.click("[role=group] button", "Questions").await;
        page.sees("th", "What is q0?").await;
        page.becomes(plots).await;
        page.click("[role=group] button", "A team").await;
        page.choose("#statement-team", "Red").await;
        page.sees("td", "1,100").await;
        page.becomes(plots).await;
        page.click("[role=group] button", "Top players").await;
        page.sees(".empty", "No account came to points").await;
        page.click("button", "CSV").await;
        for scheme in ["dark", "light"] {
            page.prefer(scheme).await;
        }
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn the_log_is_narrowed_and_read_to_its_end() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        for n in 0..60 {
            contest.team(&format!("Crowd {n}")).await;
        }
        contest.go("pause").await.ok(200);
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "audit").await;
        page.sees("th", "pause_contest").await;
        page.becomes("document.querySelectorAll('.desk-part tbody tr').length === 50").await;
        page.click("button", "Show more").await;
        page.sees("th", "create_contest").await;
        page.click("th button", "pause_contest").await;
        page.sees("td", "\"running\"").await;
        page.fill("#audit-action", "pause_contest").await;
        page.click("button", "Narrow the list").await;
        page.becomes("document.querySelectorAll('.desk-part tbody tr').length === 1").await;
        page.must_be_clean(&app.first().base);
    });
}

#[test]
fn every_export_comes_and_what_looks_like_a_formula_is_quoted() {
    TestApp::run(async |app| {
        let contest = app.play(1).await;
        contest.team("=1+1").await;
        let browser = Browser::start().await;
        let page = at(app, &browser, &contest, "exports").await;
        page.sees("strong", "Event log").await;
        // What would be saved is kept instead, to be looked at.
        page.value("(() => { window.saved = []; URL.createObjectURL = (file) => { file.text().then((text) => window.saved.push(text)); return '#'; }; return true; })()").await;
        let buttons =
            page.value("document.querySelectorAll('.desk-part .list button').length").await.as_i64().unwrap();
        for n in 0..buttons {
            page.value(&format!("document.querySelectorAll('.desk-part .list button')[{n}].click()")).await;
            page.becomes(&format!("window.saved.length === {}", n + 1)).await;
        }
        let saved: Vec<Value> = page.value("window.saved").await.as_array().unwrap().clone();
        let texts: Vec<_> = saved.iter().map(|text| text.as_str().unwrap()).collect();
        assert!(texts[0].contains("1,'=1+1,,1000,,0\r\n"), "{}", texts[0]);
        for told in ["external_id", "team_registered", "register_team"] {
            assert!(texts.iter().any(|text| text.contains(told)), "{told}");
        }
        page.must_be_clean(&app.first().base);
    });
}
