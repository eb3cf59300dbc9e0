//! How much one caller may ask for, so that none can keep the others waiting.
//!
//! A team and an admin token each have a limit of their own. An address has one too, but a wide
//! one: a whole classroom comes from one address. Tries at secrets (tokens that are not valid,
//! join codes, start links) have a narrow one by address. Each instance counts for itself.

pub mod guards;
mod settings;

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

pub use settings::Settings;

use crate::error::{Busy, Error, Limited, Refusal};
use crate::meters::{Family, Meters};

/// After so many questions, keys that nobody has used lately are forgotten.
const TIDY: u32 = 10_000;

/// The limits of this instance.
pub struct Limits {
    settings: Settings,
    team: Option<Limit<Uuid>>,
    staff: Option<Limit<Uuid>>,
    address: Option<Limit<IpAddr>>,
    guess: Option<Limit<IpAddr>>,
    sign_in: Option<Limit<(IpAddr, String)>>,
    in_flight: Arc<Semaphore>,
    refused: Family,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Limits {
    /// As they are set; nobody has asked for anything yet.
    #[must_use]
    pub fn new(settings: &Settings, meters: &Meters) -> Self {
        let most = if settings.max_requests == 0 { Semaphore::MAX_PERMITS } else { settings.max_requests };
        let second = Duration::from_secs(1);
        Self {
            team: Limit::new("team", settings.team_per_s, settings.team_burst, second),
            staff: Limit::new("staff", settings.staff_per_s, settings.staff_burst, second),
            address: Limit::new("address", settings.address_per_s, settings.address_burst, second),
            guess: Limit::new("guess", settings.guesses_per_min, settings.guesses_per_min, second * 60),
            sign_in: Limit::new("sign-in", settings.sign_ins_per_min, settings.sign_ins_per_min, second * 60),
            in_flight: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            refused: meters.family(
                "podium_rate_limited_total",
                "limit",
                &["team", "staff", "address", "guess", "sign-in"],
            ),
            settings: settings.clone(),
        }
    }

    /// Whether this address is counted: one that is not known, or trusted, is not.
    #[must_use]
    pub fn counted(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        address
            .map(|address| address.to_canonical())
            .filter(|address| !self.settings.trusted.contains(address))
    }

    /// A place among the requests that are being answered.
    ///
    /// # Errors
    /// `Busy` when all are taken.
    pub fn admit(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.in_flight).try_acquire_owned().map_err(|_| Error::Busy(Busy::Overloaded))
    }

    /// One more request of an address.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn ask(&self, address: IpAddr) -> Result<(), Error> {
        self.count(self.address.as_ref(), &network(address))
    }

    /// One more request of a team.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn ask_as_team(&self, team: Uuid) -> Result<(), Error> {
        self.count(self.team.as_ref(), &team)
    }

    /// One more request of an admin token.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn ask_as_staff(&self, token: Uuid) -> Result<(), Error> {
        self.count(self.staff.as_ref(), &token)
    }

    /// One more try at a secret.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn guess(&self, address: IpAddr) -> Result<(), Error> {
        self.count(self.guess.as_ref(), &network(address))
    }

    /// One more try at the password of an account. By its name and the address together: by the
    /// name alone, anybody could keep its owner out.
    ///
    /// # Errors
    /// `RateLimited`.
    pub fn sign_in(&self, name_key: &str, address: Option<IpAddr>) -> Result<(), Error> {
        let Some(address) = address else { return Ok(()) };
        self.count(self.sign_in.as_ref(), &(network(address), name_key.to_owned()))
    }

    fn count<K: Hash + Eq + Clone>(&self, limit: Option<&Limit<K>>, key: &K) -> Result<(), Error> {
        match limit.map(|limit| limit.take(key)) {
            None | Some(Ok(())) => Ok(()),
            Some(Err(limited)) => {
                self.refused.count(limited.policy);
                Err(Refusal::RateLimited.limited(limited))
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

/// So many at once, and so many more in each period.
struct Limit<K: Hash + Eq + Clone> {
    policy: &'static str,
    burst: u32,
    window: Duration,
    keys: DefaultKeyedRateLimiter<K>,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// None when it is switched off.
    fn new(policy: &'static str, rate: u32, burst: u32, period: Duration) -> Option<Self> {
        let rate = NonZeroU32::new(rate)?;
        let most = NonZeroU32::new(burst).unwrap_or(rate);
        let quota = Quota::with_period(period / rate.get())?.allow_burst(most);
        let window = period * most.get() / rate.get();
        let keys = DefaultKeyedRateLimiter::dashmap(quota);
        Some(Self { policy, burst: most.get(), window, keys, asked: AtomicU32::new(0) })
    }

    fn take(&self, key: &K) -> Result<(), Limited> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % TIDY == TIDY - 1 {
            self.keys.retain_recent();
        }
        self.keys.check_key(key).map_err(|early| Limited {
            policy: self.policy,
            quota: self.burst,
            window_s: seconds(self.window),
            wait_s: seconds(early.wait_time_from(self.keys.clock().now())),
        })
    }
}

/// Whole seconds, at least one.
fn seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(settings: &Settings) -> Limits {
        Limits::new(settings, &Meters::new())
    }

    #[test]
    fn a_burst_is_allowed_and_then_each_waits_its_time() {
        let limits = limits(&Settings { team_per_s: 1, team_burst: 3, ..Settings::default() });
        let (red, blue) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for _ in 0..3 {
            limits.ask_as_team(red).unwrap();
        }
        let Err(Error::Refused(refused)) = limits.ask_as_team(red) else { panic!("a fourth") };
        let limited = refused.limited.unwrap();
        assert_eq!((limited.policy, limited.quota, limited.window_s, limited.wait_s), ("team", 3, 3, 1));
        limits.ask_as_team(blue).expect("another team has its own");
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
        assert_eq!(network(address("2001:db8:1:2:3::4")), network(address("2001:db8:1:2:ffff::1")));
        assert_ne!(network(address("2001:db8:1:2::1")), network(address("2001:db8:1:3::1")));
        for trusted in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(limits.counted(Some(address(trusted))), None, "{trusted}");
        }
        assert!(limits.counted(Some(address("192.0.2.7"))).is_some());
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
}
