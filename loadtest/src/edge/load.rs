//! Users that play through the proxy until told to rest, and go on when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::game::Game;
use crate::game::contest::Stock;
use crate::http::Connection;
use crate::run::role::{Memory, Role};
use crate::server::Server;

/// No reply takes longer; the proxy itself waits longer than that only for imports.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long until the last turn is over. A turn is some requests, each sent until it is answered.
const SETTLING: Duration = Duration::from_secs(60);

/// Who plays, as in an event: of 30, so many of each.
const CAST: &[(Role, usize)] =
    &[(Role::Player, 17), (Role::Gambler, 4), (Role::Reader, 5), (Role::Registrant, 2), (Role::Staff, 2)];

/// Who plays while something happens to the servers.
#[derive(Debug, clap::Args)]
pub(crate) struct Crowd {
    /// Users that play meanwhile
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) users: u32,
    /// A pause of up to so long between two turns of a user
    #[arg(long, value_name = "MS", default_value_t = 200)]
    think_ms: u64,
    /// Questions to begin with; when they are used up, being told so is a proper answer
    #[arg(long, value_name = "N", default_value_t = 40_000)]
    questions: usize,
}

impl Crowd {
    /// So many questions for one team only, and in proportion those for everybody and for boxes.
    pub(crate) fn stock(&self) -> Stock {
        let exclusive = self.questions;
        Stock { exclusive, shared: exclusive / 100 + 50, mystery: exclusive / 8 + 50, open: 3 }
    }
}

/// Everybody who plays.
#[derive(Debug)]
pub(crate) struct Load {
    playing: watch::Sender<bool>,
    resting: Arc<AtomicUsize>,
    users: JoinSet<()>,
    count: usize,
}

/// What one of them needs.
struct User {
    game: Arc<Game>,
    role: Role,
    staff: Arc<str>,
    connection: Connection,
    playing: watch::Receiver<bool>,
    resting: Arc<AtomicUsize>,
    /// The pause between two turns, at most.
    think: Duration,
}

impl Load {
    /// Lets them play through this door.
    pub(crate) fn begin(game: &Arc<Game>, door: &Server, crowd: &Crowd) -> Self {
        let (count, think) = (crowd.users as usize, Duration::from_millis(crowd.think_ms));
        let (playing, seen) = watch::channel(true);
        let resting = Arc::new(AtomicUsize::new(0));
        let cast: Vec<Role> = CAST.iter().flat_map(|(role, times)| vec![*role; *times]).collect();
        let mut users = JoinSet::new();
        for number in 0..count {
            let user = User {
                game: Arc::clone(game),
                // Seven is coprime to thirty: a few users are as mixed as many.
                role: cast[number * 7 % cast.len()],
                staff: door.token().into(),
                connection: Connection::new(door.authority(), PATIENCE),
                playing: seen.clone(),
                resting: Arc::clone(&resting),
                think,
            };
            users.spawn(user.live());
        }
        Self { playing, resting, users, count }
    }

    /// Waits until everybody has finished the turn and rests.
    pub(crate) async fn rest(&self) -> Result<(), String> {
        self.playing.send_replace(false);
        let deadline = Instant::now() + SETTLING;
        while self.resting.load(Ordering::SeqCst) < self.count {
            if Instant::now() > deadline {
                let late = self.count - self.resting.load(Ordering::SeqCst);
                return Err(format!("{late} users have no answer after {} s", SETTLING.as_secs()));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    pub(crate) fn go_on(&self) {
        self.playing.send_replace(true);
    }

    /// For good.
    pub(crate) async fn end(mut self) -> Result<(), String> {
        let rested = self.rest().await;
        self.users.shutdown().await;
        rested
    }
}

impl User {
    async fn live(mut self) {
        let mut memory = Memory::default();
        loop {
            if !*self.playing.borrow() {
                self.resting.fetch_add(1, Ordering::SeqCst);
                let again = self.playing.wait_for(|playing| *playing).await.is_ok();
                self.resting.fetch_sub(1, Ordering::SeqCst);
                if !again {
                    return;
                }
            }
            memory.turn(self.role, &self.game, &self.staff, &mut self.connection).await;
            sleep(self.think.mul_f64(rand::random())).await;
        }
    }
}
