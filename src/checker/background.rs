//! The checker beside the game: what is live now, every few seconds, on one instance at a time.
//!
//! A check of everything takes long when there is much (a third of a minute for a million
//! events), so this one looks at the contests that are live or changed lately, follows hash
//! chains from where the last check has come, and lets the database rest for most of the time:
//! what took a second is not begun again for twenty. `podium check` looks at everything.

use std::time::{Duration, Instant};

use metrics::Gauge;
use serde_json::Value;

use super::commands::{KeepVerdict, PutOff};
use super::live::{Looked, live_report};
use super::{INVARIANTS, LastCheck, queries};
use crate::db::Db;
use crate::error::Error;
use crate::meters::Meters;

/// How often an instance looks whether it is its turn, and what others have found.
const POLL: Duration = Duration::from_millis(500);

/// The database is checked in one part of so many of its time at most.
const REST: u32 = 20;

/// How many breaches are logged in full.
const LOGGED: usize = 10;

/// Checks every so often until the process ends.
pub async fn run(db: Db, every: Duration) {
    let gauges = Gauges::of(db.meters());
    loop {
        match turn(&db, every).await {
            Ok(Some(verdict)) => gauges.show(&verdict),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the invariants cannot be checked"),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Checks if it is time to, and says how it stands.
async fn turn(db: &Db, every: Duration) -> Result<Option<LastCheck>, Error> {
    let mut conn = db.conn().await?;
    if queries::is_due(&mut conn).await? {
        let began = Instant::now();
        let looked = live_report(&mut conn).await;
        drop(conn);
        match looked {
            Ok(Some(looked)) => keep(db, every, looked, began.elapsed()).await?,
            // Another instance is at it.
            Ok(None) => {}
            Err(error) => {
                let pause = every.max(began.elapsed() * REST);
                db.run(&PutOff { pause_ms: millis(pause) }).await?;
                return Err(error);
            }
        }
        conn = db.conn().await?;
    }
    Ok(queries::verdict(&mut conn).await?)
}

async fn keep(db: &Db, every: Duration, looked: Looked, took: Duration) -> Result<(), Error> {
    let Looked { report, contests, verified } = looked;
    for breach in report.breaches.iter().take(LOGGED) {
        let (invariant, contest) = (&breach.invariant, breach.contest_id.map(|id| id.to_string()));
        tracing::error!(invariant, contest, breach.subject, breach.detail, "an invariant is broken");
    }
    let broken = report.invariants.iter().filter(|invariant| invariant.breaches > 0);
    let breaches: serde_json::Map<_, _> =
        broken.map(|invariant| (invariant.id.to_owned(), Value::from(invariant.breaches))).collect();
    db.run(&KeepVerdict {
        checked_at: report.checked_at,
        took_ms: millis(took),
        pause_ms: millis(every.max(took * REST)),
        contests: i32::try_from(contests).unwrap_or(i32::MAX),
        breaches: breaches.into(),
        verified,
    })
    .await
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What Prometheus is shown of the verdict.
struct Gauges {
    breaches: Vec<(&'static str, Gauge)>,
    at: Gauge,
    took: Gauge,
}

impl Gauges {
    fn of(meters: &Meters) -> Self {
        let gauge = |id| (id, meters.gauge("podium_invariant_breaches", &[("invariant", id)]));
        Self {
            breaches: INVARIANTS.iter().map(|(id, _)| gauge(*id)).collect(),
            at: meters.gauge("podium_check_timestamp_seconds", &[]),
            took: meters.gauge("podium_check_duration_seconds", &[]),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody counts breaches to the last bit")]
    fn show(&self, verdict: &LastCheck) {
        for (id, gauge) in &self.breaches {
            gauge.set(verdict.breaches.get(*id).copied().unwrap_or(0) as f64);
        }
        self.at.set(verdict.checked_at.timestamp_millis() as f64 / 1000.0);
        self.took.set(verdict.took_ms as f64 / 1000.0);
    }
}
