//! Guards are rights: a handler that asks for an `Admin` can only be reached by one.

use rocket::http::{Method, Status};
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};

use super::queries::{self, Held};
use super::{Accounts, Admin, Caller, Guest, Player, Right, SignedIn, Token, not_valid, rights};
use crate::contests::ContestRef;
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::limits::guards::Asking;
use crate::request::refuse;

/// The bearer token of a request, whoever's it is.
#[derive(Debug, Clone)]
pub struct Bearer(pub Token);

pub(super) fn bearer(request: &Request<'_>) -> Result<Option<Token>, Error> {
    let Some(header) = request.headers().get_one("Authorization") else { return Ok(None) };
    match header.split_once(' ') {
        // Whatever is longer than any of ours is not looked at.
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token.len() > 512 => {
            Err(not_valid())
        }
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(Token::received(token.trim())))
        }
        _ => Err(Refusal::NotAuthenticated.because("send Authorization: Bearer <token>")),
    }
}

async fn held(request: &Request<'_>) -> Result<Option<Held>, Error> {
    let Some(token) = bearer(request)? else { return Ok(None) };
    let unmanaged = || Error::Bug("no database or no secret is managed".to_owned());
    let db = request.rocket().state::<Db>().ok_or_else(unmanaged)?;
    let accounts = request.rocket().state::<Accounts>().ok_or_else(unmanaged)?;
    let mut conn = db.conn().await?;
    let found = queries::holder(&mut conn, &token, &accounts.keys).await;
    let asking = Asking::of(request);
    let held = asking.looked_up(found)?;
    held.caller.limited_as().map_or(Ok(()), |principal| asking.asks(principal))?;
    match contest(request) {
        Some(contest) => Ok(Some(held.within(&mut conn, &contest).await?)),
        None => Ok(Some(held)),
    }
}

/// The contest that the path is under; a room is one.
fn contest(request: &Request<'_>) -> Option<ContestRef> {
    match request.routed_segment(0) {
        Some("contests" | "rooms") => request.routed_segment(1).map(ContestRef::named),
        _ => None,
    }
}

/// Whoever holds a token; an API token gives no more than its scope.
async fn scoped(request: &Request<'_>) -> Result<Option<Held>, Error> {
    let Some(held) = held(request).await? else { return Ok(None) };
    let right = Right::of(request);
    if !held.scope.covers(right, request.method() == Method::Get) {
        return Err(Refusal::NotAllowed.because(format!("the scope {} does not cover this", held.scope)));
    }
    Ok(Some(held))
}

/// Who is calling, with the right to what is called. Staff without it is who its account is to the
/// contest; else it is refused, or, where nobody needs a right, is like everybody else.
async fn caller(request: &Request<'_>) -> Result<Caller, Error> {
    let Some(held) = scoped(request).await? else { return Ok(Caller::Spectator) };
    let right = Right::of(request);
    match held.caller {
        Caller::Admin(admin) if admin.role.may(right) => Ok(Caller::Admin(admin)),
        _ if held.plays.is_some() => Ok(held.there()),
        Caller::Admin(admin) => match admin.account {
            Some(account) if rights::is_open(request) => {
                Ok(Caller::Guest(Guest { account, name: admin.label }))
            }
            _ => {
                Err(Refusal::NotAllowed.because(format!("the role {} does not give this right", admin.role)))
            }
        },
        caller => Ok(caller),
    }
}

type Guarded<T> = Outcome<T, (Status, ()), Status>;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Guarded<Self> {
        match caller(request).await {
            Ok(caller) => Outcome::Success(caller),
            Err(error) => refuse(request, error),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Admin {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Guarded<Self> {
        match caller(request).await {
            Ok(Caller::Admin(admin)) => Outcome::Success(admin),
            Ok(Caller::Player(_) | Caller::Guest(_)) => {
                refuse(request, Refusal::NotAllowed.because("this is for staff"))
            }
            Ok(Caller::Spectator) => refuse(request, Refusal::NotAuthenticated.into()),
            Err(error) => refuse(request, error),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Player {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Guarded<Self> {
        match scoped(request).await.map(|held| held.map(|held| held.there())) {
            Ok(Some(Caller::Player(player))) => Outcome::Success(player),
            Ok(Some(_)) => refuse(request, Refusal::NotAllowed.because("this needs a team of this contest")),
            Ok(None) => refuse(request, Refusal::NotAuthenticated.into()),
            Err(error) => refuse(request, error),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Bearer {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Guarded<Self> {
        match bearer(request) {
            Ok(Some(token)) => Outcome::Success(Self(token)),
            Ok(None) => refuse(request, Refusal::NotAuthenticated.into()),
            Err(error) => refuse(request, error),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Held {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Guarded<Self> {
        match held(request).await {
            Ok(Some(held)) => Outcome::Success(held),
            Ok(None) => refuse(request, Refusal::NotAuthenticated.into()),
            Err(error) => refuse(request, error),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Guarded<Self> {
        let held = rocket::outcome::try_outcome!(request.guard::<Held>().await);
        match held.signed_in() {
            Some(signed_in) => Outcome::Success(signed_in),
            None => refuse(request, Refusal::NotAllowed.because("this is for accounts that are signed in")),
        }
    }
}
