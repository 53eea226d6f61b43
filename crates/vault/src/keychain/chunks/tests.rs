use std::collections::BTreeMap;

use keyring_core::{Entry, Error, mock};
use proptest::prelude::*;

use super::*;

proptest! {
    /// Whatever step a write is torn at, the old record or the new one is there, whole; and the
    /// next write leaves nothing behind but itself.
    #[test]
    fn a_torn_write_is_never_read(
        steps in prop::collection::vec((0_usize..4, prop::collection::vec(any::<u8>(), 0..60), 0_usize..40, any::<bool>()), 1..12),
    ) {
        let mut shelf = Shelf::default();
        let mut held: Option<Vec<u8>> = None;
        for (kind, record, calls, takes_effect) in steps {
            shelf.tear_after(calls, takes_effect);
            let (done, new) = match kind {
                0 => (erase(&mut shelf, "acme"), None),
                _ => (keep(&mut shelf, "acme", &record, 7), Some(record)),
            };
            shelf.mend();
            let read = recall(&mut shelf, "acme", 7).unwrap().map(|bytes| bytes.to_vec());
            if done.is_ok() {
                prop_assert_eq!(&read, &new);
                let chunks = new.as_ref().map_or(0, |record| 1 + record.len().div_ceil(7));
                prop_assert_eq!(shelf.entries.len(), chunks);
            } else {
                prop_assert!(read == held || read == new, "neither the old nor the new record");
            }
            held = read;
        }
    }

    /// Entries that something else wrote are refused, and never panic.
    #[test]
    fn strange_entries_are_refused(header in ".{0,40}", chunk in prop::collection::vec(any::<u8>(), 0..20)) {
        let mut shelf = Shelf::default();
        shelf.entries.insert("acme".to_owned(), format!("poolkey 1{header}").into_bytes());
        shelf.entries.insert("acme#0#0".to_owned(), chunk);
        prop_assert!(recall(&mut shelf, "acme", 7).is_err());
        keep(&mut shelf, "acme", b"a new record heals it", 7).unwrap();
        prop_assert_eq!(shelf.entries.len(), 4);
    }
}

#[test]
fn damage_is_told_and_never_read_as_absence() {
    let mut shelf = Shelf::default();
    keep(&mut shelf, "acme", b"twenty bytes of text", 7).unwrap();
    let good = shelf.entries.clone();
    for (name, change) in [
        ("acme#0#1", None),
        ("acme#0#1", Some(b"xxxxxxx".to_vec())),
        ("acme#0#2", Some(b"much longer than before".to_vec())),
        ("acme", Some(b"".to_vec())),
        ("acme", Some(b"poolkey 1 0 99999999999 3 ab".to_vec())),
        ("acme", Some(b"poolkey 2 0 1 3 ab".to_vec())),
    ] {
        shelf.entries = good.clone();
        match change {
            Some(bytes) => drop(shelf.entries.insert(name.to_owned(), bytes)),
            None => drop(shelf.entries.remove(name)),
        }
        let fault = recall(&mut shelf, "acme", 7).unwrap_err();
        assert!(fault.text.contains("damaged"), "{fault}");
    }
}

#[test]
fn one_login_does_not_reach_into_another() {
    let mut shelf = Shelf::default();
    keep(&mut shelf, "a", b"record of a", 7).unwrap();
    keep(&mut shelf, "a/b", b"record of a/b", 7).unwrap();
    erase(&mut shelf, "a").unwrap();
    assert_eq!(recall(&mut shelf, "a", 7).unwrap(), None);
    let other = recall(&mut shelf, "a/b", 7).unwrap().unwrap();
    assert_eq!(other.as_slice(), b"record of a/b");
}

/// The same over keyring's own mock store, whose errors are keyring's own.
#[test]
fn over_keyrings_mock_every_error_leaves_the_old_or_the_new_record() {
    let (old, new) = (vec![b'o'; 6000], vec![b'n'; 9000]);
    for tear in 0..40 {
        let mut mock = Mock::new();
        keep(&mut mock, "acme", &old, 2560).unwrap();
        mock.calls_until_error = Some(tear);
        let done = keep(&mut mock, "acme", &new, 2560);
        mock.calls_until_error = None;
        let read = recall(&mut mock, "acme", 2560).unwrap().unwrap().to_vec();
        assert!(read == old || read == new, "torn at call {tear}");
        assert!(done.is_err() || read == new, "torn at call {tear}");
    }
}

/// Entries in memory, which fail for good after a number of calls.
#[derive(Default)]
struct Shelf {
    entries: BTreeMap<String, Vec<u8>>,
    calls: Option<usize>,
    /// Whether the first call that fails has done its work all the same.
    takes_effect: bool,
}

impl Shelf {
    fn tear_after(&mut self, calls: usize, takes_effect: bool) {
        (self.calls, self.takes_effect) = (Some(calls), takes_effect);
    }

    fn mend(&mut self) {
        self.calls = None;
    }

    fn call<T>(
        &mut self,
        act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T,
    ) -> Result<T, VaultFault> {
        match &mut self.calls {
            Some(0) => {
                if std::mem::take(&mut self.takes_effect) {
                    act(&mut self.entries);
                }
                Err(failed("torn".to_owned()))
            }
            Some(left) => {
                *left -= 1;
                Ok(act(&mut self.entries))
            }
            None => Ok(act(&mut self.entries)),
        }
    }
}

impl Entries for Shelf {
    fn get(&mut self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
        self.call(|entries| entries.get(name).cloned().map(Zeroizing::new))
    }

    fn set(&mut self, name: &str, bytes: &[u8]) -> Result<(), VaultFault> {
        assert!(
            bytes.len() <= 7 || !name.contains('#'),
            "{name} is too large"
        );
        self.call(|entries| drop(entries.insert(name.to_owned(), bytes.to_vec())))
    }

    fn delete(&mut self, name: &str) -> Result<(), VaultFault> {
        self.call(|entries| drop(entries.remove(name)))
    }
}

struct Mock {
    store: std::sync::Arc<mock::Store>,
    calls_until_error: Option<usize>,
}

impl Mock {
    fn new() -> Self {
        Self {
            store: mock::Store::new().unwrap(),
            calls_until_error: None,
        }
    }

    fn entry(&mut self, name: &str) -> Entry {
        use keyring_core::api::CredentialStoreApi;
        let entry = self.store.build("poolkey", name, None).unwrap();
        if let Some(left) = &mut self.calls_until_error {
            if *left == 0 {
                let mock: &mock::Cred = entry.as_any().downcast_ref().unwrap();
                mock.set_error(Error::TooLong("secret".to_owned(), 2560));
            }
            *left = left.saturating_sub(1);
        }
        entry
    }
}

impl Entries for Mock {
    fn get(&mut self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
        match self.entry(name).get_secret() {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    fn set(&mut self, name: &str, bytes: &[u8]) -> Result<(), VaultFault> {
        assert!(bytes.len() <= 2560);
        let set = self.entry(name).set_secret(bytes);
        set.map_err(|error| failed(error.to_string()))
    }

    fn delete(&mut self, name: &str) -> Result<(), VaultFault> {
        match self.entry(name).delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}
