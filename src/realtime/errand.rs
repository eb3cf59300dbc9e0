//! What a client asks for over its socket. Galleries write nothing: the roof hands them somebody who
//! has it done.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::frames::{Bye, ByeCode};
use crate::auth::queries::{Held, still_holds};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::limits::guards::{Asking, Place};
use crate::types::ContestId;

/// Something that a client asks for.
#[derive(Debug)]
pub struct Errand {
    /// The contest of its socket.
    pub contest: ContestId,
    /// Who it is, if it said so.
    pub held: Option<Held>,
    /// Counts what it asks for.
    pub asking: Asking,
    /// When it reached us: whoever asks by socket is received like whoever asks by REST. What waits
    /// behind another thing of the same client reaches us when that is answered.
    pub arrived: Instant,
    /// What it said.
    pub said: String,
}

/// Has errands done.
pub trait Runner: Send + Sync {
    /// Does it, if it has a place among what is being answered; the frame that comes back is for
    /// this client only.
    fn run(&self, errand: Errand, place: Result<Place, Error>) -> BoxFuture<'_, String>;
}

/// Where one client hands in what it asks for.
pub struct Desk {
    runner: Arc<dyn Runner>,
    asking: Asking,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("asking", &self.asking).finish_non_exhaustive()
    }
}

impl Desk {
    /// For a client that is counted like this.
    #[must_use]
    pub fn new(runner: Arc<dyn Runner>, asking: Asking) -> Self {
        Self { runner, asking }
    }

    /// Counts what the client asks for.
    #[must_use]
    pub fn asking(&self) -> &Asking {
        &self.asking
    }

    /// Has done what was said, and returns the reply; a pong asks for nothing. As with every
    /// request, it is counted first, and then asked whether the client is still who it was.
    ///
    /// # Errors
    /// `revoked` when it is not.
    pub async fn take(
        &self,
        db: &Db,
        contest: ContestId,
        held: Option<&Held>,
        said: String,
    ) -> Result<Option<String>, Bye> {
        let arrived = Instant::now();
        if is_pong(&said) {
            return Ok(None);
        }
        let place = self.asking.lets_in(held.and_then(|held| held.caller.limited_as()));
        if let (Some(held), Ok(_)) = (held, &place) {
            must_hold(db, held).await?;
        }
        let (held, asking) = (held.cloned(), self.asking.clone());
        Ok(Some(self.runner.run(Errand { contest, held, asking, arrived, said }, place).await))
    }
}

fn is_pong(said: &str) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
    }
    serde_json::from_str::<Kind<'_>>(said).is_ok_and(|said| said.kind == "pong")
}

/// Whoever cannot be asked about is asked about later: what they ask for meets the same trouble.
pub(super) async fn must_hold(db: &Db, held: &Held) -> Result<(), Bye> {
    let asked = async { still_holds(&mut *db.conn().await?, held).await };
    match asked.await {
        Err(error) if error.refusal() == Some(Refusal::NotAuthenticated) => {
            Err(Bye::because(ByeCode::Revoked, "the token is not valid any more"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
