//! Notices clocks that differ or were set.
//!
//! The host's clock decides nothing here: time is the database's. But logs and certificates go by
//! it, and when it is the database's that was set, every window and deadline has moved with it.
//! So both are compared with each other and, to see a step of either, with the time that has
//! really passed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::RunQueryDsl;

use crate::db::Db;
use crate::error::Error;
use crate::sql::sql;

/// How often the clocks are looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// From when on two clocks are called different, and a clock is said to have been set.
const FAR: TimeDelta = TimeDelta::milliseconds(1000);
const STEP: TimeDelta = TimeDelta::milliseconds(500);

/// How long it is told that a clock was set.
const TOLD: Duration = Duration::from_secs(600);

/// What is known of the clocks; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Clocks(Arc<Mutex<Known>>);

impl Clocks {
    /// What is wrong with them, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.known().warnings(Instant::now())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at the clocks until the process ends.
pub async fn run(db: Db, clocks: Clocks) {
    let offset = db.meters().gauge("podium_clock_offset_seconds", &[]);
    let steps = db.meters().family("podium_clock_steps_total", "clock", &["host", "database"]);
    loop {
        match Look::at(&db).await {
            Ok(look) => {
                offset.set(seconds(look.ahead()));
                let news = clocks.known().see(&look);
                for step in &news.steps {
                    steps.count(step.clock);
                }
                news.say();
            }
            Err(error) => tracing::debug!(%error, "the database's clock cannot be read"),
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// What the clocks showed at one moment.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    host: DateTime<Utc>,
    /// Read halfway through the time that asking took, give or take the other half.
    database: DateTime<Utc>,
    took: TimeDelta,
}

#[derive(QueryableByName)]
struct Read {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
}

impl Look {
    async fn at(db: &Db) -> Result<Self, Error> {
        let mut conn = db.conn().await?;
        let (at, host) = (Instant::now(), Utc::now());
        let read: Read = sql("SELECT clock_timestamp() AS now").get_result(&mut *conn).await?;
        let took = TimeDelta::from_std(at.elapsed()).unwrap_or(TimeDelta::MAX);
        Ok(Self { at, host, database: read.now, took })
    }

    /// How far the host's clock is ahead of the database's.
    fn ahead(&self) -> TimeDelta {
        self.host + self.took / 2 - self.database
    }
}

/// A clock that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    clock: &'static str,
    by: TimeDelta,
    noticed: Instant,
}

impl Step {
    fn sentence(&self) -> String {
        let way = if self.by > TimeDelta::zero() { "forward" } else { "back" };
        format!("the clock of the {} was set {way} by {:.1} s", self.clock, seconds(self.by.abs()))
    }
}

#[derive(Debug, Default)]
struct Known {
    last: Option<Look>,
    far: Option<TimeDelta>,
    steps: Vec<Step>,
}

/// What a look has shown that was not known.
#[derive(Debug, Default, PartialEq, Eq)]
struct News {
    steps: Vec<Step>,
    /// The clocks differ since this look; or do not any more.
    differ: Option<String>,
    agree: bool,
}

impl Known {
    fn see(&mut self, look: &Look) -> News {
        let steps = self.last.map_or_else(Vec::new, |last| steps(&last, look));
        self.last = Some(*look);
        self.steps.retain(|step| look.at.duration_since(step.noticed) < TOLD);
        self.steps.extend(&steps);
        let far = Some(look.ahead()).filter(|ahead| ahead.abs() > FAR + look.took / 2);
        let before = std::mem::replace(&mut self.far, far);
        let differ = far.filter(|_| before.is_none()).map(difference);
        News { steps, differ, agree: before.is_some() && far.is_none() }
    }

    fn warnings(&self, now: Instant) -> Vec<String> {
        let lately = self.steps.iter().filter(|step| now.duration_since(step.noticed) < TOLD);
        self.far.map(difference).into_iter().chain(lately.map(Step::sentence)).collect()
    }
}

/// The clocks that have not gone as time went.
fn steps(last: &Look, look: &Look) -> Vec<Step> {
    let passed = TimeDelta::from_std(look.at.duration_since(last.at)).unwrap_or(TimeDelta::MAX);
    let host = ("host", look.host - last.host - passed, TimeDelta::zero());
    let database = ("database", look.database - last.database - passed, last.took.max(look.took));
    let both = [host, database].into_iter();
    both.filter(|(_, by, unsure)| by.abs() > STEP + *unsure)
        .map(|(clock, by, _)| Step { clock, by, noticed: look.at })
        .collect()
}

fn difference(ahead: TimeDelta) -> String {
    let way = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    format!("the clock of this host is {:.1} s {way} the database's", seconds(ahead.abs()))
}

#[expect(clippy::cast_precision_loss, reason = "nobody needs more than a millisecond")]
fn seconds(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / 1000.0
}

impl News {
    fn say(&self) {
        for step in &self.steps {
            tracing::warn!("{}", step.sentence());
        }
        if let Some(sentence) = &self.differ {
            tracing::warn!("{sentence}");
        }
        if self.agree {
            tracing::info!("the clocks of this host and of the database agree again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both clocks, so many ms after the first look; `host` and `database` are ahead by so many ms.
    struct Scene(Known, Look);

    impl Scene {
        fn new() -> Self {
            let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            let took = TimeDelta::milliseconds(2);
            let first = Look { at: Instant::now(), host: now, database: now + took / 2, took };
            let mut known = Known::default();
            assert_eq!(known.see(&first), News::default());
            Self(known, first)
        }

        fn see(&mut self, after: u64, host: i64, database: i64, took: i64) -> Vec<String> {
            let Look { at, host: began, .. } = self.1;
            let passed = Duration::from_millis(after);
            let now = began + TimeDelta::from_std(passed).unwrap();
            let took = TimeDelta::milliseconds(took);
            let look = Look {
                at: at + passed,
                host: now + TimeDelta::milliseconds(host),
                database: now + TimeDelta::milliseconds(database) + took / 2,
                took,
            };
            let News { steps, differ, .. } = self.0.see(&look);
            steps.iter().map(Step::sentence).chain(differ).collect()
        }

        fn warnings(&self, after: u64) -> Vec<String> {
            self.0.warnings(self.1.at + Duration::from_millis(after))
        }
    }

    #[test]
    fn clocks_that_go_as_time_does_are_no_news() {
        let mut scene = Scene::new();
        for n in 1..100 {
            assert!(scene.see(n * 2000, 400, -400, 10).is_empty());
        }
        assert!(scene.warnings(200_000).is_empty());
    }

    #[test]
    fn a_step_of_the_host_is_noticed_once_and_told_for_ten_minutes() {
        let mut scene = Scene::new();
        let (set, behind) = (
            "the clock of the host was set back by 5.0 s".to_owned(),
            "the clock of this host is 5.0 s behind the database's".to_owned(),
        );
        assert_eq!(scene.see(2000, -5000, 0, 2), [set.clone(), behind.clone()]);
        assert!(scene.see(4000, -5000, 0, 2).is_empty(), "it is known");
        assert_eq!(scene.warnings(4000), [behind, set]);
        assert_eq!(scene.see(6000, 0, 0, 2), ["the clock of the host was set forward by 5.0 s"]);
        assert_eq!(scene.warnings(6000).len(), 2, "both steps, and no difference");
        assert!(scene.warnings(700_000).is_empty());
    }

    #[test]
    fn both_on_one_machine_step_together() {
        let mut scene = Scene::new();
        assert_eq!(
            scene.see(2000, 3_600_000, 3_600_000, 2),
            [
                "the clock of the host was set forward by 3600.0 s",
                "the clock of the database was set forward by 3600.0 s"
            ]
        );
    }

    #[test]
    fn a_slow_answer_is_no_step() {
        let mut scene = Scene::new();
        assert!(scene.see(2000, 0, 700, 1500).is_empty());
        assert!(scene.see(4000, 0, -700, 1500).is_empty());
        assert_eq!(scene.see(6000, 0, 3000, 2).len(), 2, "this one is");
    }
}
