//! What every request carries: its id, when it arrived, and its idempotency key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, SmallInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use rocket::form::{FromFormField, ValueField};
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::db::{Command, Db, Tx};
use crate::error::{Error, Refusal};
use crate::sql::sql;

/// Who asked what, and when it reached this process.
#[derive(Debug)]
pub struct Trace {
    /// From `X-Request-Id`, or made here.
    pub request_id: String,
    /// The path that was asked for, without its query.
    pub path: String,
    arrived: Option<Instant>,
}

impl Trace {
    /// For work that no request waits for.
    #[must_use]
    pub fn background() -> Self {
        Self { request_id: "background".to_owned(), path: String::new(), arrived: None }
    }

    /// The trace of a request; the same one however often it is asked for.
    pub fn of(request: &Request<'_>) -> Arc<Self> {
        Arc::clone(request.local_cache(|| {
            Arc::new(Self {
                request_id: request_id(request.headers().get_one("X-Request-Id")),
                path: request.uri().path().to_string(),
                arrived: Some(Instant::now()),
            })
        }))
    }

    /// How long the request has been in this process.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.arrived.map_or(Duration::ZERO, |at| at.elapsed())
    }
}

/// A caller's id is kept when it is short and plain, so that it cannot forge log lines.
fn request_id(sent: Option<&str>) -> String {
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    sent.filter(plain).map_or_else(|| format!("{:016x}", rand::random::<u64>()), ToOwned::to_owned)
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Db {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        match request.rocket().state::<Db>() {
            Some(db) => Outcome::Success(db.for_request(Trace::of(request))),
            None => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

/// Remembers why a guard refused, for the catcher that writes the problem.
pub fn refuse<T>(request: &Request<'_>, error: Error) -> Outcome<T, (Status, ()), Status> {
    let status = Status::new(error.problem("", "").status);
    *stash(request).lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
    Outcome::Error((status, ()))
}

/// Where a refused guard leaves its error.
pub fn stash<'r>(request: &'r Request<'_>) -> &'r std::sync::Mutex<Option<Error>> {
    request.local_cache(|| std::sync::Mutex::new(None))
}

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

impl Idempotency {
    pub(crate) fn into_key(self) -> Option<Key> {
        self.0
    }
}

/// A key with its owner and the hash of its request.
#[derive(Debug)]
pub(crate) struct Key {
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

/// A command that runs once for each key.
pub(crate) struct Keyed<'a, C> {
    pub(crate) key: Key,
    pub(crate) command: &'a C,
    pub(crate) trace: &'a Trace,
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

/// A query parameter that may be missing but not mistyped: Rocket would take `?limit=abc` for
/// no limit at all; this answers 422.
#[derive(Debug, Clone, Copy)]
pub struct Given<T>(pub Option<T>);

impl<'r, T: FromFormField<'r>> FromFormField<'r> for Given<T> {
    fn from_value(field: ValueField<'r>) -> rocket::form::Result<'r, Self> {
        T::from_value(field).map(|value| Self(Some(value)))
    }

    fn default() -> Option<Self> {
        Some(Self(None))
    }
}

/// `If-Match: "7"`: the version the caller read.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub i32);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IfMatch {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        let Some(sent) = request.headers().get_one("If-Match") else {
            return refuse(request, Refusal::VersionRequired.into());
        };
        match sent.trim().trim_matches('"').parse() {
            Ok(version) => Outcome::Success(Self(version)),
            Err(_) => refuse(request, Error::invalid_field("If-Match", "must be a version such as \"3\"")),
        }
    }
}

/// `If-None-Match`, for documents that are costly to send again.
#[derive(Debug, Clone)]
pub struct IfNoneMatch(pub Option<String>);

impl IfNoneMatch {
    /// Whether the caller has what this tag stands for; weak comparison (RFC 9110, 13.1.2).
    #[must_use]
    pub fn names(&self, tag: &str) -> bool {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let sent = self.0.as_deref().unwrap_or_default();
        sent.trim() == "*" || sent.split(',').any(|one| bare(one) == bare(tag))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IfNoneMatch {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        Outcome::Success(Self(request.headers().get_one("If-None-Match").map(ToOwned::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_weak_or_strong() {
        let names = |sent: &str, tag| IfNoneMatch(Some(sent.to_owned())).names(tag);
        assert!(names("W/\"a\"", "W/\"a\""));
        assert!(names("\"x\", \"a\"", "W/\"a\""));
        assert!(names("*", "W/\"a\""));
        assert!(!names("\"b\"", "W/\"a\""));
        assert!(!IfNoneMatch(None).names("\"a\""));
    }
}
