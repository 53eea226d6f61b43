//! Of devices and access tokens: none is lost, none goes astray.

use poolkey_core::conversation::Goal;
use poolkey_core::event::{Effect, SignOutScope, SignedOut};
use poolkey_core::name::LoginName;
use poolkey_core::session::Stored;

use crate::cognito::{number_after, read_device, read_token, write_device};
use crate::ledger::{Open, What};
use crate::world::{Kept, World};

impl World {
    /// A refresh goes with the session's device, as long as the agent may believe in it.
    pub fn check_device_sent(&self, effect: &Effect) -> Kept {
        let Effect::Refresh {
            login,
            refresh_token,
            device_key,
            ..
        } = effect
        else {
            return Ok(());
        };
        let token = refresh_token
            .as_ref()
            .and_then(|token| read_token(token.expose()));
        let Some((family, _)) = token else {
            return Ok(());
        };
        let device = self.cognito.families[family].device;
        let sent = match device_key {
            Some(key) => device.is_some_and(|device| *key == write_device(device)),
            None => device.is_none_or(|device| self.ledger.gone.contains(&device)),
        };
        promise!(sent, "a refresh of {login} goes with its session's device");
        Ok(())
    }

    /// What a conversation takes along is of its own pool and session, and works.
    pub fn check_conversation(&mut self, effect: &Effect) -> Kept {
        let Effect::Converse {
            login,
            spec,
            thread,
            answer,
            ..
        } = effect
        else {
            return Ok(());
        };
        let device = thread.device.as_ref();
        promise!(
            device.is_none_or(|device| device.user_pool_id == spec.provider()),
            "the device of another pool is sent for {login}"
        );
        if thread.goal == Goal::SignIn && answer.is_none() {
            let kept = self.vault.device(login).filter(|kept| {
                let known = &self.cognito.devices[*kept];
                known.pool == spec.provider() && !self.ledger.gone.contains(kept)
            });
            let keeping = |other: &Effect| matches!(other, Effect::Keep { login: other, .. } if other == login);
            promise!(
                kept.is_none()
                    || device.is_some()
                    || self.ledger.left.contains(login)
                    || self.was_refused(login)
                    || self.lanes.count(keeping) > 0,
                "the device that is kept for {login} is not shown to the pool"
            );
        }
        promise!(
            thread.goal.needs_session() == thread.access_token.is_some(),
            "an access token goes with what needs a session of {login}, and with nothing else"
        );
        let Some(access) = &thread.access_token else {
            return Ok(());
        };
        let number = number_after(access.expose(), "-a-").unwrap();
        promise!(
            !self.ledger.stale.contains(&number),
            "an access token of {login} that was found stale is shown again"
        );
        self.ledger.shown_access.insert(login.clone(), number);
        let access = &self.cognito.access[number];
        let family = &self.cognito.families[access.family];
        promise!(
            access.expires > self.now,
            "a dead access token is sent nowhere"
        );
        promise!(
            family.tokens[access.generation].durable,
            "an access token is used only after the vault keeps what came with it"
        );
        promise!(
            self.ledger.held.get(login) == Some(&access.family) && family.pool == spec.provider(),
            "the access token of another session is used for {login}"
        );
        let key = thread.device_key.as_deref();
        promise!(
            match family.device {
                Some(device) =>
                    key == Some(&write_device(device)) || self.ledger.gone.contains(&device),
                None => key.is_none(),
            },
            "{login} is asked for with another device"
        );
        Ok(())
    }

    /// A session is kept with its device; a device is given up only when it is gone, its owner
    /// signed out, or another sign-in brought what takes its place.
    pub fn check_device_kept(&self, login: &LoginName, stored: &Stored) -> Kept {
        let gone = |device: usize| self.ledger.gone.contains(&device);
        let kept = stored.device.as_ref().and_then(read_device);
        let Some(session) = &stored.session else {
            let lost = self.vault.device(login).filter(|_| kept.is_none());
            promise!(
                lost.is_none_or(gone)
                    || self.ledger.left.contains(login)
                    || self.was_refused(login),
                "the device of {login} is lost with its session"
            );
            return Ok(());
        };
        let token = session.refresh_token.as_ref();
        let Some((family, _)) = token.and_then(|token| read_token(token.expose())) else {
            return Ok(());
        };
        let of_family = self.cognito.families[family].device;
        promise!(
            session.device_key == of_family.map(write_device)
                || (session.device_key.is_none() && of_family.is_some_and(gone)),
            "the session of {login} is kept with its device"
        );
        let brought = self.ledger.brought.get(&family).copied().flatten();
        promise!(
            kept == brought || (kept.is_none() && brought.is_some_and(gone)),
            "the device of {login} is {kept:?}, and it was given {brought:?}"
        );
        Ok(())
    }

    /// A sign-out says so when the pool still knows the device.
    pub fn check_forgotten(&self, open: &Open, told: &SignedOut) -> Kept {
        let What::SignOut(login, SignOutScope::Session | SignOutScope::Everywhere) = &open.what
        else {
            return Ok(());
        };
        let Some(family) = open.kept else {
            return Ok(());
        };
        let session = &self.cognito.families[family];
        let here = self.config.logins.get(login);
        let here = here.is_some_and(|login| login.provider() == session.pool);
        let known = session
            .device
            .is_some_and(|device| !self.cognito.devices[device].gone);
        promise!(
            told.not_forgotten.is_some()
                || told.not_revoked.is_some()
                || !known
                || !here
                || self.ledger.told.contains_key(&family),
            "the device of {login} is said to be forgotten, and is not"
        );
        Ok(())
    }

    /// Whether what the vault has there may come of a sign-in that it said it did not keep.
    fn was_refused(&self, login: &LoginName) -> bool {
        let kept = self.vault.session(login);
        kept.is_some_and(|(family, _)| self.ledger.refused.contains(&family))
    }
}
