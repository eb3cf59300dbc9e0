//! One measurement: so many watchers, so many teams.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::bare::Broadcaster;
use super::commits;
use super::crowd::{Crowd, Opening};
use super::figures::{BareMeasured, Delays, Measured};
use super::machine::{processor_time, resident_kib};
use crate::api::Api;
use crate::hall::{Database, Hall, start};
use crate::server::{Server, Target};

/// Between two updates, so that each goes out alone.
const PAUSE: Duration = Duration::from_millis(300);

/// How long an idle server is looked at.
const IDLE: Duration = Duration::from_secs(3);

/// How long an update may take to reach everybody.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Measure<'a> {
    pub(super) target: &'a Target,
    pub(super) keeper: &'a Server,
    pub(super) watchers: usize,
    pub(super) teams: u64,
    pub(super) updates: usize,
}

impl Measure<'_> {
    /// Measures a fresh server, in turn with the bare broadcaster if that is wanted.
    pub(super) async fn run(&self, with_bare: bool) -> Result<Measured, String> {
        eprintln!("{} watchers, {} teams …", self.watchers, self.teams);
        let database = Database::create(self.keeper, "fanout").await?;
        let room = (self.watchers + 10).to_string();
        let server = start(self.target, &database, &[("PODIUM_MAX_SOCKETS", room)]).await?;
        let done = self.on(&server, database, with_bare).await;
        server.stop().await;
        done
    }

    async fn on(&self, server: &Server, database: Database, with_bare: bool) -> Result<Measured, String> {
        let mut hall = Hall::open(server, "Fan-out").await?;
        hall.fill(&database, self.teams).await?;
        database.quiet().await?;
        let pid =
            server.started().and_then(crate::server::Started::pid).ok_or("the server has no process")?;
        // The room and its board are there before the watchers are counted.
        drop(Crowd::gather(opening(server, &hall), 1).await?);
        let before = resident_kib(pid);
        let crowd = Crowd::gather(opening(server, &hall), self.watchers).await?;
        let mut updates = Updates { api: server.api(), database, hall, crowd, number: 0, pid };
        sleep(PAUSE).await;
        // The first one warms everything up.
        updates.one().await?;
        let bytes = updates.crowd.tracker.sampled();
        let mut bare = match with_bare {
            true => Some(Bare::start(self.watchers, &bytes).await?),
            false => None,
        };
        let mut delays = Delays::default();
        for _ in 0..self.updates {
            sleep(PAUSE).await;
            let (began, receipts) = updates.one().await?;
            delays.add(began, &receipts);
            if let Some(bare) = &mut bare {
                bare.one_of_each().await?;
            }
        }
        let processor = updates.processor_time(self.updates).await?;
        let held = resident_kib(pid).zip(before).map(|(after, before)| after.saturating_sub(before));
        #[allow(clippy::cast_precision_loss, reason = "far from that many")]
        Ok(Measured {
            watchers: self.watchers,
            teams: self.teams,
            server: delays,
            bare: bare.map(|bare| bare.measured).unwrap_or_default(),
            processor,
            memory_kib: held.map(|kib| kib as f64 / self.watchers as f64),
            bytes: bytes.len(),
        })
    }
}

fn opening(server: &Server, hall: &Hall) -> Opening {
    let hello = json!({"type": "hello", "protocol": 1, "contest": hall.contest}).to_string();
    Opening::Socket { authority: server.authority().to_owned(), hello }
}

/// What makes updates, and who gets them.
struct Updates {
    api: Api,
    database: Database,
    hall: Hall,
    crowd: Crowd,
    number: u64,
    pid: u32,
}

impl Updates {
    /// Changes the points of one team; returns the commit and each receipt of the board.
    async fn one(&mut self) -> Result<(u64, Vec<u64>), String> {
        self.number += 1;
        let team = Hall::team(self.number * 7 % self.hall.teams);
        self.crowd.tracker.expect(self.crowd.size);
        let change = json!({"team_id": team, "amount": 1, "reason": "fan-out"});
        self.api.post(&format!("contests/{}/adjustments", self.hall.contest), &change).await?;
        let receipts = self.crowd.tracker.all(PATIENCE).await?;
        Ok((commits::of_team(&self.database, &self.hall.contest, &team).await?, receipts))
    }

    /// What one update takes of the server's processor time, beyond what it takes anyway.
    async fn processor_time(&mut self, updates: usize) -> Result<Option<Duration>, String> {
        let time = || processor_time(self.pid);
        let (Some(first), ()) = (time(), sleep(IDLE).await) else { return Ok(None) };
        let Some(idle) = time().map(|now| now.saturating_sub(first)) else { return Ok(None) };
        let (began, pid) = (std::time::Instant::now(), self.pid);
        let before = processor_time(pid);
        for _ in 0..updates {
            self.one().await?;
            sleep(PAUSE).await;
        }
        let taken = processor_time(pid).zip(before).map(|(after, before)| after.saturating_sub(before));
        let anyway = idle.mul_f64(began.elapsed().as_secs_f64() / IDLE.as_secs_f64());
        let count = u32::try_from(updates).unwrap_or(u32::MAX);
        Ok(taken.map(|taken| taken.saturating_sub(anyway) / count))
    }
}

/// The bare broadcaster: with one task that writes to everybody, and with one for each core.
struct Bare {
    broadcaster: Broadcaster,
    measured: Vec<BareMeasured>,
}

impl Bare {
    async fn start(watchers: usize, bytes: &[u8]) -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut writers = vec![1, cores];
        writers.dedup();
        let measured = writers.into_iter().map(BareMeasured::new).collect();
        Ok(Self { broadcaster: Broadcaster::start(watchers, bytes).await?, measured })
    }

    async fn one_of_each(&mut self) -> Result<(), String> {
        for measured in &mut self.measured {
            sleep(PAUSE).await;
            let crowd = &self.broadcaster.crowd;
            crowd.tracker.expect(crowd.size);
            let time = || self.broadcaster.pid().and_then(processor_time).unwrap_or_default();
            let before = time();
            let began = self.broadcaster.broadcast(measured.writers).await?;
            let receipts = self.broadcaster.crowd.tracker.all(PATIENCE).await?;
            let time = || self.broadcaster.pid().and_then(processor_time).unwrap_or_default();
            measured.add(began, &receipts, time().saturating_sub(before));
        }
        Ok(())
    }
}
