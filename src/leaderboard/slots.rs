//! What is read from the database once for all who ask for it at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Turn, MutexGuard};

use crate::error::{Busy, Error};

/// What nobody has asked for so long is forgotten.
pub(super) const KEPT: Duration = Duration::from_secs(5);

/// A place for each thing that somebody asks for.
#[derive(Debug)]
pub(super) struct Slots<K, T>(Mutex<HashMap<K, Arc<Slot<T>>>>);

/// A place for one thing.
#[derive(Debug)]
pub(super) struct Slot<T> {
    /// Only one reader at a time asks the database.
    kept: Turn<Option<T>>,
    asked: Mutex<Instant>,
    /// When and why it could not be asked. Whoever waited for that shares it, as it would share an
    /// answer: one after the other would wait too long for a database that says nothing.
    failed: Mutex<Option<(Instant, Busy)>>,
}

impl<K, T> Default for Slots<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, T> Slots<K, T> {
    pub(super) fn of(&self, key: &K, now: Instant) -> Arc<Slot<T>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|other, slot| other == key || slot.is_wanted(now));
        let slot = Arc::clone(slots.entry(key.clone()).or_insert_with(|| Arc::new(Slot::new(now))));
        *slot.asked.lock().unwrap_or_else(PoisonError::into_inner) = now;
        slot
    }
}

impl<T> Slot<T> {
    fn new(now: Instant) -> Self {
        Self { kept: Turn::new(None), asked: Mutex::new(now), failed: Mutex::default() }
    }

    fn is_wanted(&self, now: Instant) -> bool {
        now.duration_since(*self.asked.lock().unwrap_or_else(PoisonError::into_inner)) < KEPT
    }

    /// What is kept, for one at a time.
    pub(super) async fn turn(&self) -> MutexGuard<'_, Option<T>> {
        self.kept.lock().await
    }

    /// The same for a reader who came at this instant, unless the database was found away since.
    ///
    /// # Errors
    /// `Busy`.
    pub(super) async fn turn_since(&self, came: Instant) -> Result<MutexGuard<'_, Option<T>>, Error> {
        let kept = self.turn().await;
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match failed {
            Some((at, reason)) if at > came => Err(Error::Busy(reason)),
            _ => Ok(kept),
        }
    }

    /// Tells those who wait that the database is away, if that is why it failed.
    pub(super) fn note(&self, error: &Error) {
        if let Error::Busy(reason) = error {
            let failed = Some((Instant::now(), *reason));
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
        }
    }
}
