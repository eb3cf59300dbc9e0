//! A1 stands on two layers: row locks, and a unique index. These races ask for the promise only,
//! not for the words of the losers, so that `script/prove-layers` can take either layer away.

use serde_json::{Value, json};

use crate::support::{TestApp, fifty};

const ROUNDS: usize = 5;

/// Fifty teams on two servers want one question; one gets it, nobody hears of an error of ours.
fn one_gets_it(wish: impl Fn(&str) -> Value) {
    TestApp::run(async |app| {
        let other = app.instance().await;
        for _ in 0..ROUNDS {
            let contest = app.play(1).await;
            let teams = contest.teams(50).await;
            let wish = wish(contest.question("q0"));
            let replies = fifty(async |n| {
                let server = if n % 2 == 0 { app.first() } else { &other };
                teams[n].at(server).take(wish.clone()).await
            })
            .await;
            let won = replies.iter().filter(|reply| reply.status == 201).count();
            let lost = replies.iter().filter(|reply| reply.status == 409).count();
            assert_eq!((won, lost), (1, 49));
            let count = format!("SELECT count(*) FROM assignment WHERE contest_id = '{}'", contest.id);
            assert_eq!(app.number(&count).await, 1);
        }
    });
}

#[test]
fn a_named_question_goes_to_one_team() {
    one_gets_it(|question| json!({"question_id": question}));
}

#[test]
fn the_last_question_goes_to_one_team() {
    one_gets_it(|_| json!({}));
}

/// So that a proof of one layer cannot quietly run with both.
#[test]
fn the_layer_that_is_said_to_be_gone_is_gone() {
    TestApp::run(async |app| {
        let index = "SELECT count(*) FROM pg_indexes WHERE indexname = 'question_taken'";
        let dropped = std::env::var("TEST_DROP_INDEX").is_ok_and(|name| name == "question_taken");
        assert_eq!(app.number(index).await, i64::from(!dropped));
        assert_eq!(podium::db::LOCKS, cfg!(not(without_locks)));
    });
}
