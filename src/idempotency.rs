//! Doing it once: replies are stored with their effects, so that a request that is sent again
//! changes nothing and hears the same.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, SmallInt, Text};
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::db::{Command, Db, Tx};
use crate::error::{Busy, Error, Refusal};
use crate::request::refuse;
use crate::trace::Trace;
use crate::types::ContestId;

/// The `Idempotency-Key` header, if it was sent.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(Option<String>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IdempotencyKey {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        match Self::checked(request.headers().get_one("Idempotency-Key"), "Idempotency-Key") {
            Ok(key) => Outcome::Success(key),
            Err(error) => refuse(request, error),
        }
    }
}

impl IdempotencyKey {
    /// One that came in a frame, if one did.
    ///
    /// # Errors
    /// `Invalid` unless it has 1 to 255 characters.
    pub fn said(key: Option<&str>) -> Result<Self, Error> {
        Self::checked(key, "/key")
    }

    fn checked(key: Option<&str>, at: &str) -> Result<Self, Error> {
        match key {
            Some(key) if !(1..=255).contains(&key.len()) => {
                Err(Error::invalid_field(at, "must have 1 to 255 characters"))
            }
            key => Ok(Self(key.map(ToOwned::to_owned))),
        }
    }

    /// Ties the key to who asked and to what exactly was asked.
    #[must_use]
    pub fn of(self, principal: String, operation: &str, body: &[u8]) -> Idempotency {
        Idempotency(self.0.map(|key| {
            let mut hash = Sha256::new();
            hash.update(operation.as_bytes());
            hash.update([0]);
            hash.update(body);
            Key { principal, key, request_hash: hash.finalize().to_vec() }
        }))
    }
}

/// A request that may be sent again, if it came with a key.
#[derive(Debug)]
pub struct Idempotency(Option<Key>);

impl Idempotency {
    pub(crate) fn key(&self) -> Option<&Key> {
        self.0.as_ref()
    }
}

/// A key with its owner and the hash of its request.
#[derive(Debug, Clone)]
pub struct Key {
    pub(crate) principal: String,
    pub(crate) key: String,
    pub(crate) request_hash: Vec<u8>,
}

impl Key {
    pub(crate) fn lock(&self) -> i64 {
        let mut hash = Sha256::new();
        hash.update(self.principal.as_bytes());
        hash.update([0]);
        hash.update(self.key.as_bytes());
        let mut lock = [0; 8];
        lock.copy_from_slice(&hash.finalize()[..8]);
        i64::from_be_bytes(lock)
    }
}

/// A reply that is ready to be sent, or to be sent again.
#[derive(Debug, Clone, Serialize)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// JSON text.
    pub body: String,
    /// Whether it is the stored reply of an earlier request.
    pub replayed: bool,
}

impl Reply {
    /// A fresh success.
    ///
    /// # Errors
    /// A bug when the outcome cannot be written as JSON.
    pub fn of(outcome: impl Serialize, created: bool) -> Result<Self, Error> {
        let body = serde_json::to_string(&outcome).map_err(|e| Error::Bug(e.to_string()))?;
        Ok(Self { status: if created { 201 } else { 200 }, body, replayed: false })
    }
}

/// A reply that is kept for whoever sends the same key again.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) key: Key,
    /// Until whose end it is kept.
    pub(crate) contest: Option<ContestId>,
    pub(crate) status: i16,
    pub(crate) body: String,
}

impl Kept {
    pub(crate) fn of(key: &Key, contest: Option<ContestId>, reply: &Reply) -> Self {
        Self {
            key: key.clone(),
            contest,
            status: i16::try_from(reply.status).unwrap_or(500),
            body: reply.body.clone(),
        }
    }
}

/// What was found out about a key at the beginning of a transaction.
///
/// One request at a time for a key. Its lock is tried, not awaited: a second request must not hold
/// a connection while the first one works. A reply that is committed between the statement's look
/// and its lock is not seen; then the primary key refuses the second effect, and the whole
/// command is tried again.
#[derive(Debug, QueryableByName)]
pub(crate) struct Claim {
    #[diesel(sql_type = Nullable<Bool>)]
    claimed: Option<bool>,
    #[diesel(sql_type = Nullable<Binary>)]
    request_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    status: Option<i16>,
    #[diesel(sql_type = Nullable<Text>)]
    reply: Option<String>,
}

impl Claim {
    /// The stored reply, if this very request was answered before.
    fn stored(&self, key: &Key) -> Result<Option<Reply>, Error> {
        let (Some(hash), Some(status), Some(body)) = (&self.request_hash, self.status, &self.reply) else {
            return if self.claimed == Some(true) {
                Ok(None)
            } else {
                Err(Refusal::RequestInProgress.into())
            };
        };
        if *hash != key.request_hash {
            return Err(Refusal::IdempotencyKeyReused.into());
        }
        let status = u16::try_from(status).map_err(|e| Error::Bug(e.to_string()))?;
        Ok(Some(Reply { status, body: body.clone(), replayed: true }))
    }
}

impl Db {
    /// Runs a command, once for each idempotency key: its reply, refusals included, is stored,
    /// and a repeated request hears the stored reply.
    ///
    /// # Errors
    /// As [`Db::run`]; without a key a refusal is an error too.
    pub async fn once<C: Command>(&self, key: Idempotency, command: &C) -> Result<Reply, Error> {
        let Some(key) = key.0 else {
            return Reply::of(self.run(command).await?, C::CREATES);
        };
        let keyed = Keyed { key, command };
        match self.run(&keyed).await {
            Err(error) => match refused(&error, self.trace())? {
                Some(reply) => self.run(&keyed.refusal(reply)).await,
                None if is_unknown(&error) => self.look_for(&keyed, error).await,
                None => Err(error),
            },
            replied => replied,
        }
    }

    /// What became of a command that was run together with others, when the reply to their COMMIT was lost.
    pub(crate) async fn find_out<C: Command>(&self, key: Idempotency, command: &C) -> Result<Reply, Error> {
        let unknown = Error::Busy(Busy::OutcomeUnknown);
        match key.0 {
            Some(key) => self.look_for(&Keyed { key, command }, unknown).await,
            None => Err(unknown),
        }
    }

    /// COMMIT was sent and its reply was lost. The key's lock is held until the lost transaction
    /// has ended, and by then its stored reply says whether it was done; if not, it is done now.
    async fn look_for<C: Command>(&self, keyed: &Keyed<'_, C>, unknown: Error) -> Result<Reply, Error> {
        let deadline = tokio::time::Instant::now() + FIND_OUT;
        while tokio::time::Instant::now() < deadline {
            match self.run(keyed).await {
                Ok(reply) => return Ok(Reply { replayed: false, ..reply }),
                Err(error) => match refused(&error, self.trace())? {
                    Some(reply) => return self.run(&keyed.refusal(reply)).await,
                    None => tracing::warn!(%error, "the outcome of a commit is still unknown"),
                },
            }
            tokio::time::sleep(FIND_OUT / 20).await;
        }
        Err(unknown)
    }
}

/// How long a lost outcome is looked for before the client is asked to try again.
const FIND_OUT: Duration = Duration::from_secs(2);

fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Busy(Busy::OutcomeUnknown))
}

/// The reply that a refused command is remembered by. 5xx, 401, 403 and 429 are not stored: the
/// next try may fare better. Nor is what the key itself is refused for.
fn refused(error: &Error, trace: &Trace) -> Result<Option<Reply>, Error> {
    if matches!(error.refusal(), None | Some(Refusal::RequestInProgress | Refusal::IdempotencyKeyReused)) {
        return Ok(None);
    }
    let problem = error.problem(&trace.path, &trace.request_id);
    if matches!(problem.status, 401 | 403 | 429) {
        return Ok(None);
    }
    Ok(Some(Reply { status: problem.status, ..Reply::of(problem, false)? }))
}

/// A command that runs once for each key.
struct Keyed<'a, C> {
    key: Key,
    command: &'a C,
}

impl<C: Command> Keyed<'_, C> {
    fn refusal(&self, reply: Reply) -> KeepRefusal {
        // A contest that is not there never ends, and what is kept until its end stays for ever.
        let contest = self.command.gate().filter(|_| reply.status != 404);
        KeepRefusal { key: self.key.clone(), contest, reply }
    }
}

impl<C: Command> Command for Keyed<'_, C> {
    type Outcome = Reply;

    fn key(&self) -> Option<&Key> {
        Some(&self.key)
    }

    fn gate(&self) -> Option<ContestId> {
        self.command.gate()
    }

    fn proof(&self) -> Option<&[u8]> {
        self.command.proof()
    }

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Error> {
        if let Some(stored) = tx.claim().stored(&self.key)? {
            return Ok(stored);
        }
        let reply = Reply::of(self.command.run(tx).await?, C::CREATES)?;
        tx.keep(Kept::of(&self.key, tx.contest(), &reply));
        Ok(reply)
    }
}

/// Stores a refusal. It changed nothing, so what it would have written was rolled back.
struct KeepRefusal {
    key: Key,
    contest: Option<ContestId>,
    reply: Reply,
}

impl Command for KeepRefusal {
    type Outcome = Reply;

    fn key(&self) -> Option<&Key> {
        Some(&self.key)
    }

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Error> {
        if let Some(stored) = tx.claim().stored(&self.key)? {
            return Ok(stored);
        }
        tx.keep(Kept::of(&self.key, self.contest, &self.reply));
        Ok(self.reply.clone())
    }
}
