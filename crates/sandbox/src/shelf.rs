//! A map with a limit: the oldest entry leaves when a new one does not fit.

use std::collections::{HashMap, VecDeque};

/// Entries by key, in the order in which they came.
#[derive(Clone)]
pub(crate) struct Shelf<V> {
    limit: usize,
    entries: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Shelf<V> {
    /// An empty shelf for at most `limit` entries.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Puts an entry in its place; one with the same key is replaced.
    pub(crate) fn put(&mut self, key: impl Into<String>, value: V) {
        let key = key.into();
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        while self.entries.len() > self.limit {
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            self.entries.remove(&oldest);
        }
    }

    pub(crate) fn find(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn find_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    /// All entries, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &V)> {
        self.order
            .iter()
            .filter_map(|key| Some((key.as_str(), self.entries.get(key)?)))
    }

    /// Changes every entry.
    pub(crate) fn each(&mut self, mut change: impl FnMut(&mut V)) {
        for key in &self.order {
            if let Some(value) = self.entries.get_mut(key) {
                change(value);
            }
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves() {
        let mut shelf = Shelf::new(2);
        for (key, value) in [("a", 1), ("b", 2), ("b", 3), ("c", 4)] {
            shelf.put(key, value);
        }
        assert_eq!(shelf.all().collect::<Vec<_>>(), [("b", &3), ("c", &4)]);
        shelf.put("d", 5);
        assert_eq!(shelf.len(), 2);
        assert_eq!((shelf.find("a"), shelf.find("b")), (None, None));
    }
}
