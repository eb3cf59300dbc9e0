//! What is done to a site, and what brings it back.

use std::time::Duration;

use clap::ValueEnum;

use crate::edge::{Site, postgres};

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kill {
    /// One of the two instances, in turn
    Server,
    /// All of PostgreSQL
    Postgres,
    /// Redis: killed, emptied, stopped
    Redis,
}

/// What was done, and must be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// An instance was killed and starts again.
    Server(usize),
    /// PostgreSQL was killed and comes back by itself.
    Postgres,
    RedisKilled,
    RedisEmptied,
    RedisStopped,
}

impl Kill {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }

    /// Does it, for the time of this number.
    pub(super) async fn strike(self, site: &mut Site, number: u32) -> Result<Done, String> {
        match (self, number % 3) {
            (Self::Server, _) => {
                let which = (number % 2) as usize;
                site.instances[which].kill().await?;
                site.instances[which].again()?;
                Ok(Done::Server(which))
            }
            (Self::Postgres, _) => {
                postgres::kill(&site.data().ok_or("PostgreSQL is not ours")?)?;
                Ok(Done::Postgres)
            }
            (Self::Redis, 0) => site.redis.kill().await.map(|()| Done::RedisKilled),
            (Self::Redis, 1) => site.redis.empty().await.map(|()| Done::RedisEmptied),
            (Self::Redis, _) => site.redis.freeze().map(|()| Done::RedisStopped),
        }
    }
}

impl Done {
    /// Brings back what does not come back by itself.
    pub(super) async fn undo(self, site: &mut Site) -> Result<(), String> {
        match self {
            Self::RedisKilled => site.redis.again().await?,
            Self::RedisStopped => site.redis.thaw()?,
            Self::Server(_) | Self::Postgres | Self::RedisEmptied => return Ok(()),
        }
        // The next fault finds Redis in use again.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Server(0) => "instance a killed",
            Self::Server(_) => "instance b killed",
            Self::Postgres => "PostgreSQL killed",
            Self::RedisKilled => "Redis killed",
            Self::RedisEmptied => "Redis emptied",
            Self::RedisStopped => "Redis stopped",
        }
    }
}
