//! Plays what the documents of a replaced system describe, from start to finish, and compares every
//! field that is answered with what is documented.

mod live;
mod person;
mod rooms;
mod scores;
mod shape;
mod stage;

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Ask, Connection};
use crate::report::{Failure, Outcome, Verdict};
use crate::server::{Server, Target};
use stage::Stage;

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is played.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Whose flow is played
    #[arg(value_enum)]
    system: System,
}

/// A system that Podium replaces.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum System {
    /// Interview rooms: people, a room, answers, a scoreboard
    Rooms,
    /// The live leaderboard: people join and score, and every tab shows it
    Live,
    /// The score service: accounts, a global board, reports between dates
    Scores,
}

/// Plays it; a difference is a threshold that failed.
pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    // The live leaderboard is there in demo mode only.
    let server = Server::find(&target.with("PODIUM_DEMO", "true")).await?;
    let (steps, played) = match options.system {
        System::Rooms => {
            let mut stage = Stage::on(&server);
            let played = rooms::play(&mut stage).await;
            stage.told(played)
        }
        System::Live => {
            let mut play = Play::on(&server);
            let played = live::play(&mut play).await;
            (play.steps, played)
        }
        System::Scores => {
            let mut play = Play::on(&server);
            let played = scores::play(&mut play).await;
            (play.steps, played)
        }
    };
    server.stop().await;
    let verdict = match &played {
        Ok(()) => Verdict::Fine,
        Err(_) => Verdict::Threshold,
    };
    let difference = played.err();
    if let Some(difference) = &difference {
        println!("not as documented: {difference}");
    }
    let system = format!("{:?}", options.system).to_lowercase();
    let result = json!({"replay": system, "steps": steps, "difference": difference});
    Ok(Outcome { verdict, result })
}

/// A play on a server, step by step.
#[derive(Debug)]
struct Play {
    authority: String,
    connection: Connection,
    /// The admin token.
    staff: String,
    steps: usize,
}

impl Play {
    fn on(server: &Server) -> Self {
        let connection = Connection::new(server.authority(), PATIENCE);
        Self {
            authority: server.authority().to_owned(),
            connection,
            staff: server.token().to_owned(),
            steps: 0,
        }
    }

    /// Sends a request; its reply must have this status and this shape ([`shape`]). Returns the body.
    async fn step(&mut self, what: &str, ask: Ask, status: u16, expected: &Value) -> Result<Value, String> {
        let asked = format!("{what}: {} {}", ask.method, ask.path);
        let reply = self.connection.send(&ask).await.map_err(|trouble| trouble.to_string())?;
        let body = reply.json();
        if reply.status != status {
            return Err(format!("{asked}: {} instead of {status}: {body}", reply.status));
        }
        let differences = shape::differences(expected, &body);
        if !differences.is_empty() {
            return Err(format!("{asked}: {}", differences.join("; ")));
        }
        self.saw(&asked);
        Ok(body)
    }

    /// What was seen must have this shape.
    fn same(&mut self, what: &str, seen: &Value, expected: &Value) -> Result<(), String> {
        let differences = shape::differences(expected, seen);
        if !differences.is_empty() {
            return Err(format!("{what}: {}", differences.join("; ")));
        }
        self.saw(what);
        Ok(())
    }

    /// Something is as it is documented.
    fn saw(&mut self, what: &str) {
        println!("ok  {what}");
        self.steps += 1;
    }
}
