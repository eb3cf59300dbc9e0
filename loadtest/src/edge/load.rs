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

/// No reply takes longer; the proxy itself waits longer than that only for imports.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long until the last turn is over. A turn is some requests, each sent until it is answered.
const SETTLING: Duration = Duration::from_secs(60);

/// Who plays, as in an event: of 30, so many of each.
const CAST: &[(Role, usize)] =
    &[(Role::Player, 17), (Role::Gambler, 4), (Role::Reader, 5), (Role::Registrant, 2), (Role::Staff, 2)];

/// So many questions for one team only, and in proportion those for everybody and for boxes.
pub(crate) fn stock(exclusive: usize) -> Stock {
    Stock { exclusive, shared: exclusive / 100 + 50, mystery: exclusive / 8 + 50, open: 3 }
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
    /// Lets so many play on this address; `staff` is the admin token.
    pub(crate) fn begin(
        game: &Arc<Game>,
        authority: &str,
        staff: &str,
        count: usize,
        think: Duration,
    ) -> Self {
        let (playing, seen) = watch::channel(true);
        let resting = Arc::new(AtomicUsize::new(0));
        let cast: Vec<Role> = CAST.iter().flat_map(|(role, times)| vec![*role; *times]).collect();
        let mut users = JoinSet::new();
        for number in 0..count {
            let user = User {
                game: Arc::clone(game),
                // Seven is coprime to thirty: a few users are as mixed as many.
                role: cast[number * 7 % cast.len()],
                staff: staff.into(),
                connection: Connection::new(authority, PATIENCE),
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
