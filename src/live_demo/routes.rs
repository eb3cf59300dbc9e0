//! The door to the demo.

use garde::Validate;
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use rocket::serde::json::Json;
use rocket::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::commands::{DemoChanged, DemoScore, GivePoints, PopulateDemo, ResetDemo};
use super::{CODE, DemoUser, MOST, Stage, USERS, must_be_bounded};
use crate::body::Body;
use crate::contests::{self, ContestRef};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::idempotency::{IdempotencyKey, Reply};
use crate::request::refuse;
use crate::types::{ContestId, Points};

/// Proof that demo mode is on.
#[derive(Debug, Clone)]
pub struct OnStage(pub Stage);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OnStage {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        match request.rocket().state::<Stage>() {
            Some(stage) if stage.is_on() => Outcome::Success(Self(stage.clone())),
            _ => refuse(request, Refusal::DemoOff.into()),
        }
    }
}

impl OnStage {
    /// The contest that was named, or the demo that is always there.
    ///
    /// # Errors
    /// `NotFound`.
    pub(super) async fn contest(&self, db: &Db, named: Option<&str>) -> Result<ContestId, Error> {
        match named {
            None => self.0.contest(db).await,
            Some(named) => {
                let named = ContestRef::named(named);
                let found = contests::queries::contest(&mut *db.conn().await?, &named, false).await?;
                Ok(found.id)
            }
        }
    }
}

/// Whose idempotency keys these are: nobody says who they are here.
const PRINCIPAL: &str = "demo";

/// Somebody to play as.
#[derive(Debug, Serialize, ToSchema)]
pub struct DemoUserView {
    /// Their id.
    #[schema(value_type = String, example = "alice")]
    pub user_id: &'static str,
    /// Their name on the board.
    #[schema(value_type = String, example = "Alice")]
    pub name: &'static str,
    /// Whether they have a socket open, on any instance that can be heard of.
    pub connected: bool,
}

/// The demo.
#[derive(Debug, Serialize, ToSchema)]
pub struct DemoView {
    /// Its board, events and sockets are those of this contest.
    pub contest_id: ContestId,
    /// The code of the contest.
    #[schema(value_type = String, example = "ARCADE")]
    pub code: &'static str,
    /// Points that one change may give at most.
    #[schema(example = 100)]
    pub max_points: Points,
    /// How many are connected.
    pub participants: usize,
    /// Everybody there is to play as.
    pub users: Vec<DemoUserView>,
}

/// Reads what there is to play with. Like all of the demo, for anybody, where demo mode is on.
#[utoipa::path(tag = "demo", context_path = "/api/v1", responses((status = 200, body = DemoView)))]
#[get("/demo")]
pub(super) async fn get_demo(db: Db, stage: OnStage) -> Result<Json<DemoView>, Error> {
    let connected = stage.0.connected();
    let users = USERS.iter().map(|user| DemoUserView {
        user_id: user.id,
        name: user.name,
        connected: connected.contains(user.id),
    });
    Ok(Json(DemoView {
        contest_id: stage.contest(&db, None).await?,
        code: CODE,
        max_points: MOST,
        participants: connected.len(),
        users: users.collect(),
    }))
}

/// Gives sample points to everybody who has none.
#[utoipa::path(tag = "demo", context_path = "/api/v1",
    params(("contest" = Option<String>, Query, description = "Another demo, by id or code")),
    responses((status = 200, body = DemoChanged)))]
#[post("/demo/populate?<contest>")]
pub(super) async fn populate_demo(
    db: Db,
    stage: OnStage,
    key: IdempotencyKey,
    contest: Option<&str>,
) -> Result<Reply, Error> {
    let contest = stage.contest(&db, contest).await?;
    let key = key.of(PRINCIPAL.to_owned(), "POST /api/v1/demo/populate", contest.uuid().as_bytes());
    db.once(key, &PopulateDemo { contest: ContestRef::Id(contest) }).await
}

/// Takes everybody's points away, by an entry in each ledger.
#[utoipa::path(tag = "demo", context_path = "/api/v1",
    params(("contest" = Option<String>, Query, description = "Another demo, by id or code")),
    responses((status = 200, body = DemoChanged)))]
#[post("/demo/reset?<contest>")]
pub(super) async fn reset_demo(
    db: Db,
    stage: OnStage,
    key: IdempotencyKey,
    contest: Option<&str>,
) -> Result<Reply, Error> {
    let contest = stage.contest(&db, contest).await?;
    let key = key.of(PRINCIPAL.to_owned(), "POST /api/v1/demo/reset", contest.uuid().as_bytes());
    db.once(key, &ResetDemo { contest: ContestRef::Id(contest) }).await
}

/// Points for somebody.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoPointsInput {
    /// Who gets them.
    #[garde(length(max = 100))]
    #[schema(example = "alice")]
    pub user_id: String,
    /// How many: 1 to 100.
    #[garde(skip)]
    #[schema(example = 25)]
    pub points: Points,
    /// In another demo, by id or code.
    #[garde(inner(length(max = 100)))]
    pub contest: Option<String>,
}

/// Gives a user of the demo points, as "+25" does.
#[utoipa::path(request_body = DemoPointsInput, tag = "demo", context_path = "/api/v1",
    responses((status = 201, body = DemoScore)))]
#[post("/demo/points", data = "<body>")]
pub(super) async fn give_demo_points(
    db: Db,
    stage: OnStage,
    key: IdempotencyKey,
    body: Body<DemoPointsInput>,
) -> Result<Reply, Error> {
    let key = body.keyed(key, PRINCIPAL.to_owned());
    let DemoPointsInput { user_id, points, contest } = body.value;
    let user = DemoUser::find(&user_id, "/user_id")?;
    must_be_bounded(points, "/points")?;
    let contest = stage.contest(&db, contest.as_deref()).await?;
    db.once(key, &GivePoints { contest, user, points }).await
}
