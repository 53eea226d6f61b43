use std::sync::Mutex;

use keyring_core::mock;

use super::*;

#[test]
fn records_come_back_and_go() {
    for largest in [None, Some(64)] {
        let mut keychain = keychain(largest).0;
        assert_eq!(keychain.recall("acme"), Ok(None));
        keychain.erase("acme").unwrap();
        for text in ["first", "", &"long ".repeat(100)] {
            keychain.keep("acme", &Secret::new(text)).unwrap();
            assert_eq!(keychain.recall("acme"), Ok(Some(Secret::new(text))));
            keychain.probe().unwrap();
        }
        keychain.erase("acme").unwrap();
        assert_eq!(keychain.recall("acme"), Ok(None));
    }
}

#[test]
fn an_unchanged_record_is_not_written_again() {
    let (mut keychain, mock) = keychain(None);
    let mut calls = |text: &str| {
        let before = *mock.calls.lock().unwrap();
        keychain.keep("acme", &Secret::new(text)).unwrap();
        *mock.calls.lock().unwrap() - before
    };
    assert_eq!(calls("same"), 2, "reads, then writes");
    assert_eq!(calls("same"), 1, "only reads");
    assert_eq!(calls("other"), 2, "reads, then writes");
}

#[test]
fn a_stale_connection_is_made_anew_once() {
    let (mut keychain, mock) = keychain(None);
    keychain.keep("acme", &Secret::new("record")).unwrap();
    assert_eq!(mock.opened(), 1);
    mock.fail("acme", Error::BadStoreFormat("gone".to_owned()));
    assert_eq!(keychain.recall("acme"), Ok(Some(Secret::new("record"))));
    assert_eq!(mock.opened(), 2);
}

#[test]
fn what_is_no_text_is_told_without_showing_it() {
    let (mut keychain, mock) = keychain(None);
    mock.item("acme").set_secret(b"hunter2\xff").unwrap();
    let fault = keychain.recall("acme").unwrap_err();
    assert_eq!(fault.kind, VaultFaultKind::Failed);
    assert!(!fault.text.contains("hunter2"), "{fault}");
    keychain.keep("acme", &Secret::new("healed")).unwrap();
    assert_eq!(keychain.recall("acme"), Ok(Some(Secret::new("healed"))));
}

#[test]
fn every_error_of_keyring_is_a_fault_and_shows_no_secret() {
    let secret = || b"hunter2".to_vec();
    for error in [
        Error::PlatformFailure("broken".into()),
        Error::NoStorageAccess("broken".into()),
        Error::BadEncoding(secret()),
        Error::BadDataFormat(secret(), "broken".into()),
        Error::BadStoreFormat("broken".to_owned()),
        Error::TooLong("secret".to_owned(), 7),
        Error::Invalid("secret".to_owned(), "broken".to_owned()),
        Error::NoDefaultStore,
        Error::NotSupportedByStore("broken".to_owned()),
    ] {
        let (mut keychain, mock) = keychain(None);
        mock.fail("acme", error);
        let fault = keychain.recall("acme").unwrap_err();
        assert_eq!(fault.kind, VaultFaultKind::Failed);
        assert!(!fault.text.contains("hunter2"), "{fault}");
        assert!(!fault.text.contains("104, 117"), "{fault}");
    }
}

#[test]
fn a_vault_may_move_to_the_thread_that_uses_it() {
    fn is_send<T: Send>() {}
    is_send::<crate::Vault>();
}

/// A keychain over keyring's own mock store.
fn keychain(largest: Option<usize>) -> (Keychain, Arc<Mock>) {
    let mock = Arc::new(Mock {
        store: mock::Store::new().unwrap(),
        opened: Mutex::new(0),
        calls: Mutex::new(0),
        largest,
    });
    (Keychain::new(Box::new(Arc::clone(&mock)), "poolkey"), mock)
}

struct Mock {
    store: Arc<mock::Store>,
    opened: Mutex<usize>,
    calls: Mutex<usize>,
    largest: Option<usize>,
}

impl Mock {
    fn opened(&self) -> usize {
        *self.opened.lock().unwrap()
    }

    fn item(&self, user: &str) -> Entry {
        let store: &CredentialStore = self.store.as_ref();
        store.build("poolkey", user, None).unwrap()
    }

    /// The next call on this entry fails.
    fn fail(&self, user: &str, error: Error) {
        let entry = self.item(user);
        let credential: &mock::Cred = entry.as_any().downcast_ref().unwrap();
        credential.set_error(error);
    }
}

impl Keyring for Arc<Mock> {
    fn open(&mut self) -> Result<Arc<CredentialStore>, VaultFault> {
        *self.opened.lock().unwrap() += 1;
        Ok(Arc::clone(&self.store) as Arc<CredentialStore>)
    }

    fn entry(
        &self,
        store: &CredentialStore,
        service: &str,
        user: &str,
    ) -> keyring_core::Result<Entry> {
        *self.calls.lock().unwrap() += 1;
        store.build(service, user, None)
    }

    fn fault(&self, error: Error) -> VaultFault {
        common_fault(&error)
    }

    fn largest(&self) -> Option<usize> {
        self.largest
    }

    fn describe(&self) -> String {
        "mock".to_owned()
    }
}
