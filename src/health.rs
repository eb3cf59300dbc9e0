//! Whether this instance lives, whether it can serve, and how its parts are.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use rocket::State;
use rocket::get;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::serde::json::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::checker::{self, LastCheck};
use crate::clocks::Clocks;
use crate::db::Db;
use crate::drain::Drain;
use crate::error::{Busy, Error};
use crate::fanout::Reach;
use crate::limits;
use crate::metrics::Scraper;
use crate::realtime::Hub;
use crate::sql::sql;
use crate::types::ContestId;

/// The state of the whole and of its parts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`; `breached` when an invariant is broken; `degraded` when all is served but news may come a
    /// second late; `draining` when this instance is about to stop; `down` when requests cannot be
    /// served.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// Which build this is.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// `ok`, or what is wrong with the database.
    #[schema(example = "ok")]
    pub database: String,
    /// The latest migration.
    pub schema: Option<String>,
    /// Events that wait for their number.
    pub outbox: Option<i64>,
    /// Open sockets on this instance.
    pub sockets: usize,
    /// How instances hear of news: `process` (no Redis: each looks for itself), `redis`, or `lost`
    /// (each looks for itself until Redis is back).
    #[schema(example = "redis")]
    pub fanout: &'static str,
    /// How many follow contests, on all instances that can be heard of.
    pub watchers: usize,
    /// For staff and for whoever may read the metrics: how many follow each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, usize>>)]
    pub watched: Option<BTreeMap<ContestId, usize>>,
    /// What users do not notice and operators should: clocks that differ or were set. A sentence each.
    pub warnings: Vec<String>,
    /// What the last check of the invariants in the background found; null before the first.
    pub invariants: Option<LastCheck>,
}

/// Whether the process lives. Always 200: who can answer, lives.
#[utoipa::path(tag = "health", responses((status = 200, body = String, example = "ok")))]
#[get("/livez")]
pub fn get_livez() -> &'static str {
    "ok"
}

/// Whether this instance can serve: 503 while its database cannot be reached, and from the moment
/// it was told to stop. Redis is not needed to serve.
#[utoipa::path(tag = "health", responses((status = 200, body = String, example = "ok")))]
#[get("/readyz")]
pub async fn get_readyz(db: &State<Db>, drain: &State<Drain>) -> Result<&'static str, Error> {
    if drain.has_begun() {
        return Err(Error::Busy(Busy::Draining));
    }
    sql("SELECT 1").execute(&mut *db.probe().await?).await?;
    Ok("ok")
}

/// Whether the caller may know which contests are watched: the id of a private room opens it.
#[derive(Debug, Clone, Copy)]
pub struct Insider(bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Insider {
    type Error = std::convert::Infallible;
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        // Whoever sends no token is told how things are, also when nothing can be looked up.
        let asks = request.headers().contains("Authorization") && limits::guards::admit(request).is_ok();
        Outcome::Success(Self(asks && request.guard::<Scraper>().await.is_success()))
    }
}

/// How the parts are.
#[utoipa::path(tag = "health", security((), ("admin" = [])),
    responses((status = 200, body = Health), (status = 503, body = Health)))]
#[get("/health")]
pub async fn get_health(
    insider: Insider,
    db: &State<Db>,
    hub: &State<Hub>,
    drain: &State<Drain>,
    clocks: &State<Clocks>,
) -> (Status, Json<Health>) {
    report(insider, db, hub, drain, clocks).await
}

/// How the parts are; the same as `/health`.
#[utoipa::path(tag = "health", context_path = "/api/v1", security((), ("admin" = [])),
    responses((status = 200, body = Health), (status = 503, body = Health)))]
#[get("/health")]
pub async fn get_api_health(
    insider: Insider,
    db: &State<Db>,
    hub: &State<Hub>,
    drain: &State<Drain>,
    clocks: &State<Clocks>,
) -> (Status, Json<Health>) {
    report(insider, db, hub, drain, clocks).await
}

#[derive(QueryableByName)]
struct Database {
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = BigInt)]
    outbox: i64,
}

async fn look(db: &Db) -> Result<(Database, Option<LastCheck>), Error> {
    let mut conn = db.probe().await?;
    let verdict = checker::queries::verdict(&mut conn).await?;
    let found = sql("SELECT (SELECT max(version) FROM __diesel_schema_migrations) AS schema,
        (SELECT count(*) FROM outbox) AS outbox")
    .get_result(&mut *conn)
    .await?;
    Ok((found, verdict))
}

async fn report(
    Insider(is_inside): Insider,
    db: &Db,
    hub: &Hub,
    drain: &Drain,
    clocks: &Clocks,
) -> (Status, Json<Health>) {
    let looked = look(db).await;
    let reach = hub.fanout().reach();
    let sound = !matches!(&looked, Ok((_, Some(verdict))) if !verdict.ok);
    let (status, code) = match (&looked, drain.has_begun(), reach) {
        (Err(_), ..) => ("down", Status::ServiceUnavailable),
        (Ok(_), true, _) => ("draining", Status::ServiceUnavailable),
        (Ok(_), false, _) if !sound => ("breached", Status::Ok),
        (Ok(_), false, Reach::Lost) => ("degraded", Status::Ok),
        (Ok(_), false, Reach::Process | Reach::Redis) => ("ok", Status::Ok),
    };
    let (database, schema, outbox, invariants) = match looked {
        Ok((found, verdict)) => ("ok".to_owned(), Some(found.schema), Some(found.outbox), verdict),
        Err(error) => (error.to_string(), None, None, None),
    };
    let watched = hub.watchers_everywhere();
    let health = Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        database,
        schema,
        outbox,
        sockets: hub.sockets(),
        fanout: reach.as_str(),
        watchers: watched.values().sum(),
        watched: is_inside.then_some(watched),
        warnings: clocks.warnings(),
        invariants,
    };
    (code, Json(health))
}
