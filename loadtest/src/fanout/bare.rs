//! The ceiling of a fan-out: a program that writes the same bytes to so many raw sockets, one
//! after the other, and does nothing else. It is a process of its own, as the server is: within
//! the process of the watchers it would share their thread's caches and cost no switch.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::crowd::{Crowd, Opening};
use super::tracker::now;
use crate::report::{Failure, Outcome, Verdict};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many connections are awaited.
    clients: usize,
}

/// The program: tells its port, waits for its clients, reads the bytes, then writes them to
/// everybody at each line that comes, and tells when it began. Ends with its input.
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
    let mut lines = input.lines();
    while lines.next_line().await?.is_some() {
        let began = now();
        for stream in &streams {
            write(stream, &bytes).await?;
        }
        println!("{began}");
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
    _process: Child,
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
        Ok(Self { crowd, input, output, _process: process })
    }

    /// Writes to everybody; returns when it began.
    pub(super) async fn broadcast(&mut self) -> Result<u64, String> {
        self.input.write_all(b"go\n").await.map_err(|e| format!("the bare broadcaster: {e}"))?;
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
