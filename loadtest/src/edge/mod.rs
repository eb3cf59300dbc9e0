//! A site as an event has it: two instances of Podium behind HAProxy, one PostgreSQL, one Redis;
//! and everything that may happen to them.

pub(crate) mod boards;
mod instance;
pub(crate) mod load;
pub(crate) mod postgres;
mod process;
mod proxy;
mod redis;

use std::path::{Path, PathBuf};

pub(crate) use instance::Instance;
use proxy::Proxy;
use redis::Redis;

use crate::hall::Database;
use crate::report::{Failure, Folder};
use crate::server::{Server, Target, random_hex};

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Site {
    /// Keeps PostgreSQL: starts it again when it is killed. It serves nobody.
    keeper: Server,
    database: String,
    pub(crate) instances: [Instance; 2],
    pub(crate) redis: Redis,
    proxy: Proxy,
    /// The admin token of both instances.
    pub(crate) token: String,
}

impl Site {
    /// Starts it all.
    pub(crate) async fn open(target: &Target, settings: &[(&str, &str)]) -> Result<Self, Failure> {
        if target.host.is_some() {
            return Err(Failure::Usage("this needs servers of its own: leave --host out".to_owned()));
        }
        let keeper = Server::start(target).await?;
        match Self::around(&keeper, target, settings).await {
            Ok((database, instances, redis, proxy, token)) => {
                eprintln!(
                    "instances at {} and {}, behind http://{}",
                    instances[0].authority, instances[1].authority, proxy.authority
                );
                Ok(Self { keeper, database, instances, redis, proxy, token })
            }
            Err(why) => {
                keeper.stop().await;
                Err(Failure::NoServer(why))
            }
        }
    }

    async fn around(
        keeper: &Server,
        target: &Target,
        more: &[(&str, &str)],
    ) -> Result<(String, [Instance; 2], Redis, Proxy, String), String> {
        let started = keeper.started().ok_or("the server that keeps PostgreSQL is not ours")?;
        let (program, folder) = (started.program(), started.folder());
        let database = Database::create(keeper, "site").await?.url().to_owned();
        let redis = Redis::start(folder).await?;
        let token = format!("loadtest-{}", random_hex());
        let mut settings = vec![
            ("DATABASE_URL".to_owned(), database.clone()),
            ("REDIS_URL".to_owned(), redis.url()),
            ("PODIUM_ADMIN_TOKEN".to_owned(), token.clone()),
            ("PODIUM_JWT_SECRET".to_owned(), format!("loadtest-{}", random_hex())),
        ];
        if let Some(size) = target.pool_size {
            settings.push(("PODIUM_POOL_SIZE".to_owned(), size.to_string()));
        }
        settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let start = |name| Instance::start(name, program, folder, &settings);
        let instances = [start("a")?, start("b")?];
        for instance in &instances {
            instance.ready().await?;
        }
        let proxy = Proxy::start(folder, &instances).await?;
        Ok((database, instances, redis, proxy, token))
    }

    /// What clients see: the proxy.
    pub(crate) fn door(&self) -> Server {
        Server::at(&self.proxy.authority, &self.token)
    }

    pub(crate) fn database_url(&self) -> &str {
        &self.database
    }

    /// Where PostgreSQL has its data.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        self.keeper.started().map(|started| started.folder().join("data"))
    }

    /// Waits until both instances are ready.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        for instance in &self.instances {
            instance.ready().await?;
        }
        Ok(())
    }

    /// Keeps what everybody has said, beside the reports.
    pub(crate) fn keep_logs(&self, folder: &Folder) {
        let Some(from) = self.keeper.started().map(crate::server::Started::folder) else { return };
        for name in ["instance-a.log", "instance-b.log", "haproxy.log", "redis.log", "server.log"] {
            if let Err(error) = std::fs::copy(from.join(name), folder.file(name)) {
                eprintln!("{name} could not be kept: {error}");
            }
        }
        let postgres = from.join("data/postgres.log");
        if Path::new(&postgres).is_file() {
            drop(std::fs::copy(postgres, folder.file("postgres.log")));
        }
    }

    /// Ends it all and removes its data.
    pub(crate) async fn close(self) {
        // All but the keeper of PostgreSQL have nothing to finish: they are killed when dropped.
        let Self { keeper, instances, redis, proxy, .. } = self;
        drop((proxy, instances, redis));
        keeper.stop().await;
    }
}
