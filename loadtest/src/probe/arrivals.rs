//! What happens when a request is due: a team that has nothing better to do sends it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::schedule::{Kind, kind};
use crate::game::Game;
use crate::game::moves::Move;
use crate::game::player::{Draw, Held, Player};
use crate::http::Connection;

/// Teams that are there from the beginning, so that whoever draws need not register first.
const TEAMS: usize = 200;

/// No request takes longer. Podium answers within two seconds, or with 503.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everything that arriving requests need.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    game: Arc<Game>,
    authority: Arc<str>,
    teams: Arc<Teams>,
}

#[derive(Debug, Default)]
struct Teams {
    /// Those that hold no question.
    ready: Mutex<VecDeque<Player>>,
    /// Those that do.
    holding: Mutex<VecDeque<(Player, Held)>>,
}

fn next<T>(of: &Mutex<VecDeque<T>>) -> Option<T> {
    of.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn back<T>(to: &Mutex<VecDeque<T>>, item: T) {
    to.lock().unwrap_or_else(PoisonError::into_inner).push_back(item);
}

impl Arrivals {
    /// Registers the teams of the beginning; half of them draw a question.
    pub(super) async fn prepare(game: Arc<Game>, authority: &str) -> Self {
        let arrivals = Self { game, authority: authority.into(), teams: Arc::default() };
        let mut connection = arrivals.connection();
        for number in 0..TEAMS {
            arrivals.register(&mut connection).await;
            if number % 2 == 0 {
                arrivals.draw(&mut connection).await;
            }
        }
        arrivals
    }

    pub(super) fn connection(&self) -> Connection {
        Connection::new(&self.authority, PATIENCE)
    }

    /// Does what the request of this number is.
    pub(super) async fn arrive(&self, connection: &mut Connection, number: u64) {
        match kind(number) {
            Kind::Register => self.register(connection).await,
            Kind::Draw => self.draw(connection).await,
            Kind::Submit => self.submit(connection).await,
            Kind::Board => self.board(connection).await,
        }
    }

    async fn register(&self, connection: &mut Connection) {
        let name = self.game.team_name();
        if let Some(player) = Player::register(&self.game, connection, name).await {
            back(&self.teams.ready, player);
        }
    }

    /// A team that is ready draws; when all are busy, a new one comes.
    async fn draw(&self, connection: &mut Connection) {
        let Some(player) = next(&self.teams.ready) else { return self.register(connection).await };
        match player.draw(&self.game, connection).await {
            Draw::Held(held) => back(&self.teams.holding, (player, held)),
            Draw::None => back(&self.teams.ready, player),
            Draw::Astray => {}
        }
    }

    /// A team that holds a question answers; when none does, somebody looks at the board.
    async fn submit(&self, connection: &mut Connection) {
        let Some((player, held)) = next(&self.teams.holding) else { return self.board(connection).await };
        if player.answer(&self.game, connection, &held).await {
            back(&self.teams.ready, player);
        }
    }

    async fn board(&self, connection: &mut Connection) {
        self.game.make(connection, &Move::board(&self.game.contest, None)).await;
    }
}
