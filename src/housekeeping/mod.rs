//! Housekeeping: rows that nobody will ask for again are swept out, beside the game.
//!
//! A few hundred at a time, one instance at a time, and with a rest after each batch that is many
//! times as long as the batch took. Nothing waits for the broom, and it waits for nobody: a row
//! that somebody holds is left for the next time.

pub mod commands;

use std::time::{Duration, Instant};

use self::commands::Sweep;
use crate::config::Housekeeping;
use crate::db::Db;
use crate::error::Error;
use crate::meters::Family;

/// Rows that one statement sweeps at most.
pub const BATCH: i64 = 500;

/// The database is swept in one part of so many of its time at most.
const REST: u32 = 30;

/// The shortest rest between two batches.
const PAUSE: Duration = Duration::from_millis(50);

/// What is swept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Litter {
    /// Replies to keyed requests of contests that are long over.
    Replies,
    /// Replies to keyed requests that were about no contest.
    LooseReplies,
    /// Tickets for sockets that nobody used in time.
    Tickets,
    /// Links into the console that nobody used in time.
    StartLinks,
    /// API tokens that ran out or were revoked with all others of their account.
    ApiTokens,
    /// Refresh tokens that could not be exchanged any more even if they had not been used.
    RefreshTokens,
    /// Refresh tokens of sessions that ended.
    EndedTokens,
    /// Sessions of which no token is left.
    Sessions,
}

impl Litter {
    /// In the order in which it is swept: sessions after their tokens.
    pub const ALL: &'static [Self] = &[
        Self::Replies,
        Self::LooseReplies,
        Self::Tickets,
        Self::StartLinks,
        Self::ApiTokens,
        Self::RefreshTokens,
        Self::EndedTokens,
        Self::Sessions,
    ];

    /// As it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Replies | Self::LooseReplies => "idempotency",
            Self::Tickets => "ws_ticket",
            Self::StartLinks => "start_link",
            Self::ApiTokens => "api_token",
            Self::RefreshTokens | Self::EndedTokens => "refresh_token",
            Self::Sessions => "session",
        }
    }

    /// For how many hours it is kept once it is of no use.
    fn kept_h(self, settings: &Housekeeping) -> u32 {
        match self {
            Self::Replies => settings.replies_h,
            Self::LooseReplies => settings.loose_replies_h,
            Self::Tickets | Self::StartLinks | Self::RefreshTokens => 0,
            Self::ApiTokens | Self::EndedTokens | Self::Sessions => settings.sign_ins_h,
        }
    }
}

/// Sweeps every so often until the process ends.
pub async fn run(db: Db, settings: Housekeeping) {
    let names: Vec<_> = Litter::ALL.iter().map(|litter| litter.name()).collect();
    let swept = db.meters().family("podium_swept_total", "kind", &names);
    loop {
        tokio::time::sleep(Duration::from_millis(settings.every_ms)).await;
        for litter in Litter::ALL {
            let kept_h = litter.kept_h(&settings);
            if let Err(error) = sweep(&db, Sweep { litter: *litter, kept_h }, &swept).await {
                tracing::warn!(kind = litter.name(), %error, "what is old stays for now");
            }
        }
    }
}

/// Sweeps until nothing of the kind is left, or another instance is found at it.
async fn sweep(db: &Db, sweep: Sweep, swept: &Family) -> Result<(), Error> {
    loop {
        let began = Instant::now();
        let Some(rows) = db.run(&sweep).await? else { return Ok(()) };
        swept.count_many(sweep.litter.name(), rows);
        tokio::time::sleep(PAUSE.max(began.elapsed() * REST)).await;
        if rows < BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}
