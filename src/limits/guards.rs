//! Where requests meet the limits.

use std::net::IpAddr;

use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{FromRequest, Request};
use tokio::sync::OwnedSemaphorePermit;

use super::Limits;
use crate::error::{Error, Refusal};
use crate::request::refuse;
use crate::types::TeamId;

/// The place of a request among those that are being answered; given back with the request.
struct Taken(Result<OwnedSemaphorePermit, ()>);

/// The same for what is asked for by socket; none where nothing is limited.
#[derive(Debug)]
pub struct Place {
    _held: Option<OwnedSemaphorePermit>,
}

/// Lets a request in: it is neither one too many, nor too long, nor from an address that has asked
/// too often.
///
/// # Errors
/// `Busy`, `HeadersTooLarge`, `RateLimited`.
pub fn admit(request: &Request<'_>) -> Result<(), Error> {
    let Some(limits) = request.rocket().state::<Limits>() else { return Ok(()) };
    let place = request.local_cache(|| Taken(limits.admit().map_err(drop)));
    if place.0.is_err() {
        return Err(Error::Busy(crate::error::Busy::Overloaded));
    }
    let most = limits.settings().max_header_bytes;
    let bytes: usize = request.headers().iter().map(|h| h.name().as_str().len() + h.value().len()).sum();
    if most > 0 && bytes > most {
        return Err(Refusal::HeadersTooLarge.because(format!("they have {bytes} bytes; {most} are read")));
    }
    match limits.counted(request.client_ip()) {
        Some(address) => limits.ask(address),
        None => Ok(()),
    }
}

/// Who is limited by whom they are, rather than by where they are.
#[derive(Debug, Clone, Copy)]
pub enum Principal {
    /// A team.
    Team(uuid::Uuid),
    /// An admin token.
    Staff(uuid::Uuid),
}

/// Counts what somebody asks for, also after the request that it began with was answered.
#[derive(Debug, Clone)]
pub struct Asking {
    limits: Option<Limits>,
    address: Option<IpAddr>,
}

impl Asking {
    /// Whoever sent this.
    pub fn of(request: &Request<'_>) -> Self {
        let limits = request.rocket().state::<Limits>().cloned();
        let address = limits.as_ref().and_then(|limits| limits.counted(request.client_ip()));
        Self { limits, address }
    }

    /// Lets one more thing be asked for, by whoever it is as far as that is known; a place among
    /// what is being answered.
    ///
    /// # Errors
    /// `Busy`, `RateLimited`.
    pub fn lets_in(&self, principal: Option<Principal>) -> Result<Place, Error> {
        let held = self.limits.as_ref().map(Limits::admit).transpose()?;
        self.count(Limits::ask)?;
        principal.map_or(Ok(()), |principal| self.asks(principal))?;
        Ok(Place { _held: held })
    }

    /// One more request of whoever holds the token.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn asks(&self, principal: Principal) -> Result<(), Error> {
        self.count(|limits, _| match principal {
            Principal::Team(team) => limits.ask_as_team(team),
            Principal::Staff(token) => limits.ask_as_staff(token),
        })
    }

    /// One more message of a member of a room.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn speaks(&self, team: TeamId) -> Result<(), Error> {
        self.count(|limits, _| limits.speak(team.uuid()))
    }

    fn count(&self, limit: impl FnOnce(&Limits, IpAddr) -> Result<(), Error>) -> Result<(), Error> {
        match (&self.limits, self.address) {
            (Some(limits), Some(address)) => limit(limits, address),
            _ => Ok(()),
        }
    }

    /// One try less.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn guesses(&self) -> Result<(), Error> {
        self.count(Limits::guess)
    }

    /// A token was looked up: if it was not valid, that was a try.
    ///
    /// # Errors
    /// `RateLimited`, or whatever it was.
    pub fn looked_up<T>(&self, found: Result<T, Error>) -> Result<T, Error> {
        if found.as_ref().is_err_and(|error| error.refusal() == Some(Refusal::NotAuthenticated)) {
            self.guesses()?;
        }
        found
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Asking {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        Outcome::Success(Self::of(request))
    }
}

/// Proof that its address may try a secret that is sent in the body.
#[derive(Debug, Clone, Copy)]
pub struct MayTry(());

#[rocket::async_trait]
impl<'r> FromRequest<'r> for MayTry {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        match Asking::of(request).guesses() {
            Ok(()) => Outcome::Success(Self(())),
            Err(error) => refuse(request, error),
        }
    }
}

/// The address of a caller who is limited; none for trusted ones.
#[derive(Debug, Clone, Copy)]
pub struct Counted(pub Option<IpAddr>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Counted {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, ()), Status> {
        let limits = request.rocket().state::<Limits>();
        Outcome::Success(Self(limits.and_then(|limits| limits.counted(request.client_ip()))))
    }
}
