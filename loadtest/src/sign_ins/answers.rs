//! Teams that answer at a steady pace. Each draws its next question in the pause before its answer
//! is due; what counts is the answer, from when it was due.

use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::game::Game;
use crate::game::player::{Draw, Player};
use crate::http::Connection;
use crate::tally::{histogram, record};

/// How many teams share the pace, so that a slow answer makes no other one late.
const TEAMS: u32 = 16;

/// No request takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The teams, each with its connection.
#[derive(Debug)]
pub(super) struct Teams {
    game: Arc<Game>,
    players: Vec<Arc<Mutex<(Player, Connection)>>>,
}

impl Teams {
    pub(super) async fn register(game: Arc<Game>, authority: &str) -> Result<Self, String> {
        let mut players = Vec::new();
        for _ in 0..TEAMS {
            let mut connection = Connection::new(authority, PATIENCE);
            let player = Player::register(&game, &mut connection, game.team_name()).await;
            let player = player.ok_or("a team could not register")?;
            players.push(Arc::new(Mutex::new((player, connection))));
        }
        Ok(Self { game, players })
    }

    /// So many answers a second, for so long; how long each of them took.
    pub(super) async fn answer(&self, per_second: u16, length: Duration) -> Histogram<u64> {
        let (pause, begun) = (Duration::from_secs(1) / u32::from(per_second), Instant::now());
        let mut turns = JoinSet::new();
        for (number, player) in (0u32..).zip(&self.players) {
            let (game, player) = (Arc::clone(&self.game), Arc::clone(player));
            let first = begun + pause * number;
            turns.spawn(async move { one(&game, &player, first, pause * TEAMS, begun + length).await });
        }
        let mut all = histogram();
        for seen in turns.join_all().await {
            all += seen;
        }
        all
    }
}

/// One team's answers, from its first one on.
async fn one(
    game: &Game,
    player: &Mutex<(Player, Connection)>,
    first: Instant,
    pause: Duration,
    end: Instant,
) -> Histogram<u64> {
    let (player, connection) = &mut *player.lock().await;
    let (mut seen, mut due) = (histogram(), first);
    while due < end {
        let drawn = player.draw(game, connection).await;
        sleep_until(due).await;
        // Whoever got no question waited all the same.
        if let Draw::Held(held) = drawn {
            player.answer(game, connection, &held).await;
        }
        record(&mut seen, due.elapsed());
        due += pause;
    }
    seen
}
