//! The door for Prometheus, and what is measured now and then rather than counted.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double};
use diesel_async::RunQueryDsl;
use rocket::http::{ContentType, Status};
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use rocket::{State, get};

use crate::auth::guards::Bearer;
use crate::auth::{Admin, Token};
use crate::config::Config;
use crate::db::Db;
use crate::error::Error;
use crate::realtime::Hub;
use crate::sql::sql;

/// Whoever may read the metrics: staff, or the holder of `metrics_token`. Not "whoever is on this
/// machine": behind a reverse proxy on the same machine that would be everybody.
#[derive(Debug, Clone, Copy)]
pub struct Scraper(());

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Scraper {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        let wanted = request.rocket().state::<Config>().and_then(|config| config.metrics_token.as_ref());
        if let (Some(wanted), Outcome::Success(Bearer(sent))) = (wanted, request.guard::<Bearer>().await)
            && sent.hash() == Token::received(wanted.reveal()).hash()
        {
            return Outcome::Success(Self(()));
        }
        request.guard::<Admin>().await.map(|_| Self(()))
    }
}

/// What this instance has counted and measured, in the text format of Prometheus.
#[utoipa::path(tag = "operations", security(("admin" = [])),
    responses((status = 200, content_type = "text/plain", body = String)))]
#[get("/metrics")]
pub fn get_metrics(_by: Scraper, db: &State<Db>, hub: &State<Hub>) -> (ContentType, String) {
    let meters = db.meters();
    #[expect(clippy::cast_precision_loss, reason = "nobody has so many sockets")]
    meters.gauge("podium_sockets", &[]).set(hub.sockets() as f64);
    let text = ContentType::new("text", "plain").with_params([("version", "0.0.4"), ("charset", "utf-8")]);
    (text, meters.render())
}

/// How often things are measured.
const PERIOD: Duration = Duration::from_secs(5);

#[derive(QueryableByName)]
struct Outbox {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Double)]
    age: f64,
}

/// Measures what waits to be numbered; runs until the process ends.
pub async fn run(db: Db) {
    let rows = db.meters().gauge("podium_outbox_rows", &[]);
    let age = db.meters().gauge("podium_outbox_age_seconds", &[]);
    loop {
        db.meters().tidy();
        match outbox(&db).await {
            #[expect(clippy::cast_precision_loss, reason = "to the nearest thousand will do")]
            Ok(found) => {
                rows.set(found.rows as f64);
                age.set(found.age);
            }
            Err(error) => tracing::debug!(%error, "the outbox cannot be measured"),
        }
        tokio::time::sleep(PERIOD).await;
    }
}

async fn outbox(db: &Db) -> Result<Outbox, Error> {
    Ok(sql("SELECT count(*) AS rows,
            coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 AS age FROM outbox")
    .get_result(&mut *db.conn().await?)
    .await?)
}
