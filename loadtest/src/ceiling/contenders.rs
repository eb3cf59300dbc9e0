//! Lets the server and the textbook do the same in turn, each as well as it can.

use std::time::Duration;

use super::Options;
use super::drive::{Driven, drive};
use super::moves::Client;
use super::operation::Operation;
use super::stage::{Side, Stage};
use super::table::{Comparison, Runs};
use super::textbook::{Lesson, Mode, Textbook};
use crate::hall::start;
use crate::server::{Server, Target};

/// One operation, and all who do it.
pub(super) struct Contenders<'a> {
    pub(super) options: &'a Options,
    pub(super) target: &'a Target,
    pub(super) textbook: &'a Textbook,
    pub(super) operation: Operation,
}

/// What each does best with.
struct Best {
    pool: u32,
    clients: usize,
    simple: usize,
    prepared: usize,
}

impl Contenders<'_> {
    /// One comparison for each history.
    pub(super) async fn compare(&self, stages: &mut [Stage]) -> Result<Vec<Comparison>, String> {
        let Some(first) = stages.first_mut() else { return Ok(Vec::new()) };
        let best = self.best(first).await?;
        let mut servers = Vec::new();
        for stage in &*stages {
            servers.push(self.start(stage, best.pool).await?);
        }
        let done = self.in_turn(stages, &servers, &best).await;
        for server in servers {
            server.stop().await;
        }
        done
    }

    async fn start(&self, stage: &Stage, pool: u32) -> Result<Server, String> {
        start(self.target, &stage.database, &[("PODIUM_POOL_SIZE", pool.to_string())]).await
    }

    async fn in_turn(
        &self,
        stages: &mut [Stage],
        servers: &[Server],
        best: &Best,
    ) -> Result<Vec<Comparison>, String> {
        let mut comparisons: Vec<Comparison> = stages
            .iter()
            .map(|stage| Comparison {
                operation: self.operation,
                rows: stage.rows,
                server: Runs::with(best.clients, Some(best.pool)),
                simple: Runs::with(best.simple, None),
                prepared: Runs::with(best.prepared, None),
                generator: Vec::new(),
            })
            .collect();
        for round in 1..=self.options.rounds {
            for ((stage, server), one) in stages.iter_mut().zip(servers).zip(&mut comparisons) {
                let (rate, own) = self.serve(stage, server, best.clients, self.options.seconds).await?;
                one.server.add(rate);
                one.generator.extend(own);
                one.simple.add(self.teach(stage, Mode::Simple, best.simple, self.options.seconds).await?);
                one.prepared
                    .add(self.teach(stage, Mode::Prepared, best.prepared, self.options.seconds).await?);
                eprintln!("{} round {round}, {}", self.operation.title(), one.last());
            }
        }
        Ok(comparisons)
    }

    /// Tries everything once and briefly; before that a second of each, so that there are rows
    /// for PostgreSQL's statistics.
    async fn best(&self, stage: &mut Stage) -> Result<Best, String> {
        let seconds = (self.options.seconds / 2).max(1);
        let mut best = (0.0, 0, 0);
        for &pool in &self.options.pools {
            let server = self.start(stage, pool).await?;
            let tried = self.best_of_server(stage, &server, seconds).await;
            server.stop().await;
            let (rate, clients) = tried?;
            eprintln!("{}: pool {pool}, {clients} clients: {rate:.0}/s", self.operation.title());
            if rate > best.0 {
                best = (rate, pool, clients);
            }
        }
        // It only numbers what the hall is filled with.
        let server = self.start(stage, best.1).await?;
        let simple = self.best_of_textbook(stage, Mode::Simple, seconds).await;
        let prepared = self.best_of_textbook(stage, Mode::Prepared, seconds).await;
        server.stop().await;
        Ok(Best { pool: best.1, clients: best.2, simple: simple?, prepared: prepared? })
    }

    async fn best_of_server(
        &self,
        stage: &mut Stage,
        server: &Server,
        seconds: u32,
    ) -> Result<(f64, usize), String> {
        let mut best = (0.0, 0);
        self.serve(stage, server, 8, 1).await?;
        for &clients in &self.options.clients {
            let (rate, _) = self.serve(stage, server, clients, seconds).await?;
            if rate > best.0 {
                best = (rate, clients);
            }
        }
        Ok(best)
    }

    async fn best_of_textbook(&self, stage: &mut Stage, mode: Mode, seconds: u32) -> Result<usize, String> {
        let mut best = (0.0, 0);
        self.teach(stage, mode, 8, 1).await?;
        for &clients in &self.options.clients {
            let rate = self.teach(stage, mode, clients, seconds).await?;
            eprintln!("{}: pgbench {mode}, {clients} clients: {rate:.0}/s", self.operation.title());
            if rate > best.0 {
                best = (rate, clients);
            }
        }
        Ok(best.1)
    }

    /// Operations per second of the server. The clock stops when the last event has its
    /// number: what is acknowledged but still waits for that is not done.
    #[allow(clippy::cast_precision_loss, reason = "no run counts that far")]
    async fn serve(
        &self,
        stage: &mut Stage,
        server: &Server,
        clients: usize,
        seconds: u32,
    ) -> Result<(f64, Option<f64>), String> {
        stage.prepare(Side::Server, self.operation, seconds).await?;
        let run = (stage.next_run(), self.options.keyed);
        let hall = stage.hall(Side::Server);
        let clients = (0..clients)
            .map(|number| {
                let place = (number as u64, clients as u64);
                Client::new(server.authority(), self.operation, hall, place, run)
            })
            .collect();
        let Driven { began, done, own_share } = drive(clients, Duration::from_secs(seconds.into())).await?;
        stage.database.quiet().await?;
        Ok((done as f64 / began.elapsed().as_secs_f64(), own_share))
    }

    /// Transactions per second of the textbook. The server that numbers what the hall is
    /// filled with stands idle meanwhile.
    async fn teach(
        &self,
        stage: &mut Stage,
        mode: Mode,
        clients: usize,
        seconds: u32,
    ) -> Result<f64, String> {
        stage.prepare(Side::Textbook, self.operation, seconds).await?;
        let number = stage.next_run();
        let lesson = Lesson {
            operation: self.operation,
            mode,
            clients,
            seconds,
            number,
            url: stage.database.url(),
            hall: stage.hall(Side::Textbook),
        };
        self.textbook.teach(&lesson).await
    }
}
