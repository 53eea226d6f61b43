//! What the log tells of events: names and kinds, never what came with them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use poolkey_core::conversation::Step;
use poolkey_core::event::Event;
use poolkey_core::fault::{Fault, VaultFault};
use poolkey_core::name::LoginName;

/// Tells each trouble once: a night without a network is one line, not a thousand.
#[derive(Default)]
pub(crate) struct Journal {
    /// What was last told of each thing that fails.
    told: RefCell<BTreeMap<String, String>>,
}

impl Journal {
    /// Tells what a person may want to know of an event.
    pub(crate) fn note(&self, event: &Event) {
        match event {
            Event::Recalled {
                result: Err(fault), ..
            }
            | Event::Probed {
                result: Err(fault), ..
            }
            | Event::Kept {
                result: Err(fault), ..
            } => self.vault_failed(fault),
            Event::Recalled { login, .. } => {
                self.well(VAULT);
                tracing::debug!(%login, "recalled");
            }
            Event::Kept { login, .. } => {
                self.well(VAULT);
                tracing::debug!(%login, "kept");
            }
            Event::Probed { .. } => self.well(VAULT),
            Event::Refreshed { login, result } => match result {
                Ok(tokens) => {
                    self.well(&format!("login {login}"));
                    tracing::info!(
                        %login,
                        seconds = tokens.id_life.length.as_secs(),
                        rotated = tokens.refresh_token.is_some(),
                        "refreshed"
                    );
                }
                Err(fault) => self.failed(format!("login {login}"), "not refreshed", fault),
            },
            Event::Fetched { profile, result } => match result {
                Ok(fetched) => {
                    self.well(&format!("profile {profile}"));
                    tracing::info!(
                        %profile,
                        seconds = fetched.keys.life.length.as_secs(),
                        "fetched keys"
                    );
                }
                Err(fault) => self.failed(format!("profile {profile}"), "no keys", fault),
            },
            Event::Revoked { login, parting } => {
                match &parting.revoked {
                    Ok(()) => tracing::info!(%login, "revoked"),
                    Err(fault) => {
                        tracing::warn!(%login, kind = ?fault.kind, "not revoked: {fault}");
                    }
                }
                if let Err(fault) = &parting.forgotten {
                    tracing::warn!(%login, kind = ?fault.kind, "device not forgotten: {fault}");
                }
                if let Err(fault) = &parting.everywhere {
                    tracing::warn!(%login, kind = ?fault.kind, "not signed out elsewhere: {fault}");
                }
            }
            Event::Conversed { login, result, .. } => conversed(login, result),
            Event::Misread(error) => tracing::warn!("configuration: {error}"),
            Event::Configured(config) => tracing::info!(
                logins = config.logins.len(),
                profiles = config.profiles.len(),
                "configured"
            ),
            Event::Woke => tracing::debug!("woke"),
            Event::Stopping => tracing::info!("stopping"),
            Event::Scrubbed { result } => {
                if let Err(text) = result {
                    tracing::warn!("files of ~/.aws: {text}");
                }
            }
            Event::Wrote { target, result } => match result {
                Ok(()) => tracing::info!(%target, "the files of ~/.aws are as they should be"),
                Err(text) => {
                    if self.is_news(format!("file {target}"), text) {
                        tracing::warn!(%target, "files of ~/.aws: {text}");
                    }
                }
            },
            Event::ConsoleOpened { result, .. } => match result {
                Ok(_) => tracing::info!("made a sign-in address for the console"),
                Err(fault) => {
                    tracing::warn!(kind = ?fault.kind, "no address for the console: {fault}")
                }
            },
            Event::Identified { result, .. } => match result {
                Ok(identified) => tracing::info!(arn = identified.arn, "identified"),
                Err(fault) => tracing::warn!(kind = ?fault.kind, "not identified: {fault}"),
            },
            Event::Asked { .. } | Event::Left { .. } | Event::Tick => {}
        }
    }

    fn vault_failed(&self, fault: &VaultFault) {
        if self.is_news(VAULT.into(), &fault.text) {
            tracing::warn!(kind = ?fault.kind, "vault: {fault}");
        }
    }

    fn failed(&self, of: String, what: &str, fault: &Fault) {
        if self.is_news(of.clone(), &fault.text) {
            tracing::warn!(kind = ?fault.kind, "{of}: {what}: {fault}");
        } else {
            tracing::debug!(kind = ?fault.kind, "{of}: {what} again: {fault}");
        }
    }

    fn is_news(&self, of: String, text: &str) -> bool {
        self.told
            .borrow_mut()
            .insert(of, text.to_owned())
            .as_deref()
            != Some(text)
    }

    fn well(&self, of: &str) {
        if self.told.borrow_mut().remove(of).is_some() {
            tracing::info!("{of}: well again");
        }
    }
}

fn conversed(login: &LoginName, result: &Result<Step, Fault>) {
    match result {
        Ok(Step::Ask { problem: None, .. }) => tracing::info!(%login, "a question"),
        Ok(Step::Ask {
            problem: Some(fault),
            ..
        }) => tracing::info!(%login, kind = ?fault.kind, "asked again: {fault}"),
        Ok(Step::Done { device, .. }) => {
            tracing::info!(%login, remembered = device.is_some(), "the user pool signed in");
        }
        Ok(Step::Finished { .. }) => tracing::info!(%login, "done for an account"),
        Err(fault) => tracing::warn!(%login, kind = ?fault.kind, "conversation failed: {fault}"),
    }
}

const VAULT: &str = "vault";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_news_once_and_again_after_it_was_well() {
        let journal = Journal::default();
        assert!(journal.is_news("a".into(), "offline"));
        assert!(!journal.is_news("a".into(), "offline"));
        assert!(journal.is_news("b".into(), "offline"));
        assert!(journal.is_news("a".into(), "throttled"));
        journal.well("a");
        assert!(journal.is_news("a".into(), "throttled"));
    }
}
