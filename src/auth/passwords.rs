//! Passwords: Argon2id with 19 MiB and two passes, so that a stolen table costs its thief dearly.
//!
//! It costs us as well. So only some are worked on at the same time, on threads that step back for
//! whoever plays; some more may wait, and whoever comes then is told to come back.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Limited, Refusal};
use crate::meters::{Family, Meters};

/// Memory for one password, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;

/// How often that memory is passed over.
const PASSES: u32 = 2;

/// Passwords that wait for their turn; the last of them waits about a second when nobody plays.
const QUEUE: usize = 32;

/// How far their threads step back: against one that does not, they get a tenth of a processor.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// How long a password may be, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// The hash of a password that nobody has. A name that nobody has costs as much as one that
/// somebody has: its password is compared with this.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBwYXNzd29yZA$XCwEdOR6N2pbsZVNRg+REjHYkuAH3NjHnwJfbV7Ah9A";

/// A password. It exists only within its length, and is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes what was typed. It is normalised (NFKC), so that the same letters are the same
    /// password on every keyboard.
    ///
    /// # Errors
    /// `Invalid` at this pointer: refused by its length before anything is spent on it.
    pub fn parse(typed: &str, pointer: &str) -> Result<Self, Error> {
        // A character of the result comes from a bounded number of bytes.
        if typed.len() <= LENGTH.end() * 16 {
            let normal: String = typed.nfkc().collect();
            if LENGTH.contains(&normal.chars().count()) {
                return Ok(Self(normal));
            }
        }
        Err(Error::invalid_field(pointer, "a password has 8 to 128 characters"))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Where passwords are worked on.
#[derive(Debug, Clone)]
pub struct Passwords {
    queue: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    worked: Family,
}

impl Passwords {
    /// Half of the machine's processors; the rest goes on with the game.
    #[must_use]
    pub fn new(meters: &Meters) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = (processors / 2).max(1);
        Self {
            queue: Arc::new(Semaphore::new(workers + QUEUE)),
            workers: Arc::new(Semaphore::new(workers)),
            worked: meters.family("podium_passwords_total", "work", &["hash", "compare"]),
        }
    }

    /// What is stored of a password.
    ///
    /// # Errors
    /// `RateLimited` when too many wait.
    pub async fn hash(&self, password: Password) -> Result<String, Error> {
        let hashed = self.work("hash", move |argon| {
            argon.hash_password(password.0.as_bytes()).map(|hash: PasswordHash| hash.to_string())
        });
        hashed.await?.map_err(|e| Error::Bug(e.to_string()))
    }

    /// Whether it is the password of which this was stored; the same work when nothing was.
    ///
    /// # Errors
    /// `RateLimited` when too many wait.
    pub async fn matches(&self, password: Password, stored: Option<String>) -> Result<bool, Error> {
        self.work("compare", move |argon| {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| NOBODYS.to_owned());
            let right = PasswordHash::new(&stored)
                .is_ok_and(|stored| argon.verify_password(password.0.as_bytes(), &stored).is_ok());
            right && known
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        what: &'static str,
        task: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let waiting = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| too_many())?;
        let worker = Arc::clone(&self.workers).acquire_owned().await;
        let worked = self.worked.clone();
        let (tell, told) = oneshot::channel();
        // A thread of its own, whose beginning is nothing beside the work: one of the runtime's would
        // have to be given its priority back, which not everybody may.
        let thread = std::thread::Builder::new().name("password".to_owned()).spawn(move || {
            // Both places are given back when the work is done, whoever still waits for it.
            let (_waiting, _worker) = (waiting, worker);
            step_back();
            worked.count(what);
            drop(tell.send(argon().map(|argon| task(&argon))));
        });
        thread.map_err(|e| Error::Bug(format!("no thread for a password: {e}")))?;
        told.await.map_err(|_| Error::Bug("the work on a password broke off".to_owned()))?
    }
}

/// On Linux a priority is a thread's own; elsewhere it would be that of the whole server.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "a password is worked on as fast as everything else");
    }
}

fn argon() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn too_many() -> Error {
    let quota = u32::try_from(QUEUE).unwrap_or(u32::MAX);
    Refusal::RateLimited.limited(Limited { policy: "passwords", quota, window_s: 1, wait_s: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(typed: &str) -> Password {
        Password::parse(typed, "/password").unwrap()
    }

    #[test]
    fn a_password_is_refused_by_its_length_in_characters() {
        for good in ["12345678", "päßwörter", &"x".repeat(128), &"🦀".repeat(128)] {
            assert!(Password::parse(good, "/password").is_ok(), "{good}");
        }
        for bad in ["", "1234567", "ééééééé", &"x".repeat(129), &"x".repeat(1 << 20)] {
            assert!(Password::parse(bad, "/password").is_err());
        }
    }

    #[test]
    fn the_same_letters_typed_otherwise_are_the_same_password() {
        assert_eq!(password("cafe\u{301} au lait"), password("caf\u{e9} au lait"));
        assert!(!format!("{:?}", password("swordfish")).contains("swordfish"));
    }

    #[tokio::test]
    async fn what_is_stored_says_how_it_was_made_and_matches_only_itself() {
        let passwords = Passwords::new(&Meters::new());
        let stored = passwords.hash(password("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.matches(password("correct horse"), Some(stored.clone())).await.unwrap());
        assert!(!passwords.matches(password("battery staple"), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn the_work_steps_back_and_nothing_else_does() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let (passwords, before) = (Passwords::new(&Meters::new()), nice());
        let at_work = passwords.work("hash", move |_| nice()).await.unwrap();
        assert_eq!((at_work, nice()), ((before + NICE).min(19), before));
    }

    #[test]
    fn nobodys_password_costs_what_everybodys_costs() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        let params = Params::try_from(&nobodys).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, 1));
        assert_eq!(nobodys.algorithm.as_str(), "argon2id");
        assert_eq!(nobodys.hash.unwrap().as_bytes().len(), 32);
    }
}
