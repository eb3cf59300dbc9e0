//! Many watchers, of whom some stop reading: what each of those costs the server until it is sent
//! away, and whether the others notice.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::commits;
use super::crowd::{Crowd, Opening, greet};
use super::figures::{Delays, rounded};
use super::machine::{open_many_files, resident_kib};
use super::wire::{Reader, Seen};
use crate::api::Api;
use crate::hall::{Database, Hall, start};
use crate::report::{Failure, Outcome, Verdict};
use crate::server::{Server, Started, Target};

/// What a stalled client's system takes in before the server notices: as little as it allows.
const RECEIVE_BUFFER: u32 = 4096;

const PATIENCE: Duration = Duration::from_secs(20);

/// Between two changes, so that each goes out alone.
const PAUSE: Duration = Duration::from_millis(250);

/// Changes at once that fill the queues of those who do not read.
const BURST: u64 = 20;

/// Lets some of many watchers stop reading.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Watchers on one instance
    #[arg(long, value_name = "N", default_value_t = 1000)]
    watchers: usize,
    /// So many of them stop reading
    #[arg(long, value_name = "N", default_value_t = 100)]
    stalled: usize,
    /// Teams on the board
    #[arg(long, value_name = "N", default_value_t = 200)]
    teams: u64,
    /// What a stalled client may cost the server at most
    #[arg(long, value_name = "KIB", default_value_t = 512)]
    at_most_kib: u64,
    /// The 99th percentile from commit to receipt of those who read
    #[arg(long, value_name = "MS", default_value_t = 250.0)]
    p99_ms: f64,
    /// How soon all who do not read must be sent away
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    closed_within: u64,
}

pub(crate) async fn run(options: &Options, target: &Target) -> Result<Outcome, Failure> {
    if options.stalled == 0 || options.stalled >= options.watchers || options.teams <= BURST {
        return Err(Failure::Usage(format!("--stalled must be below --watchers, --teams above {BURST}")));
    }
    if target.host.is_some() {
        return Err(Failure::Usage("this needs a server of its own: leave --host out".to_owned()));
    }
    open_many_files(options.watchers as u64 + 200).map_err(Failure::Usage)?;
    let keeper = Server::start(target).await?;
    let done = Box::pin(beside(options, target, &keeper)).await;
    keeper.stop().await;
    done.map_err(Failure::NoServer)
}

async fn beside(options: &Options, target: &Target, keeper: &Server) -> Result<Outcome, String> {
    commits::note(keeper).await?;
    let database = Database::create(keeper, "stalled").await?;
    let room = (options.watchers + 10).to_string();
    let server = start(target, &database, &[("PODIUM_MAX_SOCKETS", room)]).await?;
    let done = on_server(options, &server, database).await;
    server.stop().await;
    done
}

async fn on_server(options: &Options, server: &Server, database: Database) -> Result<Outcome, String> {
    let mut hall = Hall::open(server, "Stalled").await?;
    hall.fill(&database, options.teams).await?;
    database.quiet().await?;
    let pid = server.started().and_then(Started::pid).ok_or("the server has no process")?;
    let hello = json!({"type": "hello", "protocol": 1, "contest": hall.contest}).to_string();
    let authority = server.authority().to_owned();
    let opening = Opening::Socket { authority: authority.clone(), hello: hello.clone() };
    let readers = options.watchers - options.stalled;
    let crowd = Crowd::gather(opening, readers).await?;
    let mut stage = Stage { api: server.api(), database, hall, crowd, pid, number: 0, most_kib: 0 };
    eprintln!("{readers} watchers read; measuring …");
    let before = stage.play(Duration::from_secs(10), None).await?;
    stage.most_kib = 0;
    let idle = resident_kib(pid).ok_or("no figures of the process")?;
    let stalled = try_join_all((0..options.stalled).map(|_| stall(&authority, &hello))).await?;
    eprintln!("{} more have stopped reading; measuring until they are sent away …", stalled.len());
    let began = Instant::now();
    let during = stage.play(Duration::from_secs(options.closed_within), Some(readers)).await?;
    let closed = began.elapsed();
    let left = stage.sockets().await?.saturating_sub(readers);
    drop(stalled);
    let figures =
        Figures { options, before, during, closed, left, held_kib: stage.most_kib.saturating_sub(idle) };
    Ok(figures.outcome())
}

/// A watcher that reads until the board is there, and then never again.
async fn stall(authority: &str, hello: &str) -> Result<TcpStream, String> {
    let told = |e: &dyn std::fmt::Display| format!("a watcher that is to stall: {e}");
    let socket = TcpSocket::new_v4().map_err(|e| told(&e))?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER).map_err(|e| told(&e))?;
    let address = authority.parse().map_err(|e| told(&e))?;
    let mut stream = socket.connect(address).await.map_err(|e| told(&e))?;
    let until_board = async {
        let (mut reader, mut there) = (Reader::new(), false);
        let mut bytes = greet(&mut stream, authority, hello).await?;
        loop {
            reader.feed(&bytes, |seen| there |= seen == Seen::Snapshot)?;
            if there {
                return Ok::<_, String>(());
            }
            bytes.clear();
            if stream.read_buf(&mut bytes).await.map_err(|e| e.to_string())? == 0 {
                return Err("the server has closed".to_owned());
            }
        }
    };
    timeout(PATIENCE, until_board).await.map_err(|_| told(&"no board in time"))?.map_err(|e| told(&e))?;
    Ok(stream)
}

/// Who changes points, and who receives the changes.
struct Stage {
    api: Api,
    database: Database,
    hall: Hall,
    crowd: Crowd,
    pid: u32,
    number: u64,
    /// The most memory that the server had.
    most_kib: u64,
}

impl Stage {
    /// Changes points for so long, or until so few sockets are left.
    async fn play(&mut self, length: Duration, until: Option<usize>) -> Result<Delays, String> {
        let (deadline, mut delays) = (Instant::now() + length, Delays::default());
        while Instant::now() < deadline {
            self.burst().await?;
            sleep(PAUSE).await;
            self.database.quiet().await?;
            let (committed, receipts) = self.one().await?;
            delays.add(committed, &receipts);
            self.most_kib = self.most_kib.max(resident_kib(self.pid).unwrap_or(0));
            if until.is_some_and(|_| delays.updates() >= 10) && Some(self.sockets().await?) <= until {
                break;
            }
            sleep(PAUSE).await;
        }
        Ok(delays)
    }

    /// One change after all others have their numbers; its commit, and when each reader had it.
    async fn one(&mut self) -> Result<(u64, Vec<u64>), String> {
        let team = self.next_team();
        let head = format!("SELECT max(seq) FROM contest_event WHERE contest_id = '{}'", self.hall.contest);
        self.crowd.tracker.expect_after(self.database.number(&head).await?, self.crowd.size);
        self.give(&team).await?;
        let receipts = self.crowd.tracker.all(PATIENCE).await?;
        Ok((commits::of_team(&self.database, &self.hall.contest, &team).await?, receipts))
    }

    /// Many changes at once.
    async fn burst(&mut self) -> Result<(), String> {
        let teams: Vec<String> = (0..BURST).map(|_| self.next_team()).collect();
        try_join_all(teams.iter().map(|team| self.give(team))).await.map(drop)
    }

    fn next_team(&mut self) -> String {
        self.number += 1;
        Hall::team(self.number * 7 % self.hall.teams)
    }

    async fn give(&self, team: &str) -> Result<(), String> {
        let change = json!({"team_id": team, "amount": 1, "reason": "stalled"});
        self.api.post(&format!("contests/{}/adjustments", self.hall.contest), &change).await.map(drop)
    }

    /// How many sockets the server has open.
    async fn sockets(&self) -> Result<usize, String> {
        let open = self.api.get("health").await?["sockets"].as_u64().ok_or("health tells no sockets")?;
        usize::try_from(open).map_err(|e| e.to_string())
    }
}

struct Figures<'a> {
    options: &'a Options,
    before: Delays,
    during: Delays,
    closed: Duration,
    left: usize,
    held_kib: u64,
}

impl Figures<'_> {
    fn outcome(self) -> Outcome {
        let (options, stalled) = (self.options, self.options.stalled as u64);
        let each = self.held_kib / stalled;
        println!("\n{} watchers, of whom {stalled} have stopped reading", options.watchers);
        println!("from commit to receipt, before:  {} ms", self.before);
        println!("                        during:  {} ms", self.during);
        println!("the server's memory grew by at most {each} KiB for each that does not read");
        match self.left {
            0 => println!("all of them were sent away within {:.1} s\n", self.closed.as_secs_f64()),
            left => println!("{left} of them were still there after {:.1} s\n", self.closed.as_secs_f64()),
        }
        let bounded = each <= options.at_most_kib && self.left == 0;
        let verdict = match (bounded, self.during.p99() <= options.p99_ms) {
            (false, _) => Verdict::Invariant,
            (true, false) => Verdict::Threshold,
            (true, true) => Verdict::Fine,
        };
        Outcome { verdict, result: self.json(each) }
    }

    fn json(&self, each: u64) -> Value {
        json!({
            "command": "stalled",
            "watchers": self.options.watchers,
            "stalled": self.options.stalled,
            "before": self.before.json(),
            "during": self.during.json(),
            "kib_of_each_stalled": each,
            "not_closed": self.left,
            "closed_after_s": rounded(self.closed.as_secs_f64()),
        })
    }
}
