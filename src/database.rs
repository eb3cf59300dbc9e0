//! The database that a command works on: the one that was named, or the private one.

use crate::config::{Config, Secret};
use crate::db::Db;
use crate::postgres::Cluster;
use crate::{durability, migrate, roles};

/// An open database with an up-to-date schema.
#[derive(Debug)]
pub struct Database {
    url: String,
    owner_url: String,
    cluster: Option<Cluster>,
    db: Db,
}

impl Database {
    /// Connects to `database_url`, or starts the private PostgreSQL for as long as it is needed.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub async fn open(config: &Config) -> Result<Self, String> {
        let cluster = match &config.database_url {
            Some(_) => None,
            None => Some(Cluster::start(&config.data_dir).await.map_err(|e| e.to_string())?),
        };
        match prepare(config, cluster.as_ref()).await {
            Ok((url, owner_url)) => {
                let db = Db::new(&url, config.pool_size);
                Ok(Self { url, owner_url, cluster, db })
            }
            Err(error) => {
                stop(cluster).await?;
                Err(format!("the database cannot be used: {error}"))
            }
        }
    }

    /// Where whoever migrates it connects, password included.
    #[must_use]
    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    /// Where it is, password included.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The door to it.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The private PostgreSQL, when that is what it is.
    #[must_use]
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// Stops the private PostgreSQL, unless somebody else still uses it.
    ///
    /// # Errors
    /// One sentence.
    pub async fn close(self) -> Result<(), String> {
        drop(self.db);
        stop(self.cluster).await
    }
}

/// Migrates, and says where the server connects and where the owner does.
async fn prepare(config: &Config, cluster: Option<&Cluster>) -> Result<(String, String), String> {
    let (url, owner) = match (cluster, &config.database_url) {
        (Some(cluster), _) => (roles::provide(cluster.url()).await?, Some(cluster.url())),
        (None, Some(url)) => (url.reveal().to_owned(), config.migrate_url.as_ref().map(Secret::reveal)),
        (None, None) => return Err("there is none".to_owned()),
    };
    if !config.allow_unsafe_postgres {
        durability::must_hold(&url).await?;
    }
    let owner_url = owner.unwrap_or(&url).to_owned();
    let applied = migrate::run(&owner_url).await?;
    if !applied.is_empty() {
        tracing::info!(count = applied.len(), "migrations applied");
    }
    if owner.is_some() && (!applied.is_empty() || !roles::fits(&url).await?) {
        roles::grant(&owner_url, &url).await?;
    }
    Ok((url, owner_url))
}

async fn stop(cluster: Option<Cluster>) -> Result<(), String> {
    match cluster {
        Some(cluster) => cluster.stop().await.map_err(|e| e.to_string()),
        None => Ok(()),
    }
}
