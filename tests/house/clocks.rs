//! A database whose clock is another: everything goes on, and operators are told.

use serde_json::Value;

use crate::support::{Client, TestApp, logged, until};

/// From now on, whoever connects and asks what time it is hears a clock that can be set. What
/// is done then is still done by the real one: this is about noticing.
const STRANGE_CLOCK: &str = "
    CREATE SCHEMA strange;
    CREATE TABLE strange.clock (ahead interval NOT NULL);
    INSERT INTO strange.clock VALUES ('0');
    CREATE FUNCTION strange.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM strange.clock';
    GRANT USAGE ON SCHEMA strange TO PUBLIC;
    GRANT SELECT ON strange.clock TO PUBLIC;
    DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = strange, pg_catalog, public', current_database());
    END $$";

async fn warnings(client: &Client) -> Vec<String> {
    let health = client.get("/health").await.ok(200);
    assert_eq!(health["status"], "ok", "users notice nothing");
    health["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

async fn offset(admin: &Client) -> f64 {
    let page = admin.get("/metrics").await.body;
    let line = page.lines().find_map(|line| line.strip_prefix("podium_clock_offset_seconds "));
    line.map_or(f64::NAN, |number| number.parse().unwrap())
}

#[test]
fn a_database_whose_clock_is_set_is_noticed_and_told() {
    TestApp::run(async |app| {
        app.execute(STRANGE_CLOCK).await;
        let here = app.instance().await;
        let admin = app.admin().at(&here);
        until("the clocks have been looked at", async || (offset(&admin).await.abs() < 1.0).then_some(()))
            .await;
        assert!(warnings(&admin).await.is_empty());

        app.execute("UPDATE strange.clock SET ahead = '1 hour'").await;
        let told =
            until("it is noticed", async || Some(warnings(&admin).await).filter(|w| w.len() == 2)).await;
        // Give or take what asking took.
        let hour = |sentence: &str, before: &str, after: &str| {
            let between = sentence.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            between.and_then(|told| told.parse::<f64>().ok()).is_some_and(|told| (told - 3600.0).abs() < 1.0)
        };
        let differs = |told: &str| hour(told, "the clock of this host is ", " s behind the database's");
        let was_set = |told: &str| hour(told, "the clock of the database was set forward by ", " s");
        assert!(differs(&told[0]) && was_set(&told[1]), "{told:?}");
        assert!((offset(&admin).await + 3600.0).abs() < 1.0);
        let page = admin.get("/metrics").await.body;
        assert!(page.contains("podium_clock_steps_total{clock=\"database\"} 1"), "{page}");
        assert!(page.contains("podium_clock_steps_total{clock=\"host\"} 0"), "{page}");

        app.execute("UPDATE strange.clock SET ahead = '0'").await;
        let told = until("they agree again", async || {
            Some(warnings(&admin).await).filter(|told| !told.iter().any(|one| differs(one)))
        })
        .await;
        assert_eq!(told.len(), 2, "that it was set twice is still told: {told:?}");
        assert!(logged().contains("behind the database's"), "the log says so too");
    });
}
