//! What was read for a list and may serve the next one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// So many are kept; the lists of a day show far fewer.
const MOST: usize = 2_000;

/// Values by key, each with the state of the store that it was read in: what was read in another one is not given.
#[derive(Debug)]
pub(super) struct Kept<K, S, V>(Mutex<HashMap<K, (S, Arc<V>)>>);

impl<K, S, V> Default for Kept<K, S, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq + Copy, S: PartialEq, V> Kept<K, S, V> {
    /// What is kept of `wanted`, each as of its state.
    pub(super) fn known<'a>(&self, wanted: impl IntoIterator<Item = (&'a K, &'a S)>) -> HashMap<K, Arc<V>>
    where
        K: 'a,
        S: 'a,
    {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |(key, state)| {
            let (_, value) = kept.get(key).filter(|(of, _)| of == state)?;
            Some((*key, Arc::clone(value)))
        };
        wanted.into_iter().filter_map(known).collect()
    }

    /// Keeps a value that was read in `state`.
    pub(super) fn keep(&self, key: K, state: S, value: &Arc<V>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (state, Arc::clone(value)));
    }
}
