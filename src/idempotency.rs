//! Doing it once: replies are stored with their effects, so that a request that is sent again
//! changes nothing and hears the same.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, SmallInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::db::{Command, Db, Tx};
use crate::error::{Error, Refusal};
use crate::request::refuse;
use crate::sql::sql;
use crate::trace::Trace;

/// The `Idempotency-Key` header, if it was sent.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(Option<String>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IdempotencyKey {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        match request.headers().get_one("Idempotency-Key") {
            None => Outcome::Success(Self(None)),
            Some(key) if (1..=255).contains(&key.len()) => Outcome::Success(Self(Some(key.to_owned()))),
            Some(_) => {
                refuse(request, Error::invalid_field("Idempotency-Key", "must have 1 to 255 characters"))
            }
        }
    }
}

impl IdempotencyKey {
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

/// A key with its owner and the hash of its request.
#[derive(Debug)]
struct Key {
    principal: String,
    key: String,
    request_hash: Vec<u8>,
}

/// A reply that is ready to be sent, or to be sent again.
#[derive(Debug, Serialize)]
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

impl Db {
    /// Runs a command, once for each idempotency key: its reply, refusals included, is
    /// stored in the same transaction, and a repeated request hears the stored reply.
    ///
    /// # Errors
    /// As [`Db::run`]; without a key a refusal is an error too.
    pub async fn once<C: Command>(&self, key: Idempotency, command: &C) -> Result<Reply, Error> {
        let Some(key) = key.0 else {
            return Reply::of(self.run(command).await?, C::CREATES);
        };
        self.run(&Keyed { key, command, trace: self.trace() }).await
    }
}

/// A command that runs once for each key.
struct Keyed<'a, C> {
    key: Key,
    command: &'a C,
    trace: &'a Trace,
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Bool)]
    claimed: bool,
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Binary)]
    request_hash: Vec<u8>,
    #[diesel(sql_type = SmallInt)]
    status: i16,
    #[diesel(sql_type = Text)]
    reply: String,
}

impl<C: Command> Command for Keyed<'_, C> {
    type Outcome = Reply;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Error> {
        self.claim(tx).await?;
        if let Some(stored) = self.stored(tx).await? {
            return Ok(stored);
        }
        let told = tx.told();
        tx.batch_execute("SAVEPOINT keyed").await?;
        let reply = match self.command.run(tx).await {
            Ok(outcome) => Reply::of(outcome, C::CREATES)?,
            Err(error) => {
                let reply = self.refused(error)?;
                tx.batch_execute("ROLLBACK TO SAVEPOINT keyed").await?;
                tx.untell(told);
                reply
            }
        };
        self.store(tx, &reply).await?;
        Ok(reply)
    }
}

impl<C: Command> Keyed<'_, C> {
    /// One request at a time for a key. The lock is tried, not awaited: a second request
    /// must not hold a connection while the first one works.
    async fn claim(&self, tx: &mut Tx) -> Result<(), Error> {
        let mut hash = Sha256::new();
        hash.update(self.key.principal.as_bytes());
        hash.update([0]);
        hash.update(self.key.key.as_bytes());
        let digest = hash.finalize();
        let mut lock = [0; 8];
        lock.copy_from_slice(&digest[..8]);
        let Claimed { claimed } = sql("SELECT pg_try_advisory_xact_lock($1) AS claimed")
            .bind::<BigInt, _>(i64::from_be_bytes(lock))
            .get_result(tx)
            .await?;
        if claimed { Ok(()) } else { Err(Refusal::RequestInProgress.into()) }
    }

    async fn stored(&self, tx: &mut Tx) -> Result<Option<Reply>, Error> {
        let stored: Option<Stored> =
            sql("SELECT request_hash, status, reply FROM idempotency WHERE principal = $1 AND key = $2")
                .bind::<Text, _>(&self.key.principal)
                .bind::<Text, _>(&self.key.key)
                .get_result(tx)
                .await
                .optional()?;
        let Some(stored) = stored else { return Ok(None) };
        if stored.request_hash != self.key.request_hash {
            return Err(Refusal::IdempotencyKeyReused.into());
        }
        let status = u16::try_from(stored.status).map_err(|e| Error::Bug(e.to_string()))?;
        Ok(Some(Reply { status, body: stored.reply, replayed: true }))
    }

    /// 5xx, 401, 403 and 429 are not stored: the next try may fare better.
    fn refused(&self, error: Error) -> Result<Reply, Error> {
        let problem = error.problem(&self.trace.path, &self.trace.request_id);
        if problem.status >= 500 || matches!(problem.status, 401 | 403 | 429) {
            return Err(error);
        }
        Ok(Reply { status: problem.status, ..Reply::of(problem, false)? })
    }

    async fn store(&self, tx: &mut Tx, reply: &Reply) -> Result<(), Error> {
        sql("INSERT INTO idempotency (principal, key, request_hash, status, reply) VALUES ($1, $2, $3, $4, $5)")
            .bind::<Text, _>(&self.key.principal)
            .bind::<Text, _>(&self.key.key)
            .bind::<Binary, _>(&self.key.request_hash)
            .bind::<SmallInt, _>(i16::try_from(reply.status).unwrap_or(500))
            .bind::<Text, _>(&reply.body)
            .execute(tx)
            .await?;
        Ok(())
    }
}
