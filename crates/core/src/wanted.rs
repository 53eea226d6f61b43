//! When the login window opens by itself, where the person allowed that: a pure state machine from
//! successive snapshots.
//!
//! It opens when a tool asks for keys of a login whose session is over, and once for each time that
//! one is: whoever closes the window has said no.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{LoginName, ProfileName};
use crate::snapshot::{LoginState, Snapshot};
use crate::time::UnixTime;

/// What was asked for, and what was opened.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// When each profile was last asked for; `None` before the first snapshot.
    asked: Option<BTreeMap<ProfileName, UnixTime>>,
    opened: BTreeSet<LoginName>,
}

impl Wanted {
    /// Takes in what the daemon tells; says whose window to open.
    pub fn see(&mut self, snapshot: &Snapshot) -> Option<LoginName> {
        let state = |name: &LoginName| {
            let mut logins = snapshot.logins.iter();
            logins.find(|login| login.name == *name)
        };
        self.opened.retain(|name| {
            state(name).is_some_and(|login| match login.state {
                LoginState::NeedsSignIn | LoginState::SigningIn | LoginState::Unread => true,
                LoginState::SignedOut | LoginState::SignedIn => false,
            })
        });
        let profiles = snapshot.profiles.iter();
        let asked = profiles
            .filter_map(|profile| Some((profile.name.clone(), profile.asked?)))
            .collect();
        let before = self.asked.replace(asked)?;
        let profiles = snapshot.profiles.iter();
        let login = profiles
            .filter(|profile| profile.asked > before.get(&profile.name).copied())
            .filter_map(|profile| profile.login.as_ref())
            .find(|name| {
                !self.opened.contains(*name)
                    && state(name).is_some_and(|login| login.state == LoginState::NeedsSignIn)
            })?;
        self.opened.insert(login.clone());
        Some(login.clone())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests, which may fail")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_opens_once_each_time_a_session_is_over() {
        let mut wanted = Wanted::default();
        let mut see = |state: &str, asked: i64| {
            let login = wanted.see(&snapshot(state, asked));
            login.map(|login| login.to_string())
        };
        let acme = Some("acme".to_owned());
        assert_eq!(see("needs_sign_in", 10), None, "who asked before is gone");
        assert_eq!(see("needs_sign_in", 10), None, "nobody asks");
        assert_eq!(see("needs_sign_in", 11), acme);
        assert_eq!(see("signing_in", 11), None);
        assert_eq!(see("needs_sign_in", 12), None, "the person said no");
        assert_eq!(see("signed_in", 13), None);
        assert_eq!(see("needs_sign_in", 13), None);
        assert_eq!(see("needs_sign_in", 14), acme, "another time");
        assert_eq!(see("signed_out", 15), None, "nobody wants to be in");
    }

    fn snapshot(state: &str, asked: i64) -> Snapshot {
        serde_json::from_value(json!({
            "logins": [{
                "name": "acme", "kind": "user_pool", "provider": "eu-west-1_A", "state": state, "working": false,
            }],
            "profiles": [{
                "name": "dev", "login": "acme", "identity_pool_id": "x", "asked": asked,
            }],
        }))
        .unwrap()
    }
}
