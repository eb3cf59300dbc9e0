//! Games and their boards: each account by its best score, ranked the same with Redis and without,
//! whatever becomes of Redis.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Account, Client, Contest, Instance, Redis, TestApp, choice, fifty, logged, tally, until,
};

/// A game that takes reports.
async fn reported(app: &TestApp) -> String {
    let game = json!({"slug": "sprint", "title": "Sprint", "self_reported": true});
    app.admin().post("games", game).await.ok(201)["id"].as_str().unwrap().to_owned()
}

async fn report(of: &Client, score: i64) -> Value {
    of.post("games/sprint/scores", json!({"score": score})).await.ok(201)
}

async fn rank(of: &Client) -> Value {
    of.get("games/sprint/my_rank").await.ok(200)
}

#[test]
fn each_account_is_ranked_by_its_best_score_and_equal_ones_share_a_rank() {
    TestApp::run(async |app| {
        let id = reported(app).await;
        for (name, scores) in
            [("ada", &[40, 50][..]), ("bob", &[50]), ("eve", &[70, 10]), ("kim", &[-5]), ("joe", &[])]
        {
            let account = app.account(name).await;
            for score in scores {
                report(&account.client, *score).await;
            }
        }
        let expected = json!([["eve", 1, 70], ["ada", 2, 50], ["bob", 2, 50], ["kim", 4, -5]]);
        for limit in [1, 2, 3, 200] {
            let rows = app.anyone().all(&format!("games/{id}/leaderboard"), limit).await;
            let seen: Vec<_> =
                rows.iter().map(|row| json!([row["name"], row["rank"], row["score"]])).collect();
            assert_eq!(json!(seen), expected, "in pages of {limit}");
        }
        let of = async |name| {
            let tokens = crate::support::sign_in(&app.anyone(), name, crate::support::PASSWORD).await.ok(200);
            rank(&app.anyone().bearer(tokens["access_token"].as_str().unwrap())).await
        };
        assert_eq!(of("bob").await, json!({"rank": 2, "score": 50, "others": 3}));
        assert_eq!(of("joe").await, json!({"rank": null, "score": null, "others": 4}));
    });
}

#[test]
fn a_page_can_have_an_account_in_its_middle() {
    TestApp::run(async |app| {
        let game = reported(app).await;
        crowd(app, &game, 40).await;
        app.execute("UPDATE high_score SET score = score % 7").await;
        let all = app.anyone().all("games/sprint/leaderboard", 200).await;
        for (place, row) in all.iter().enumerate() {
            let path =
                format!("games/sprint/leaderboard?limit=5&around={}", row["account_id"].as_str().unwrap());
            let page = app.anyone().get(&path).await.ok(200);
            let from = place.saturating_sub(2);
            assert_eq!(page["data"], json!(all[from..all.len().min(from + 5)]), "around place {place}");
        }
        let nobody = app.account("ada").await.id;
        let top =
            app.anyone().get(&format!("games/sprint/leaderboard?limit=5&around={nobody}")).await.ok(200);
        assert_eq!(top["data"], json!(all[..5]), "whoever has no score is nowhere");
        app.anyone().get("games/sprint/leaderboard?around=x").await.refused(422, "invalid");
    });
}

#[test]
fn every_report_is_kept_and_its_reply_says_what_is_best() {
    TestApp::run(async |app| {
        let game = reported(app).await;
        let (ada, bob) = (app.account("ada").await, app.account("bob").await);
        let heard =
            [report(&ada.client, 7).await, report(&ada.client, 3).await, report(&ada.client, 9).await];
        let told: Vec<_> = heard.iter().map(|h| json!([h["score"], h["best"], h["improved"]])).collect();
        assert_eq!(json!(told), json!([[7, 7, true], [3, 7, false], [9, 9, true]]));
        assert!(heard.iter().all(|h| h["game_id"] == game.as_str()));
        let own = ada.client.all("games/sprint/my_scores", 2).await;
        let scores: Vec<_> = own.iter().map(|kept| kept["score"].as_i64().unwrap()).collect();
        assert_eq!(scores, [9, 3, 7], "the newest first");
        assert!(bob.client.all("games/sprint/my_scores", 2).await.is_empty());
        let keyed = ada.client.keyed("once");
        report(&keyed, 11).await;
        assert!(keyed.post("games/sprint/scores", json!({"score": 11})).await.replayed());
        assert_eq!(app.number("SELECT count(*) FROM reported_score").await, 4);
    });
}

#[test]
fn a_game_is_changed_while_scores_come_in() {
    TestApp::run(async |app| {
        reported(app).await;
        // What is written of a score refers to its game until it is committed.
        let score = app.connect().await;
        score.batch_execute("BEGIN; SELECT FROM game FOR KEY SHARE").await.unwrap();
        let change = json!({"title": "Sprint", "time_zone": "Asia/Tokyo"});
        app.admin().patch_if("games/sprint", 1, change).await.ok(200);
        score.batch_execute("ROLLBACK").await.unwrap();
    });
}

#[test]
fn of_fifty_scores_at_once_all_are_kept_and_the_best_one_stays() {
    TestApp::run(async |app| {
        reported(app).await;
        let (ada, bob) = (app.account("ada").await, app.account("bob").await);
        let score = |n: usize| (n * 37 % 50) as i64;
        let replies = fifty(async |n: usize| {
            let who = if n.is_multiple_of(2) { &ada } else { &bob };
            who.client.post("games/sprint/scores", json!({"score": score(n)})).await
        })
        .await;
        assert_eq!(tally(&replies), ["50 × 201"]);
        for reply in &replies {
            assert!(reply.json["best"].as_i64() >= reply.json["score"].as_i64(), "{}", reply.body);
        }
        for (who, odd) in [(&ada, 0), (&bob, 1)] {
            let best = (0..50).filter(|n| n % 2 == odd).map(score).max();
            assert_eq!(rank(&who.client).await["score"].as_i64(), best);
        }
        assert_eq!(app.number("SELECT count(*) FROM reported_score").await, 50);
    });
}

#[test]
fn only_accounts_report_and_only_what_a_double_holds() {
    TestApp::run(async |app| {
        reported(app).await;
        let (ada, team) = (app.account("ada").await, app.play(0).await.team("Red").await);
        for good in [9_007_199_254_740_991_i64, -9_007_199_254_740_991] {
            assert_eq!(report(&ada.client, good).await["score"], good);
        }
        for bad in [json!(9_007_199_254_740_992_i64), json!(1.5), json!("7"), json!(null), json!(1e300)] {
            let refused = ada.client.post("games/sprint/scores", json!({"score": bad})).await;
            assert_eq!(refused.refused(422, "invalid")["errors"][0]["pointer"], "/score");
        }
        let score = || json!({"score": 1});
        team.client.post("games/sprint/scores", score()).await.refused(403, "not-allowed");
        app.admin().post("games/sprint/scores", score()).await.refused(403, "not-allowed");
        app.anyone().post("games/sprint/scores", score()).await.refused(401, "not-authenticated");
        ada.client.post("games/nothing/scores", score()).await.refused(404, "not-found");
        for path in ["leaderboard?cursor=x", "leaderboard?limit=x", "my_scores?cursor=x"] {
            ada.client.get(&format!("games/sprint/{path}")).await.refused(422, "invalid");
        }
        for slug in ["", "Capitals", "a b", "a--b", "-a", "a-", "ä", &"x".repeat(31)] {
            let game = json!({"slug": slug, "title": "A game"});
            let refused = app.admin().post("games", game).await.refused(422, "invalid");
            assert_eq!(refused["errors"][0]["pointer"], "/slug", "{slug:?}");
        }
    });
}

/// Thousands who have a score, made behind the server's back; many of them equal.
async fn crowd(app: &TestApp, game: &str, count: u32) {
    app.execute(&format!(
        "WITH made AS (
            INSERT INTO account (id, name, name_key, name_skeleton, password_hash)
            SELECT gen_random_uuid(), 'user ' || n, 'user ' || n, 'user ' || n, '$argon2id$none'
            FROM generate_series(1, {count}) n RETURNING id, substr(name, 6)::bigint AS n)
         INSERT INTO high_score (game_id, account_id, score) SELECT '{game}', id, n * 7919 % 10007 FROM made"
    ))
    .await;
}

/// How often Redis counted on this instance.
async fn by_redis(app: &TestApp, instance: &Instance) -> f64 {
    let page = app.admin().at(instance).get("/metrics").await.body;
    let line = page.lines().find_map(|line| line.strip_prefix("podium_ranks_total{by=\"redis\"} "));
    line.map_or(0.0, |count| count.parse().unwrap())
}

/// Somebody whose rank is looked at on two instances with a Redis and one without.
struct Hall<'a> {
    app: &'a TestApp,
    pair: [Instance; 2],
    game: String,
    ada: Account,
}

impl<'a> Hall<'a> {
    async fn open(app: &'a TestApp, redis: &Redis, count: u32) -> Self {
        let game = reported(app).await;
        crowd(app, &game, count).await;
        let pair = [app.instance_with(&redis.url).await, app.instance_with(&redis.url).await];
        let hall = Self { app, pair, game, ada: app.account("ada").await };
        report(&hall.ada.client, 1).await;
        hall.until_redis_counts().await;
        hall
    }

    /// The rank by definition.
    async fn counted(&self) -> Value {
        let own = format!("(SELECT score FROM high_score WHERE account_id = '{}')", self.ada.id);
        let count =
            |which: &str| format!("SELECT count(*) {which} FROM high_score WHERE game_id = '{}'", self.game);
        let ahead = self.app.number(&count(&format!("FILTER (WHERE score > {own})"))).await;
        let all = self.app.number(&count("")).await;
        json!({"rank": ahead + 1, "score": self.app.number(&format!("SELECT {own}")).await, "others": all - 1})
    }

    /// A new score is seen at once everywhere, whoever counts.
    async fn must_be_right(&self, score: i64, what: &str) {
        let [one, two] = &self.pair;
        report(&self.ada.client.at(one), score).await;
        let expected = self.counted().await;
        assert_eq!(expected["score"], score);
        for (place, client) in
            [self.ada.client.at(one), self.ada.client.at(two), self.ada.client.clone()].iter().enumerate()
        {
            assert_eq!(rank(client).await, expected, "{what}, at {place}");
        }
    }

    /// Until both instances get their ranks from Redis, and the right ones meanwhile.
    async fn until_redis_counts(&self) {
        let expected = self.counted().await;
        for instance in &self.pair {
            let before = by_redis(self.app, instance).await;
            until("Redis counts", async || {
                assert_eq!(rank(&self.ada.client.at(instance)).await, expected);
                (by_redis(self.app, instance).await > before).then_some(())
            })
            .await;
        }
    }
}

#[test]
fn whatever_becomes_of_redis_every_rank_is_right() {
    TestApp::run(async |app| {
        let mut redis = Redis::start().await;
        let hall = Hall::open(app, &redis, 20_000).await;
        hall.must_be_right(100, "Redis is there").await;

        redis.empty().await;
        hall.must_be_right(200, "emptied").await;
        hall.until_redis_counts().await;

        redis.stop();
        hall.must_be_right(300, "stopped").await;
        hall.must_be_right(400, "still stopped").await;
        redis.go_on();
        hall.until_redis_counts().await;
        hall.must_be_right(500, "going on").await;

        redis.kill().await;
        hall.must_be_right(600, "killed").await;
        redis.revive().await;
        hall.until_redis_counts().await;
        hall.must_be_right(700, "back, and empty").await;
    });
}

#[test]
fn a_set_that_is_old_or_of_another_life_is_not_believed() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let hall = Hall::open(app, &redis, 2_000).await;
        let set = format!("{}:ranks:{}", app.url, hall.game);
        let old = format!("{set}:old");
        redis.command(&["COPY", &set, &old]).await;
        hall.must_be_right(5_000, "before").await;
        // As Redis comes back with a copy from the disk; then both instances know more than it does.
        redis.command(&["COPY", &old, &set, "REPLACE"]).await;
        for instance in &hall.pair {
            assert_eq!(rank(&hall.ada.client.at(instance)).await, hall.counted().await);
        }
        hall.until_redis_counts().await;
        redis.command(&["COPY", &old, &set, "REPLACE"]).await;
        hall.must_be_right(6_000, "an old copy, and a new score").await;
        // Known to hold what PostgreSQL has not come to: the database was restored from a backup.
        redis.command(&["DEL", &set]).await;
        let mark = "x/9999/4611686018427387904/x";
        redis.command(&["ZADD", &set, "-inf", mark, "1", &hall.ada.id]).await;
        hall.must_be_right(7_000, "a set from the future").await;
        hall.until_redis_counts().await;
        hall.must_be_right(8_000, "and loaded anew").await;
    });
}

#[test]
fn a_board_that_was_brought_from_another_cluster_is_counted_by_redis() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let hall = Hall::open(app, &redis, 6_000).await;
        app.execute("UPDATE high_score SET changed = 1::bigint << 60").await;
        redis.empty().await;
        hall.until_redis_counts().await;
        hall.must_be_right(100, "after a restore").await;
    });
}

#[test]
fn a_load_that_fails_leaves_nothing_in_redis() {
    TestApp::run(async |app| {
        let (redis, game) = (Redis::start().await, reported(app).await);
        // The last one to be loaded has a score that Redis cannot rank by.
        crowd(app, &game, 10_001).await;
        app.execute(&format!(
            "INSERT INTO account (id, name, name_key, name_skeleton, password_hash)
             VALUES ('ffffffff-ffff-4fff-bfff-ffffffffffff', 'last', 'last', 'last', '$argon2id$none');
             INSERT INTO high_score VALUES ('{game}', 'ffffffff-ffff-4fff-bfff-ffffffffffff', 1::bigint << 60)"
        ))
        .await;
        let (instance, ada) = (app.instance_with(&redis.url).await, app.account("ada").await);
        assert_eq!(rank(&ada.client.at(&instance)).await["others"], 10_002);
        let failed = |line: &str| line.contains(&game) && line.contains("could not be loaded into Redis");
        until("the load fails", async || logged().lines().any(failed).then_some(())).await;
        assert_eq!(redis.keys("*:ranks:*").await, [""; 0]);
    });
}

#[test]
fn while_scores_come_in_everywhere_each_is_seen_once_it_was_acknowledged() {
    TestApp::run(async |app| {
        let redis = Redis::start().await;
        let hall = Hall::open(app, &redis, 500).await;
        let names: Vec<_> = (0..6).map(|n| format!("player {n}")).collect();
        let players = join_all(names.iter().map(|name| app.account(name))).await;
        join_all(players.iter().enumerate().map(|(n, player)| {
            let (at, other) = (&hall.pair[n % 2], &hall.pair[(n + 1) % 2]);
            async move {
                for score in 1..=25 {
                    report(&player.client.at(at), score * 100).await;
                    let seen = rank(&player.client.at(other)).await;
                    assert_eq!(seen["score"], score * 100, "{}", player.name);
                }
            }
        }))
        .await;
        let rows = app.anyone().at(&hall.pair[0]).all(&format!("games/{}/leaderboard", hall.game), 100).await;
        let ids: BTreeSet<_> = rows.iter().map(|row| row["account_id"].as_str().unwrap()).collect();
        assert_eq!((rows.len(), ids.len()), (507, 507), "pages neither repeat nor leave out");
        for (place, row) in rows.iter().enumerate() {
            let ahead = rows.iter().filter(|other| other["score"].as_i64() > row["score"].as_i64()).count();
            assert_eq!(row["rank"], ahead + 1, "row {place}");
        }
        hall.must_be_right(9_999, "after all that").await;
    });
}

/// A contest of a game, in which these accounts play as teams.
async fn contest_of(app: &TestApp, game: &str, players: &[&Account]) -> Contest {
    let questions: Vec<_> = (0..9).map(|n| choice(&format!("q{n}"))).collect();
    let settings = json!({"game_id": game, "max_open_assignments": 9});
    let contest = app.contest(settings, &questions).await;
    for player in players {
        player.client.post(&contest.path("teams"), json!({"name": player.name})).await.ok(201);
    }
    contest
}

/// Answers one question right, worth 100.
async fn score(contest: &Contest, player: &Account) {
    let taken = player.client.post(&contest.path("assignments"), json!({})).await.ok(201);
    let path = contest.path(&format!("assignments/{}/submissions", taken["id"].as_str().unwrap()));
    player.client.post(&path, json!({"answer": "A"})).await.ok(200);
}

/// Waits until the board of a game is this, the best first.
async fn shows(app: &TestApp, game: &str, expected: Value) {
    until(&format!("the board is {expected}"), async || {
        let rows = app.anyone().all(&format!("games/{game}/leaderboard"), 200).await;
        let seen: Vec<_> = rows.iter().map(|row| json!([row["name"], row["rank"], row["score"]])).collect();
        (json!(seen) == expected).then_some(())
    })
    .await;
}

/// Waits until the boards of games hold all that has happened.
async fn credited(app: &TestApp) {
    app.settle().await;
    until("all is credited", async || {
        let behind = "SELECT count(*) FROM contest c LEFT JOIN credited_contest k ON k.contest_id = c.id
            WHERE (c.game_id IS NOT NULL OR k.game_id IS NOT NULL) AND (k.game_id, k.seq) IS DISTINCT FROM
                (c.game_id, (SELECT max(seq) FROM contest_event e WHERE e.contest_id = c.id))";
        (app.number(behind).await == 0).then_some(())
    })
    .await;
}

#[test]
fn the_best_of_many_contests_counts_and_what_is_not_public_does_not() {
    TestApp::run(async |app| {
        let game = app.draft(json!({}), &[]).await.game(false).await;
        let (ada, bob) = (app.account("ada").await, app.account("bob").await);
        let first = contest_of(app, &game, &[&ada, &bob]).await;
        let second = contest_of(app, &game, &[&ada]).await;
        score(&first, &ada).await;
        score(&second, &ada).await;
        score(&second, &ada).await;
        shows(app, &game, json!([["ada", 1, 1200], ["bob", 2, 1000]])).await;
        let own = bob.client.get(&format!("games/{game}/my_rank")).await.ok(200);
        assert_eq!(own, json!({"rank": 2, "score": 1000, "others": 1}));

        first.go("freeze").await.ok(200);
        for _ in 0..4 {
            score(&first, &bob).await;
        }
        credited(app).await;
        shows(app, &game, json!([["ada", 1, 1200], ["bob", 2, 1000]])).await;
        first.go("end").await.ok(200);
        first.go("thaw").await.ok(200);
        shows(app, &game, json!([["bob", 1, 1400], ["ada", 2, 1200]])).await;

        // Who is taken off one board has what there is on the others, or nothing.
        let team = async |contest: &Contest, name| {
            let of = format!("SELECT id FROM team WHERE name = '{name}' AND contest_id = '{}'", contest.id);
            contest.path(&format!("teams/{}", app.text(&of).await))
        };
        app.admin().patch(&team(&second, "ada").await, json!({"hidden": true})).await.ok(200);
        shows(app, &game, json!([["bob", 1, 1400], ["ada", 2, 1100]])).await;
        let path = format!("{}/disqualify", team(&first, "bob").await);
        app.admin().post(&path, json!({"reason": "Two phones"})).await.ok(200);
        shows(app, &game, json!([["ada", 1, 1100]])).await;

        // A contest that goes to another game takes its scores along.
        let other = second.game(false).await;
        for game_id in [json!(other), json!(null)] {
            let version = first.read().await["version"].as_i64().unwrap();
            let path = format!("contests/{}", first.id);
            app.admin().patch_if(&path, version, json!({"game_id": game_id})).await.ok(200);
            let expected = if game_id.is_null() { json!([]) } else { json!([["ada", 1, 1100]]) };
            shows(app, &other, expected).await;
            shows(app, &game, json!([])).await;
        }
    });
}

#[test]
fn a_contest_that_has_not_started_is_on_no_board() {
    TestApp::run(async |app| {
        let game = app.draft(json!({}), &[]).await.game(false).await;
        let ada = app.account("ada").await;
        let contest = app.draft(json!({"game_id": game}), &[]).await;
        contest.go("publish").await.ok(200);
        ada.client.post(&contest.path("teams"), json!({"name": "Red"})).await.ok(201);
        credited(app).await;
        shows(app, &game, json!([])).await;
        contest.start().await;
        shows(app, &game, json!([["ada", 1, 1000]])).await;
        app.admin()
            .post("contests", json!({"name": "Demo", "kind": "demo", "game_id": game}))
            .await
            .refused(422, "invalid");
    });
}

#[test]
fn a_contest_that_cannot_be_credited_keeps_no_other_one_waiting() {
    TestApp::run(async |app| {
        let game = app.draft(json!({}), &[]).await.game(false).await;
        let (ada, bob) = (app.account("ada").await, app.account("bob").await);
        let of_ada = contest_of(app, &game, &[&ada]).await;
        let of_bob = contest_of(app, &game, &[&bob]).await;
        shows(app, &game, json!([["ada", 1, 1000], ["bob", 1, 1000]])).await;
        app.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'not now'; END $$",
        )
        .await;
        // Whichever of them comes first.
        for (stuck, meanwhile, then) in [
            (
                &of_ada,
                json!([["bob", 1, 1100], ["ada", 2, 1000]]),
                json!([["ada", 1, 1100], ["bob", 1, 1100]]),
            ),
            (
                &of_bob,
                json!([["ada", 1, 1200], ["bob", 2, 1100]]),
                json!([["ada", 1, 1200], ["bob", 1, 1200]]),
            ),
        ] {
            app.execute(&format!(
                "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON contest_score FOR EACH ROW
                 WHEN (NEW.contest_id = '{}') EXECUTE FUNCTION refuse()",
                stuck.id
            ))
            .await;
            score(&of_ada, &ada).await;
            score(&of_bob, &bob).await;
            shows(app, &game, meanwhile).await;
            app.execute("DROP TRIGGER refuse ON contest_score").await;
            shows(app, &game, then).await;
        }
    });
}
