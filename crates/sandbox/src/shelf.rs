//! Maps with a limit: the oldest entry leaves when a new one does not fit.

use std::collections::{BTreeMap, HashMap, VecDeque};

/// Entries by key, in the order in which they came.
#[derive(Clone)]
pub(crate) struct Shelf<V> {
    limit: usize,
    entries: HashMap<String, Entry<V>>,
    order: BTreeMap<u64, String>,
    next: u64,
}

#[derive(Clone)]
struct Entry<V> {
    place: u64,
    value: V,
}

/// A shelf on which nobody has more than a share, so that nobody crowds out the others.
#[derive(Clone)]
pub(crate) struct SharedShelf<V> {
    share: usize,
    /// Each value with its owner.
    shelf: Shelf<(String, V)>,
    /// The keys of each owner, oldest first.
    owned: HashMap<String, VecDeque<String>>,
}

impl<V> Shelf<V> {
    /// An empty shelf for at most `limit` entries.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    /// Puts an entry in its place, behind the others; one with the same key is replaced where it
    /// stands. What does not fit any more comes back.
    pub(crate) fn put(&mut self, key: impl Into<String>, value: V) -> Option<V> {
        let key = key.into();
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.value = value;
            return None;
        }
        let place = self.next;
        self.next += 1;
        self.order.insert(place, key.clone());
        self.entries.insert(key, Entry { place, value });
        if self.entries.len() <= self.limit {
            return None;
        }
        let (_, oldest) = self.order.pop_first()?;
        self.entries.remove(&oldest).map(|entry| entry.value)
    }

    pub(crate) fn find(&self, key: &str) -> Option<&V> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub(crate) fn find_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    /// All entries, oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = (&str, &V)> {
        self.order
            .values()
            .filter_map(|key| Some((key.as_str(), self.find(key)?)))
    }

    /// Changes every entry.
    pub(crate) fn each(&mut self, mut change: impl FnMut(&mut V)) {
        for key in self.order.values() {
            if let Some(entry) = self.entries.get_mut(key) {
                change(&mut entry.value);
            }
        }
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.place);
        }
    }
}

impl<V> SharedShelf<V> {
    /// An empty shelf for at most `limit` entries, `share` of one owner.
    pub(crate) fn new(limit: usize, share: usize) -> Self {
        Self {
            share,
            shelf: Shelf::new(limit),
            owned: HashMap::new(),
        }
    }

    /// Puts an entry under a key that no other has. The owner's oldest leaves when the share is
    /// used up, and the oldest of all when the shelf is full.
    pub(crate) fn put(&mut self, owner: &str, key: &str, value: V) {
        let own = self.owned.entry(owner.to_owned()).or_default();
        own.push_back(key.to_owned());
        if own.len() > self.share
            && let Some(oldest) = own.pop_front()
        {
            self.shelf.remove(&oldest);
        }
        // What leaves is the oldest of all, and so the oldest of its owner.
        if let Some((owner, _)) = self.shelf.put(key, (owner.to_owned(), value))
            && let Some(own) = self.owned.get_mut(&owner)
        {
            own.pop_front();
            if own.is_empty() {
                self.owned.remove(&owner);
            }
        }
    }

    pub(crate) fn find(&self, key: &str) -> Option<&V> {
        self.shelf.find(key).map(|(_, value)| value)
    }

    pub(crate) fn find_mut(&mut self, key: &str) -> Option<&mut V> {
        self.shelf.find_mut(key).map(|(_, value)| value)
    }

    /// The entries of an owner, newest first.
    pub(crate) fn newest_of(&self, owner: &str) -> impl Iterator<Item = (&str, &V)> {
        let own = self.owned.get(owner).into_iter().flatten().rev();
        own.filter_map(|key| Some((key.as_str(), self.find(key)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves() {
        let mut shelf = Shelf::new(2);
        let left: Vec<_> = [("a", 1), ("b", 2), ("b", 3), ("c", 4)]
            .map(|(key, value)| shelf.put(key, value))
            .into();
        assert_eq!(left, [None, None, None, Some(1)]);
        assert_eq!(shelf.all().collect::<Vec<_>>(), [("b", &3), ("c", &4)]);
        shelf.put("d", 5);
        assert_eq!(shelf.entries.len(), 2);
        assert_eq!((shelf.find("a"), shelf.find("b")), (None, None));
    }

    #[test]
    fn nobody_crowds_out_another() {
        let mut shelf = SharedShelf::new(10, 3);
        shelf.put("ann", "first", 0);
        for number in 0..100 {
            shelf.put("bob", &number.to_string(), number);
        }
        assert_eq!(shelf.find("first"), Some(&0));
        let of = |owner| shelf.newest_of(owner).map(|(_, value)| *value);
        assert_eq!(of("bob").collect::<Vec<_>>(), [99, 98, 97]);
        assert_eq!((shelf.find("96"), of("carol").count()), (None, 0));
        assert_eq!(shelf.shelf.order.len(), 4);
    }

    #[test]
    fn many_owners_fill_a_shelf() {
        let mut shelf = SharedShelf::new(4, 3);
        for number in 0..100 {
            shelf.put(&format!("{}", number / 2), &number.to_string(), number);
        }
        let left: Vec<_> = shelf.shelf.all().map(|(_, (_, value))| *value).collect();
        assert_eq!(left, [96, 97, 98, 99]);
        assert_eq!((shelf.owned.len(), shelf.shelf.order.len()), (2, 4));
    }
}
