//! A database of our own in the private PostgreSQL of a server that is ours.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

use crate::server::{Server, random_hex};

/// How long events may wait for their numbers once nothing is written any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// A database, and a connection to it for statements of our own.
pub(crate) struct Database {
    url: String,
    sql: Client,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

/// Connects.
pub(crate) async fn connect(url: &str) -> Result<Client, String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(|e| told(&e))?;
    // It ends with the client.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

impl Database {
    /// Makes one in the private PostgreSQL of this server.
    pub(crate) async fn create(keeper: &Server, name: &str) -> Result<Self, String> {
        let url = keeper.started().and_then(crate::server::Started::database_url);
        let url = url.ok_or("the address of the private PostgreSQL cannot be found")?;
        let name = format!("{name}_{}", &random_hex()[..8]);
        let made = connect(&url).await?.batch_execute(&format!("CREATE DATABASE {name}")).await;
        made.map_err(|e| told(&e))?;
        let url = named(&url, &name);
        Ok(Self { sql: connect(&url).await?, url })
    }

    /// Its address, password included.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, statements: &str) -> Result<(), String> {
        self.sql.batch_execute(statements).await.map_err(|e| told(&e))
    }

    /// One whole number.
    pub(crate) async fn number(&self, query: &str) -> Result<i64, String> {
        let row = self.sql.query_one(query, &[]).await.map_err(|e| told(&e))?;
        Ok(row.get(0))
    }

    /// One text.
    pub(crate) async fn text(&self, query: &str) -> Result<String, String> {
        let row = self.sql.query_one(query, &[]).await.map_err(|e| told(&e))?;
        Ok(row.get(0))
    }

    /// Waits until every event has its number; a server must be there that gives it.
    pub(crate) async fn quiet(&self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while self.number("SELECT count(*) FROM (SELECT FROM outbox LIMIT 1) waiting").await? > 0 {
            if Instant::now() > deadline {
                return Err(format!("events still wait for their numbers after {} s", PATIENCE.as_secs()));
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

/// The error itself; its own text is only "db error".
fn told(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |e| format!("the database says: {e}"))
}

/// `postgres://…/podium` with another name at the end.
fn named(url: &str, database: &str) -> String {
    url.rsplit_once('/').map_or_else(|| database.to_owned(), |(server, _)| format!("{server}/{database}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_the_database_changes() {
        let url = "postgres://podium:x@127.0.0.1:5/podium";
        assert_eq!(named(url, "other"), "postgres://podium:x@127.0.0.1:5/other");
    }
}
