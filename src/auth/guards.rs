//! Guards are rights: a handler that asks for an `Admin` can only be reached by one.

use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};

use super::{Admin, Caller, Player, Token, queries};
use crate::db::Db;
use crate::error::{Error, Refusal};
use crate::limits;
use crate::request::refuse;

/// The bearer token of a request, whoever's it is.
#[derive(Debug, Clone)]
pub struct Bearer(pub Token);

fn bearer(request: &Request<'_>) -> Result<Option<Token>, Error> {
    let Some(header) = request.headers().get_one("Authorization") else { return Ok(None) };
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token.len() <= 512 => {
            Ok(Some(Token::received(token.trim())))
        }
        _ => Err(Refusal::NotAuthenticated.because("send Authorization: Bearer <token>")),
    }
}

async fn caller(request: &Request<'_>) -> Result<Caller, Error> {
    let Some(token) = bearer(request)? else { return Ok(Caller::Spectator) };
    let db = request.rocket().state::<Db>().ok_or_else(|| Error::Bug("no database is managed".to_owned()))?;
    match queries::holder(&mut *db.conn().await?, &token).await {
        Ok(caller) => {
            caller.limited_as().map_or(Ok(()), |principal| limits::guards::ask(request, principal))?;
            Ok(caller)
        }
        Err(error) if error.refusal() == Some(Refusal::NotAuthenticated) => {
            limits::guards::guessed(request)?;
            Err(error)
        }
        Err(error) => Err(error),
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
            Ok(Caller::Player(_)) => {
                refuse(request, Refusal::NotAllowed.because("this needs an admin token"))
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
        match caller(request).await {
            Ok(Caller::Player(player)) => Outcome::Success(player),
            Ok(Caller::Admin(_)) => refuse(request, Refusal::NotAllowed.because("this needs a team's token")),
            Ok(Caller::Spectator) => refuse(request, Refusal::NotAuthenticated.into()),
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
