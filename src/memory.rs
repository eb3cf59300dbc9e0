//! What rooms keep in memory beside a database, such as boards that are costly to read anew.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One thing of each type. A process may have several servers, so nothing of this is global.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Memory {
    /// The one of this type, made when somebody asks first.
    pub(crate) fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut things = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let thing = things.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        // It lies under its own type.
        Arc::clone(thing).downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn everybody_gets_the_same_one() {
        let memory = Memory::default();
        memory.of::<AtomicU32>().store(7, Ordering::Relaxed);
        assert_eq!(memory.of::<AtomicU32>().load(Ordering::Relaxed), 7);
        assert_eq!(*memory.of::<String>(), "");
    }
}
