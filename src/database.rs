//! The database that a command works on: the one that was named, or the private one.

use crate::config::Config;
use crate::db::Db;
use crate::migrate;
use crate::postgres::Cluster;

/// An open database with an up-to-date schema.
#[derive(Debug)]
pub struct Database {
    url: String,
    cluster: Option<Cluster>,
    db: Db,
}

impl Database {
    /// Connects to `database_url`, or starts the private PostgreSQL for as long as it is needed.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub async fn open(config: &Config) -> Result<Self, String> {
        let (url, cluster) = match &config.database_url {
            Some(url) => (url.reveal().to_owned(), None),
            None => {
                let cluster = Cluster::start(&config.data_dir).await.map_err(|e| e.to_string())?;
                (cluster.url().to_owned(), Some(cluster))
            }
        };
        match migrate::run(&url).await {
            Ok(applied) if !applied.is_empty() => tracing::info!(count = applied.len(), "migrations applied"),
            Ok(_) => {}
            Err(error) => {
                stop(cluster).await?;
                return Err(format!("the database cannot be used: {error}"));
            }
        }
        let db = Db::new(&url, config.pool_size);
        Ok(Self { url, cluster, db })
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

async fn stop(cluster: Option<Cluster>) -> Result<(), String> {
    match cluster {
        Some(cluster) => cluster.stop().await.map_err(|e| e.to_string()),
        None => Ok(()),
    }
}
