//! What other instances have said lately, for as long as they go on saying it.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use uuid::Uuid;

/// An instance that has said nothing for so long has gone, and all that it spoke of with it. They
/// speak every second.
pub const GONE: Duration = Duration::from_secs(5);

/// The latest word of each instance, by what it is about.
#[derive(Debug)]
pub struct Elsewhere<K, T>(HashMap<K, HashMap<Uuid, Said<T>>>);

#[derive(Debug)]
struct Said<T> {
    what: T,
    at: Instant,
}

impl<K, T> Default for Elsewhere<K, T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Copy + Eq + Hash, T: PartialEq> Elsewhere<K, T> {
    /// Takes in what an instance says; true when that is something else than before.
    pub fn hear(&mut self, about: K, from: Uuid, what: T, now: Instant) -> bool {
        let instances = self.0.entry(about).or_default();
        let is_new = instances.get(&from).is_none_or(|said| said.what != what);
        instances.insert(from, Said { what, at: now });
        is_new
    }

    /// Forgets instances that have fallen silent; returns what they had spoken of.
    pub fn forget(&mut self, now: Instant) -> Vec<K> {
        let mut silent = Vec::new();
        self.0.retain(|about, instances| {
            let before = instances.len();
            instances.retain(|_, said| now.duration_since(said.at) < GONE);
            if instances.len() < before {
                silent.push(*about);
            }
            !instances.is_empty()
        });
        silent
    }

    /// What is said about this.
    pub fn of(&self, about: &K) -> impl Iterator<Item = &T> {
        self.0.get(about).into_iter().flat_map(HashMap::values).map(|said| &said.what)
    }

    /// Everything that is said, and about what.
    pub fn all(&self) -> impl Iterator<Item = (K, &T)> {
        self.0.iter().flat_map(|(about, instances)| instances.values().map(|said| (*about, &said.what)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_instance_says_counts_until_it_falls_silent() {
        let (mut elsewhere, start) = (Elsewhere::<char, u8>::default(), Instant::now());
        let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
        assert!(elsewhere.hear('a', one, 5, start));
        assert!(!elsewhere.hear('a', one, 5, start));
        assert!(elsewhere.hear('a', one, 3, start));
        assert!(elsewhere.hear('a', two, 10, start + GONE / 2));
        assert!(elsewhere.hear('b', two, 7, start + GONE / 2));
        let sum =
            |elsewhere: &Elsewhere<_, _>, about| elsewhere.of(&about).map(|n| u32::from(*n)).sum::<u32>();
        assert_eq!((sum(&elsewhere, 'a'), sum(&elsewhere, 'b'), sum(&elsewhere, 'c')), (13, 7, 0));
        assert_eq!(elsewhere.forget(start + GONE), ['a']);
        assert_eq!((sum(&elsewhere, 'a'), elsewhere.all().count()), (10, 2));
        assert_eq!(elsewhere.forget(start + 2 * GONE).len(), 2);
        assert!(elsewhere.0.is_empty());
    }
}
