//! How much one caller may ask for, so that none can keep the others waiting.
//!
//! A team and an admin token each have a limit of their own. An address has one too, but a wide
//! one: a whole classroom comes from one address. Tries at secrets (tokens that are not valid,
//! join codes, start links) have a narrow one by address. Instances tell each other through Redis
//! what was spent; without it each counts for itself.

pub mod guards;
mod limit;
mod settings;
pub mod sharing;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

pub use settings::Settings;

use self::limit::{Cells, Limit};
use crate::error::{Busy, Error, Refusal};
use crate::meters::{Family, Meters};

/// What callers have spent, by the name of the limit.
pub type Spent = HashMap<String, Cells>;

/// The limits of this instance; cheap to clone.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    settings: Settings,
    team: Option<Limit>,
    staff: Option<Limit>,
    address: Option<Limit>,
    guess: Option<Limit>,
    sign_in: Option<Limit>,
    message: Option<Limit>,
    in_flight: Arc<Semaphore>,
    refused: Family,
    /// Whether somebody tells other instances what is spent here, and the bell for that.
    tells: AtomicBool,
    untold: Notify,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Limits {
    /// As they are set; nobody has asked for anything yet.
    #[must_use]
    pub fn new(settings: &Settings, meters: &Meters) -> Self {
        let most = if settings.max_requests == 0 { Semaphore::MAX_PERMITS } else { settings.max_requests };
        let second = Duration::from_secs(1);
        Self(Arc::new(Inner {
            team: Limit::new("team", settings.team_per_s, settings.team_burst, second),
            staff: Limit::new("staff", settings.staff_per_s, settings.staff_burst, second),
            address: Limit::new("address", settings.address_per_s, settings.address_burst, second),
            guess: Limit::new("guess", settings.guesses_per_min, settings.guesses_per_min, second * 60),
            sign_in: Limit::new("sign-in", settings.sign_ins_per_min, settings.sign_ins_per_min, second * 60),
            message: Limit::new("message", settings.messages_per_s, settings.message_burst, second),
            in_flight: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            refused: meters.family(
                "podium_rate_limited_total",
                "limit",
                &["team", "staff", "address", "guess", "sign-in", "message"],
            ),
            tells: AtomicBool::new(false),
            untold: Notify::new(),
            settings: settings.clone(),
        }))
    }

    /// What is set.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// By what this address is counted, with all others of its network: one that is not known, or
    /// trusted, is not.
    #[must_use]
    pub fn counted(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        address
            .map(|address| address.to_canonical())
            .filter(|address| !self.0.settings.trusted.contains(address))
            .map(network)
    }

    /// A place among the requests that are being answered.
    ///
    /// # Errors
    /// `Busy` when all are taken.
    pub fn admit(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.0.in_flight).try_acquire_owned().map_err(|_| Error::Busy(Busy::Overloaded))
    }

    /// One more request of an address.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn ask(&self, address: IpAddr) -> Result<(), Error> {
        self.count(self.0.address.as_ref(), place(address))
    }

    /// One more request of a team.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn ask_as_team(&self, team: Uuid) -> Result<(), Error> {
        self.count(self.0.team.as_ref(), team)
    }

    /// One more request of an admin token.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn ask_as_staff(&self, token: Uuid) -> Result<(), Error> {
        self.count(self.0.staff.as_ref(), token)
    }

    /// One more try at a secret.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn guess(&self, address: IpAddr) -> Result<(), Error> {
        self.count(self.0.guess.as_ref(), place(address))
    }

    /// One more try at the password of an account. By its name and the address together: by the
    /// name alone, anybody could keep its owner out.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn sign_in(&self, name_key: &str, address: Option<IpAddr>) -> Result<(), Error> {
        let Some(address) = address else { return Ok(()) };
        self.count(self.0.sign_in.as_ref(), at_door(name_key, address))
    }

    /// One more message of a member of a room.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn speak(&self, team: Uuid) -> Result<(), Error> {
        self.count(self.0.message.as_ref(), team)
    }

    fn count(&self, limit: Option<&Limit>, caller: Uuid) -> Result<(), Error> {
        let Some(limit) = limit else { return Ok(()) };
        let tells = self.0.tells.load(Ordering::Relaxed);
        limit.take(caller, Instant::now(), tells).map_err(|limited| {
            self.0.refused.count(limit.policy());
            Refusal::RateLimited.limited(limited)
        })?;
        if tells {
            self.0.untold.notify_one();
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &Limit> {
        let Inner { team, staff, address, guess, sign_in, message, .. } = &*self.0;
        [team, staff, address, guess, sign_in, message].into_iter().flatten()
    }

    /// From now on somebody takes what is untold.
    fn begin_telling(&self) {
        self.0.tells.store(true, Ordering::Relaxed);
    }

    /// Rings when something was spent here.
    fn untold(&self) -> &Notify {
        &self.0.untold
    }

    /// What was spent here since the last call.
    fn take_untold(&self) -> Spent {
        let untold = self.all().map(|limit| (limit.policy().to_owned(), limit.untold()));
        untold.filter(|(_, cells)| !cells.is_empty()).collect()
    }

    /// What was spent on another instance.
    fn charge(&self, spent: &Spent, now: Instant) {
        for limit in self.all() {
            if let Some(cells) = spent.get(limit.policy()) {
                limit.charge(cells, now);
            }
        }
    }
}

/// Who asks from one address: with IPv6, everybody in a network of the usual size, because one
/// machine can use all of its addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => Ipv6Addr::from_bits(long.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// An address as a caller.
fn place(address: IpAddr) -> Uuid {
    let long = match address {
        IpAddr::V4(short) => short.to_ipv6_mapped(),
        IpAddr::V6(long) => long,
    };
    Uuid::from_u128(long.to_bits())
}

/// Whoever tries to get into an account from an address, as a caller.
fn at_door(name_key: &str, address: IpAddr) -> Uuid {
    let digest = Sha256::new().chain_update(place(address)).chain_update(name_key).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(settings: &Settings) -> Limits {
        Limits::new(settings, &Meters::new())
    }

    #[test]
    fn nought_switches_a_limit_off() {
        let limits = limits(&Settings { team_per_s: 0, team_burst: 1, ..Settings::default() });
        (0..1000).for_each(|_| limits.ask_as_team(Uuid::nil()).unwrap());
    }

    #[test]
    fn a_network_is_one_caller_and_a_trusted_address_is_not_counted() {
        let limits = limits(&Settings::default());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let counted = |text| limits.counted(Some(address(text)));
        assert_eq!(counted("2001:db8:1:2:3::4"), counted("2001:db8:1:2:ffff::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        for trusted in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(counted(trusted), None, "{trusted}");
        }
        assert!(counted("192.0.2.7").is_some());
        assert_eq!(limits.counted(None), None);
    }

    #[test]
    fn places_are_limited_and_come_back() {
        let limits = limits(&Settings { max_requests: 1, ..Settings::default() });
        let one = limits.admit().unwrap();
        assert!(matches!(limits.admit(), Err(Error::Busy(Busy::Overloaded))));
        drop(one);
        drop(limits.admit().unwrap());
    }

    #[test]
    fn the_same_name_at_two_addresses_is_two_callers() {
        let (here, there) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        assert_ne!(at_door("ada", here), at_door("ada", there));
        assert_ne!(at_door("ada", here), at_door("eve", here));
        assert_eq!(at_door("ada", here), at_door("ada", here));
    }
}
