//! Load tests for Podium. It shares no types with the server: a stranger who speaks JSON.
//!
//! `cargo run -p loadtest` plays on the server at <http://127.0.0.1:8000>, or on one that it
//! starts with a database to throw away. docs/LOADTEST.md tells how to read what it says.

mod api;
mod audit;
mod books;
mod ceiling;
mod edge;
mod environment;
mod fanout;
mod faults;
mod game;
mod hall;
mod http;
mod probe;
mod replay;
mod report;
mod rolling;
mod run;
mod server;
mod sign_ins;
mod span;
mod tally;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Load tests for Podium, and what must still be true after them.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 fine, 1 a threshold failed, 2 wrong usage, 3 an invariant is broken, 4 no server."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Options,
    #[command(flatten)]
    target: server::Target,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sends on a fixed schedule and measures from the intended start
    Probe(#[command(flatten)] Aimed<probe::Options>),
    /// Compares the server with the same statements as plain SQL
    Ceiling(#[command(flatten)] Aimed<ceiling::Options>),
    /// Measures from commit to receipt with many watchers
    Fanout(#[command(flatten)] Aimed<fanout::Options>),
    /// Plays the documented flow of a system that Podium replaces, and compares every field
    Replay(#[command(flatten)] Aimed<replay::Options>),
    /// Kills servers, PostgreSQL or Redis under load, behind HAProxy
    Faults(#[command(flatten)] Aimed<faults::Options>),
    /// Restarts instances one after the other under load, behind HAProxy
    Rolling(#[command(flatten)] Aimed<rolling::Options>),
    /// Lets some of many watchers stop reading
    Stalled(#[command(flatten)] Aimed<fanout::stalled::Options>),
    /// Measures answers while hundreds of people sign in
    SignIns(#[command(flatten)] Aimed<sign_ins::Options>),
    /// The bare broadcaster, which the fan-out is compared with
    #[command(hide = true)]
    Broadcast(fanout::bare::Options),
}

/// What is to be done, and to which server.
#[derive(Debug, clap::Args)]
struct Aimed<O: clap::Args> {
    #[command(flatten)]
    options: O,
    #[command(flatten)]
    target: server::Target,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => Box::pin(run::run(&cli.run, &cli.target)).await,
        Some(Command::Probe(aim)) => Box::pin(probe::run(&aim.options, &aim.target)).await,
        Some(Command::Ceiling(aim)) => Box::pin(ceiling::run(&aim.options, &aim.target)).await,
        Some(Command::Fanout(aim)) => Box::pin(fanout::run(&aim.options, &aim.target)).await,
        Some(Command::Replay(aim)) => Box::pin(replay::run(&aim.options, &aim.target)).await,
        Some(Command::Faults(aim)) => Box::pin(faults::run(&aim.options, &aim.target)).await,
        Some(Command::Rolling(aim)) => Box::pin(rolling::run(&aim.options, &aim.target)).await,
        Some(Command::Stalled(aim)) => Box::pin(fanout::stalled::run(&aim.options, &aim.target)).await,
        Some(Command::SignIns(aim)) => Box::pin(sign_ins::run(&aim.options, &aim.target)).await,
        Some(Command::Broadcast(options)) => fanout::bare::run(&options).await,
    };
    report::exit(done)
}
