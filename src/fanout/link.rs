//! Calls to Redis: none takes longer than a fifth of a second, and none is made while it is
//! known to be away.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, FromRedisValue, Pipeline, RedisError};
use tokio::time::timeout;

use super::breaker::Breaker;

/// How long a call may take, connecting included.
const LIMIT: Duration = Duration::from_millis(200);

/// How long it may take to subscribe; nobody waits for that.
const SUBSCRIBE: Duration = Duration::from_secs(2);

/// Redis did not answer in time, or is known not to.
#[derive(Debug, thiserror::Error)]
pub enum Away {
    /// The breaker is open.
    #[error("it did not answer a moment ago")]
    Held,
    /// No answer.
    #[error("it did not answer in time")]
    Late,
    /// Another answer than was hoped for.
    #[error(transparent)]
    Failed(#[from] RedisError),
}

/// A way to Redis: one connection that all calls share, behind a breaker.
#[derive(Debug)]
pub struct Link {
    client: Client,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    connection: Option<MultiplexedConnection>,
    breaker: Breaker,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("breaker", &self.breaker).finish_non_exhaustive()
    }
}

impl Link {
    /// Knows where Redis is; connects when it is first called.
    ///
    /// # Errors
    /// The address cannot be one.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        Ok(Self { client: Client::open(url)?, shared: Mutex::default() })
    }

    /// Whether calls are held back because Redis did not answer.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.with(|shared| shared.breaker.is_open())
    }

    /// Sends commands together and waits for their answers, but never long.
    ///
    /// # Errors
    /// No answer in time, or the breaker is open.
    pub async fn call<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, Away> {
        if !self.with(|shared| shared.breaker.allows(Instant::now())) {
            return Err(Away::Held);
        }
        let answered = match timeout(LIMIT, self.ask(commands)).await {
            Ok(answered) => answered.map_err(Away::Failed),
            Err(_) => Err(Away::Late),
        };
        self.with(|shared| match &answered {
            Ok(_) => shared.breaker.succeeded(),
            Err(_) => {
                shared.breaker.failed(Instant::now());
                shared.connection = None;
            }
        });
        answered
    }

    async fn ask<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, RedisError> {
        let mut connection = match self.with(|shared| shared.connection.clone()) {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        commands.query_async(&mut connection).await
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        // The limit of the whole call is ours.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        self.with(|shared| shared.connection = Some(connection.clone()));
        Ok(connection)
    }

    /// A connection of its own that hears a channel.
    pub(super) async fn subscribe(&self, channel: &str) -> Result<PubSub, Away> {
        let subscribing = async {
            let mut pubsub = self.client.get_async_pubsub().await?;
            pubsub.subscribe(channel).await?;
            Ok::<_, RedisError>(pubsub)
        };
        Ok(timeout(SUBSCRIBE, subscribing).await.map_err(|_| Away::Late)??)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Shared) -> T) -> T {
        look(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_redis_that_never_answers_costs_a_few_short_waits_and_then_none() {
        // Takes connections and says nothing, like one that was stopped.
        let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let link = Link::new(&format!("redis://{}", mute.local_addr().unwrap())).unwrap();
        let ping = redis::pipe().cmd("PING").to_owned();
        for _ in 0..3 {
            let late = link.call::<redis::Value>(&ping).await.unwrap_err();
            assert!(matches!(late, Away::Late), "{late}");
        }
        assert!(link.is_held());
        let began = Instant::now();
        for _ in 0..100 {
            assert!(link.call::<redis::Value>(&ping).await.is_err());
        }
        // At most one of them may have tried.
        assert!(began.elapsed() < 3 * LIMIT, "{:?}", began.elapsed());
    }
}
