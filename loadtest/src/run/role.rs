//! The users of a scenario: what each does in a turn, and what it remembers until the next.

use std::pin::Pin;
use std::sync::Arc;

use goose::goose::{GooseUser, Transaction, TransactionFunction, TransactionResult};

use super::transport::ByGoose;
use crate::game::call::Transport;
use crate::game::moves::Move;
use crate::game::player::{Draw, Player};
use crate::game::staff::Staff;
use crate::game::{Game, chance};

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Registers team after team, each of which draws its first question.
    Registrant,
    /// Draws, answers, looks at the board.
    Player,
    /// Earns points and spends them on mystery boxes.
    Gambler,
    /// Reads lists, writes questions, edits, corrects points.
    Staff,
    /// Looks at the board.
    Reader,
}

/// After so many turns a player makes room for a new team.
const TURNS: u32 = 25;

/// What a user remembers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    player: Option<Player>,
    turns: u32,
    staff: Option<Staff>,
    etag: Option<String>,
}

impl Role {
    /// A turn of this role, for Goose. `staff` is the admin token.
    pub(crate) fn transaction(self, game: &Arc<Game>, staff: &Arc<str>) -> Transaction {
        let (game, staff) = (Arc::clone(game), Arc::clone(staff));
        let turn = function(move |user| {
            let (game, staff) = (Arc::clone(&game), Arc::clone(&staff));
            Box::pin(async move {
                game.flows.begin();
                let mut memory =
                    user.get_session_data_mut::<Memory>().map(std::mem::take).unwrap_or_default();
                let mut transport = ByGoose::new(user);
                memory.turn(self, &game, &staff, &mut transport).await;
                if !transport.is_cut_off {
                    game.flows.end();
                }
                user.set_session_data(memory);
                Ok(())
            })
        });
        Transaction::new(turn).set_name(self.name())
    }

    /// One request in so many takes a question.
    pub(crate) fn one_draw_in(self) -> Option<f64> {
        match self {
            Self::Registrant => Some(2.0),
            Self::Player => Some(3.0),
            Self::Gambler => Some(4.0),
            Self::Staff | Self::Reader => None,
        }
    }

    /// One request in so many opens a box.
    pub(crate) fn one_box_in(self) -> Option<f64> {
        (self == Self::Gambler).then_some(4.0)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Registrant => "registrant",
            Self::Player => "player",
            Self::Gambler => "gambler",
            Self::Staff => "staff",
            Self::Reader => "reader",
        }
    }
}

impl Memory {
    /// One turn in this role.
    pub(crate) async fn turn(
        &mut self,
        role: Role,
        game: &Game,
        staff: &str,
        transport: &mut impl Transport,
    ) {
        match role {
            Role::Registrant => register(game, transport).await,
            Role::Player => self.play(game, transport).await,
            Role::Gambler => self.gamble(game, transport).await,
            Role::Staff => self.work(game, staff, transport).await,
            Role::Reader => self.read(game, transport).await,
        }
    }

    /// The team of this user; a new one now and then.
    async fn player(&mut self, game: &Game, transport: &mut impl Transport) -> Option<Player> {
        self.turns += 1;
        if self.player.is_none() || self.turns > TURNS {
            self.turns = 0;
            self.player = Player::register(game, transport, game.team_name()).await;
        }
        self.player.clone()
    }

    async fn play(&mut self, game: &Game, transport: &mut impl Transport) {
        let Some(player) = self.player(game, transport).await else { return };
        let shared = &game.contest.shared;
        let draw = if !shared.is_empty() && chance(0.1) {
            player.claim(game, transport, &shared[rand::random_range(0..shared.len())]).await
        } else {
            player.draw(game, transport).await
        };
        self.finish(game, transport, &player, draw).await;
        self.read(game, transport).await;
    }

    async fn gamble(&mut self, game: &Game, transport: &mut impl Transport) {
        let Some(player) = self.player(game, transport).await else { return };
        let draw = player.draw(game, transport).await;
        self.finish(game, transport, &player, draw).await;
        let Some(player) = self.player.clone() else { return };
        let boxes = &game.contest.boxes;
        if boxes.is_empty() {
            return;
        }
        let offer = &boxes[rand::random_range(0..boxes.len())];
        let draw = player.open(game, transport, &offer.id, offer.price).await;
        self.finish(game, transport, &player, draw).await;
    }

    /// Answers what was drawn. A team that has lost its way makes room for a new one.
    async fn finish(&mut self, game: &Game, transport: &mut impl Transport, player: &Player, draw: Draw) {
        match draw {
            Draw::Held(held) => {
                if !player.answer(game, transport, &held).await {
                    self.player = None;
                }
            }
            Draw::None => {}
            Draw::Astray => self.player = None,
        }
    }

    async fn work(&mut self, game: &Game, token: &str, transport: &mut impl Transport) {
        if self.staff.is_none() {
            self.staff = Staff::begin(game, transport, token).await;
        }
        if let Some(staff) = &mut self.staff {
            staff.work(game, transport).await;
        }
    }

    async fn read(&mut self, game: &Game, transport: &mut impl Transport) {
        let mv = Move::board(&game.contest, self.etag.as_deref());
        if let Some(etag) = game.make(transport, &mv).await.etag() {
            self.etag = Some(etag);
        }
    }
}

/// One time in a hundred under a name that is taken, which must be refused.
async fn register(game: &Game, transport: &mut impl Transport) {
    let name = if chance(0.01) { "Team 1".to_owned() } else { game.team_name() };
    if let Some(player) = Player::register(game, transport, name).await {
        player.draw(game, transport).await;
    }
}

/// A closure as Goose takes it.
fn function(
    turn: impl for<'r> Fn(&'r mut GooseUser) -> Pin<Box<dyn Future<Output = TransactionResult> + Send + 'r>>
    + Send
    + Sync
    + 'static,
) -> TransactionFunction {
    Arc::new(turn)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::game::contest::Contest;
    use crate::http::{Ask, Connection, Reply, Trouble};

    /// On the way to a server that is not there.
    struct Lost {
        connection: Connection,
        is_cut_off: bool,
    }

    impl Transport for Lost {
        async fn exchange(&mut self, ask: &Ask, _: &str) -> Result<Reply, Trouble> {
            self.connection.send(ask).await
        }

        fn settle(&mut self, _: Result<(), &str>) {}

        fn cut_off(&mut self) {
            self.is_cut_off = true;
        }
    }

    #[tokio::test]
    async fn a_turn_without_a_reply_is_cut_off() {
        let game = Game::new(Contest::example(), 0.0);
        for role in [Role::Registrant, Role::Player, Role::Gambler, Role::Reader] {
            let connection = Connection::new("127.0.0.1:1", Duration::from_secs(1));
            let mut lost = Lost { connection, is_cut_off: false };
            Memory::default().turn(role, &game, "", &mut lost).await;
            assert!(lost.is_cut_off, "{role:?}");
        }
    }
}
