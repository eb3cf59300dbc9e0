//! The ceiling of a fan-out: a program that writes the same bytes to so many raw sockets and
//! does nothing else. It is a process of its own, as the server is: within the process of the
//! watchers it would share their caches, and waking them would cost no switch.

use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;

use super::crowd::{Crowd, Opening};
use super::tracker::now;
use crate::report::{Failure, Outcome, Verdict};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many connections are awaited.
    clients: usize,
}

/// The program: tells its port, waits for its clients, reads the bytes, then writes them to
/// everybody at each line that comes, and tells when it began. The line says how many tasks
/// share the work. Ends with its input.
pub(crate) async fn run(options: &Options) -> Result<Outcome, Failure> {
    let served = serve(options.clients).await;
    served.map_err(|e| Failure::NoServer(e.to_string()))?;
    Ok(Outcome { verdict: Verdict::Fine, result: serde_json::json!({"command": "broadcast"}) })
}

async fn serve(clients: usize) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let mut streams = Vec::with_capacity(clients);
    while streams.len() < clients {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let mut input = BufReader::new(tokio::io::stdin());
    let mut bytes = vec![0; usize::try_from(input.read_u32().await?).unwrap_or(0)];
    input.read_exact(&mut bytes).await?;
    let (streams, bytes) = (Arc::new(streams), Arc::new(bytes));
    let mut lines = input.lines();
    while let Some(line) = lines.next_line().await? {
        let writers = line.parse().map_err(std::io::Error::other)?;
        let began = now();
        write_to_all(&streams, &bytes, writers).await?;
        println!("{began}");
    }
    Ok(())
}

async fn write_to_all(
    streams: &Arc<Vec<TcpStream>>,
    bytes: &Arc<Vec<u8>>,
    writers: usize,
) -> std::io::Result<()> {
    let share = streams.len().div_ceil(writers.max(1));
    let mut tasks = JoinSet::new();
    for first in (0..streams.len()).step_by(share.max(1)) {
        let (streams, bytes) = (Arc::clone(streams), Arc::clone(bytes));
        tasks.spawn(async move {
            for stream in streams.iter().skip(first).take(share) {
                write(stream, &bytes).await?;
            }
            Ok::<_, std::io::Error>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(std::io::Error::other)??;
    }
    Ok(())
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The program at work, with its own crowd of watchers.
#[derive(Debug)]
pub(super) struct Broadcaster {
    pub(super) crowd: Crowd,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    process: Child,
}

impl Broadcaster {
    /// Starts it, and lets so many watchers connect to it.
    pub(super) async fn start(watchers: usize, bytes: &[u8]) -> Result<Self, String> {
        let cannot = |e: std::io::Error| format!("the bare broadcaster: {e}");
        let us = std::env::current_exe().map_err(cannot)?;
        let mut command = Command::new(us);
        command.args(["broadcast", &watchers.to_string()]).kill_on_drop(true);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(cannot)?;
        let (Some(mut input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the bare broadcaster has no pipes".to_owned());
        };
        let mut output = BufReader::new(output).lines();
        let port = line(&mut output).await?;
        let opening = Opening::Bare { authority: format!("127.0.0.1:{port}") };
        let crowd = Crowd::gather(opening, watchers).await?;
        input.write_u32(u32::try_from(bytes.len()).unwrap_or(0)).await.map_err(cannot)?;
        input.write_all(bytes).await.map_err(cannot)?;
        Ok(Self { crowd, input, output, process })
    }

    /// Its process.
    pub(super) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// Writes to everybody with so many tasks; returns when it began.
    pub(super) async fn broadcast(&mut self, writers: usize) -> Result<u64, String> {
        let order = format!("{writers}\n");
        self.input.write_all(order.as_bytes()).await.map_err(|e| format!("the bare broadcaster: {e}"))?;
        let began = line(&mut self.output).await?;
        began.parse().map_err(|e| format!("the bare broadcaster said {began}: {e}"))
    }
}

async fn line(output: &mut Lines<BufReader<ChildStdout>>) -> Result<String, String> {
    match output.next_line().await {
        Ok(Some(line)) => Ok(line),
        Ok(None) => Err("the bare broadcaster has ended".to_owned()),
        Err(error) => Err(format!("the bare broadcaster: {error}")),
    }
}
