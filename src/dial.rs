//! Connecting to PostgreSQL over a [`Wire`]: which address, and whether that one may be written to.

use std::io;
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use futures_util::future::select_ok;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::wire::{Patience, Wire};

/// How long one address may take to accept.
const ACCEPT: Duration = Duration::from_millis(1000);

/// How much earlier than the next one an address is asked.
const HEAD_START: Duration = Duration::from_millis(200);

const DEFAULT_PORT: u16 = 5432;

/// Keeps a connection's task running; dropped, it hangs up at once.
#[derive(Debug)]
pub struct Line(AbortHandle);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Connects to the first address that answers and, if the URL names several or asks for it
/// (`target_session_attrs=read-write`), is no standby. One that says nothing does not keep those
/// after it waiting for long.
///
/// # Errors
/// That of the address that failed last.
pub async fn dial(url: &str, patience: &Patience) -> ConnectionResult<(AsyncPgConnection, Line)> {
    let config: Config = url.parse().map_err(|e: tokio_postgres::Error| bad(e.to_string()))?;
    let (hosts, ports) = (config.get_hosts(), config.get_ports());
    if hosts.is_empty() {
        return Err(bad("the address names no host"));
    }
    let calls = (0..).zip(hosts).map(|(n, host)| {
        let port = ports.get(n).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
        let wait = HEAD_START * u32::try_from(n).unwrap_or(u32::MAX);
        let config = &config;
        Box::pin(async move {
            sleep(wait).await;
            call(config, host, port, patience).await
        })
    });
    let ((client, line), _) = select_ok(calls).await?;
    Ok((AsyncPgConnection::try_from(client).await?, line))
}

async fn call(
    config: &Config,
    host: &Host,
    port: u16,
    patience: &Patience,
) -> ConnectionResult<(Client, Line)> {
    let (client, line) = match host {
        Host::Tcp(host) => {
            let stream = reach(TcpStream::connect((host.as_str(), port))).await?;
            stream.set_nodelay(true).map_err(|e| bad(e.to_string()))?;
            greet(config, stream, patience).await?
        }
        #[cfg(unix)]
        Host::Unix(folder) => {
            let socket = folder.join(format!(".s.PGSQL.{port}"));
            greet(config, reach(UnixStream::connect(socket)).await?, patience).await?
        }
    };
    let primary =
        config.get_hosts().len() > 1 || config.get_target_session_attrs() == TargetSessionAttrs::ReadWrite;
    if primary && is_read_only(&client).await? {
        return Err(bad("this server is a standby"));
    }
    Ok((client, line))
}

async fn reach<S>(connecting: impl Future<Output = io::Result<S>>) -> ConnectionResult<S> {
    match timeout(ACCEPT, connecting).await {
        Ok(connected) => connected.map_err(|e| bad(e.to_string())),
        Err(_) => Err(bad("the address does not answer")),
    }
}

async fn greet<S>(config: &Config, stream: S, patience: &Patience) -> ConnectionResult<(Client, Line)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let wire = Wire::new(stream, patience.clone());
    let (client, connection) = config.connect_raw(wire, NoTls).await.map_err(|e| bad(told(&e)))?;
    let task = tokio::spawn(async move {
        // Whoever waits for an answer hears of it too.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the database was lost");
        }
    });
    Ok((client, Line(task.abort_handle())))
}

async fn is_read_only(client: &Client) -> ConnectionResult<bool> {
    let shown = client.simple_query("SHOW transaction_read_only").await.map_err(|e| bad(told(&e)))?;
    Ok(shown.iter().any(|line| matches!(line, SimpleQueryMessage::Row(row) if row.get(0) == Some("on"))))
}

/// What the server says is behind what the library says.
fn told(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

fn bad(message: impl Into<String>) -> ConnectionError {
    ConnectionError::BadConnection(message.into())
}
