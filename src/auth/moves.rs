//! Moves of a team whose token is proved where it counts: inside the move's own transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rocket::http::Status;
use rocket::outcome::{Outcome, try_outcome};
use rocket::request::{FromRequest, Request};

use super::guards::bearer;
use super::{Player, TokenKind};
use crate::contests::ContestRef;
use crate::db::{Command, Db, Tx};
use crate::error::{Error, Refusal};
use crate::idempotency::{Idempotency, Key, Reply};
use crate::limits::guards::{Asking, Principal};
use crate::request::refuse;
use crate::types::ContestId;

/// For how long it is remembered whose a token was.
const KEPT: Duration = Duration::from_secs(600);

/// How many are remembered; then all are forgotten.
const ROOM: usize = 20_000;

/// Whose team token was whose a moment ago, by its hash. A token never becomes somebody else's, so what is
/// remembered can only be out of date in one way: that it opens nothing any more.
#[derive(Debug, Default)]
struct Seats(Mutex<HashMap<Vec<u8>, (Player, Instant)>>);

impl Seats {
    fn recall(&self, hash: &[u8]) -> Option<Player> {
        let seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (player, then) = seats.get(hash)?;
        (then.elapsed() < KEPT).then(|| player.clone())
    }

    fn keep(&self, hash: Vec<u8>, player: Player) {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.len() >= ROOM {
            seats.clear();
        }
        seats.insert(hash, (player, Instant::now()));
    }

    fn forget(&self, hash: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}

/// A player who is about to make a move. Whom the token belongs to may only be remembered; so nobody
/// gets at the player but a command, and the command's transaction proves the token before anything
/// else. That is a statement and a way to the database less than to look it up first.
#[derive(Debug)]
pub struct Mover {
    player: Player,
    /// The token's hash, if it was not looked up.
    proof: Option<Vec<u8>>,
}

impl Mover {
    /// As [`Player::must_play`].
    ///
    /// # Errors
    /// `NotFound` for any other contest.
    pub fn must_play(&self, contest: &ContestRef) -> Result<ContestId, Error> {
        self.player.must_play(contest)
    }

    /// Whose idempotency keys these are.
    #[must_use]
    pub fn principal(&self) -> String {
        self.player.principal()
    }

    /// Makes the move, once for each key.
    ///
    /// # Errors
    /// As [`Db::once`]; `NotAuthenticated` when the token opens nothing any more.
    pub async fn once<C: Command>(
        self,
        db: &Db,
        key: Idempotency,
        command: impl FnOnce(Player) -> C,
    ) -> Result<Reply, Error> {
        let moving = Proved { proof: self.proof, command: command(self.player) };
        let made = db.once(key, &moving).await;
        if let (Some(hash), Err(error)) = (&moving.proof, &made)
            && error.refusal() == Some(Refusal::NotAuthenticated)
        {
            // From now on it is looked up: whoever holds it spends nothing of the team's limit any more.
            db.memory::<Seats>().forget(hash);
        }
        made
    }
}

/// A move behind the proof of its token.
struct Proved<C> {
    proof: Option<Vec<u8>>,
    command: C,
}

impl<C: Command> Command for Proved<C> {
    type Outcome = C::Outcome;
    const CREATES: bool = C::CREATES;

    fn proof(&self) -> Option<&[u8]> {
        self.proof.as_deref()
    }

    fn key(&self) -> Option<&Key> {
        self.command.key()
    }

    fn gate(&self) -> Option<ContestId> {
        self.command.gate()
    }

    async fn run(&self, tx: &mut Tx) -> Result<C::Outcome, Error> {
        self.command.run(tx).await
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Mover {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        let seats = request.rocket().state::<Db>().map(Db::memory::<Seats>);
        match known(request, seats.as_deref()) {
            Ok(Some(mover)) => Outcome::Success(mover),
            Ok(None) => {
                let player = try_outcome!(request.guard::<Player>().await);
                learn(request, seats, &player);
                Outcome::Success(Self { player, proof: None })
            }
            Err(error) => refuse(request, error),
        }
    }
}

/// Somebody who is remembered, within the limits of their team.
fn known(request: &Request<'_>, seats: Option<&Seats>) -> Result<Option<Mover>, Error> {
    let Some(hash) = team_token(request)? else { return Ok(None) };
    let Some(player) = seats.and_then(|seats| seats.recall(&hash)) else { return Ok(None) };
    Asking::of(request).asks(Principal::Team(player.team().uuid()))?;
    Ok(Some(Mover { player, proof: Some(hash) }))
}

fn learn(request: &Request<'_>, seats: Option<Arc<Seats>>, player: &Player) {
    if let (Some(seats), Ok(Some(hash))) = (seats, team_token(request)) {
        seats.keep(hash, player.clone());
    }
}

fn team_token(request: &Request<'_>) -> Result<Option<Vec<u8>>, Error> {
    Ok(bearer(request)?.filter(|token| token.is(TokenKind::Team)).map(|token| token.hash()))
}
