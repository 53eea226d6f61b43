//! Of ticks, and of calls to Amazon: how often, one at a time, and with what.

use std::collections::VecDeque;

use poolkey_core::event::{Effect, Farewell};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Proof, Tokens};
use poolkey_core::time::Moment;

use crate::cognito::{Kind, number_after, owner, read_token, write_device};
use crate::vault::read_session;
use crate::weather::{HOUR, SECOND};
use crate::world::{Kept, World};

impl World {
    /// Time moves on, and no tick is in vain for long.
    pub fn check_tick(&mut self, idle: bool, wake: Option<Moment>) -> Kept {
        let now = Moment::from_millis(self.now);
        promise!(wake.is_none_or(|wake| wake > now), "time moves on");
        if idle {
            let ticks = &mut self.ledger.idle_ticks;
            ticks.push_back(self.now);
            while ticks.front().is_some_and(|tick| tick + SECOND < self.now) {
                ticks.pop_front();
            }
            let most = 8 + 2 * (self.config.logins.len() + self.config.profiles.len());
            promise!(
                ticks.len() <= most,
                "{} ticks in a second did nothing",
                ticks.len()
            );
        }
        Ok(())
    }

    /// Calls that nobody waits for are spread.
    pub fn check_background(&mut self, effects: &[Effect]) -> Kept {
        for effect in effects {
            let calls = match effect {
                Effect::Refresh { login, .. } if !self.ledger.unanswered.contains_key(login) => 1,
                Effect::Fetch { identity: None, .. } => 2,
                Effect::Fetch { .. } => 1,
                _ => 0,
            };
            let urged =
                matches!(effect, Effect::Refresh { login, .. } if self.ledger.urged.remove(login));
            if urged || self.wait_for(effect) {
                continue;
            }
            promise!(
                calls == 0 || self.is_used(effect),
                "{effect:?}, which nobody uses"
            );
            let background = &mut self.ledger.background;
            for _ in 0..calls {
                background.push_back(self.now);
            }
            while background
                .front()
                .is_some_and(|call| call + SECOND <= self.now)
            {
                background.pop_front();
            }
            let count = background.len();
            promise!(
                count <= 10,
                "{count} calls in a second that nobody waits for"
            );
        }
        Ok(())
    }

    /// Whether what a call brings was used lately.
    fn is_used(&self, effect: &Effect) -> bool {
        let rest_after = self.rest_after();
        let lately = |when: u64| self.now < when + rest_after;
        let used = |name: &ProfileName| {
            let asked = self.ledger.asked.get(name);
            let roused = self.ledger.roused.get(name);
            asked.is_some_and(|(_, last)| lately(*last)) || roused.is_some_and(|when| lately(*when))
        };
        match effect {
            Effect::Fetch { profile, .. } => used(profile),
            Effect::Refresh { login, .. } => {
                let mut members = self.config.profiles.iter();
                self.asks_for_tokens(login)
                    || members.any(|(name, spec)| owner(spec) == login && used(name))
            }
            _ => true,
        }
    }

    pub fn check_effect(&mut self, effect: &Effect) -> Kept {
        match effect {
            Effect::Refresh {
                login,
                refresh_token,
                spec,
                ..
            } => {
                let same = |other: &Effect| matches!(other, Effect::Refresh { login: other, .. } if other == login);
                promise!(
                    self.lanes.count(same) == 0,
                    "one refresh in flight for {login}"
                );
                let kept = self.vault.session(login);
                let token = match refresh_token {
                    Some(token) => read_token(token.expose()),
                    None => {
                        promise!(
                            self.cognito.pools[spec.provider()].kind == Kind::Program,
                            "{login} is refreshed without a refresh token"
                        );
                        kept
                    }
                };
                promise!(
                    token.is_some() && token == kept,
                    "only a token that the vault keeps is spent, for {login}"
                );
                let rotates = self.cognito.pools[spec.provider()].rotates;
                let proven = self.ledger.proven.get(login);
                let proven = proven.is_some_and(|when| self.now <= when + 30 * SECOND);
                let unanswered = self.ledger.unanswered.contains_key(login);
                promise!(
                    !rotates || proven || unanswered || refresh_token.is_none(),
                    "the vault is proven before a token of {login} is rotated"
                );
                self.check_device_sent(effect)?;
                self.note_retry(login);
            }
            Effect::Fetch {
                profile,
                proof: Proof::IdToken(id_token),
                spec,
                ..
            } => {
                let same = |other: &Effect| matches!(other, Effect::Fetch { profile: other, .. } if other == profile);
                promise!(
                    self.lanes.count(same) == 0,
                    "one fetch in flight for {profile}"
                );
                let id = &self.cognito.ids[number_after(id_token.expose(), "-i-").unwrap()];
                let token = &self.cognito.families[id.family].tokens[id.generation];
                promise!(
                    token.durable,
                    "tokens are used only after the vault keeps what came with them"
                );
                promise!(id.expires > self.now, "a dead ID token is sent nowhere");
                let pool = &self.cognito.families[id.family].pool;
                let configured = self.config.logins.get(owner(spec));
                promise!(
                    configured.is_some_and(|login| login.provider() == *pool),
                    "the token of another pool is not used for {profile}"
                );
            }
            Effect::Keep { login, stored } => {
                let family = stored
                    .session
                    .as_ref()
                    .map(|session| read_session(session).unwrap().0);
                match family {
                    None => {
                        self.ledger.held.remove(login);
                    }
                    Some(family) if self.ledger.held.get(login) != Some(&family) => {
                        self.ledger.adopting.insert(login.clone(), family);
                    }
                    Some(_) => {}
                }
            }
            Effect::Answer { .. }
            | Effect::Recall { .. }
            | Effect::Probe { .. }
            | Effect::Fetch { .. }
            | Effect::Identify { .. }
            | Effect::OpenConsole { .. }
            | Effect::Dismiss { .. }
            | Effect::ScrubFiles { .. }
            | Effect::WriteKeys { .. }
            | Effect::Revoke { .. } => {}
            Effect::Converse { .. } => self.check_conversation(effect)?,
        }
        Ok(())
    }

    /// A refresh reaches Cognito; says how often that may be.
    pub fn count_refresh(&mut self, login: &LoginName) -> Kept {
        self.played.refreshes += 1;
        let now = self.now;
        let within = |times: &mut VecDeque<u64>| {
            while times.front().is_some_and(|time| time + HOUR <= now) {
                times.pop_front();
            }
            times.len()
        };
        let demanded = self.ledger.demanded.entry(login.clone()).or_default();
        let demanded = within(demanded);
        let reached = self.ledger.reached.entry(login.clone()).or_default();
        reached.push_back(now);
        let reached = within(reached);
        promise!(
            reached <= 60 + demanded,
            "{reached} refreshes of {login} in an hour"
        );
        Ok(())
    }

    /// What Cognito says of a refresh token: a session that ends for no fault of its owner must
    /// have been beyond saving.
    pub fn check_refresh(
        &mut self,
        login: &LoginName,
        token: &Secret,
        result: &Result<Tokens, Fault>,
    ) -> Kept {
        let Err(Fault {
            kind: FaultKind::Ended(ended),
            ..
        }) = result
        else {
            return Ok(());
        };
        let device_gone = |family: usize| {
            let device = self.cognito.families[family].device;
            device.is_some_and(|device| self.cognito.devices[device].gone)
        };
        let known = read_token(token.expose())
            .filter(|(family, _)| *ended != Ended::Refused || device_gone(*family));
        let Some((family, generation)) = known else {
            return Err(format!("a token of {login} is sent where it is not known"));
        };
        if *ended == Ended::Reused {
            let token = &self.cognito.families[family].tokens[generation];
            promise!(
                token.excused || self.ledger.forsaken.contains(&family),
                "a rotated token of {login} is lost that could have been saved"
            );
            self.played.unlucky += 1;
        }
        Ok(())
    }

    /// Only sessions that nobody wants any more are revoked.
    pub fn check_revocation(
        &self,
        login: &LoginName,
        token: Option<&Secret>,
        farewell: &Farewell,
    ) -> Kept {
        let Some((family, _)) = token.and_then(|token| read_token(token.expose())) else {
            return Ok(());
        };
        let of_family = self.cognito.families[family].device.map(write_device);
        promise!(
            !self.ledger.silent.contains(&family),
            "{login} was signed out here alone, and its provider is told"
        );
        promise!(
            !farewell.everywhere || self.ledger.far.contains(&family),
            "all sessions of {login} are ended, and nobody wanted that"
        );
        promise!(
            farewell.forget.is_none()
                || (self.ledger.forsaken.contains(&family) && of_family == farewell.forget),
            "a device of {login} is forgotten, and nobody signed out there"
        );
        let ledger = &self.ledger;
        let wanted = ledger.held.get(login) == Some(&family) && !ledger.forsaken.contains(&family);
        promise!(
            !wanted,
            "the session of {login} is revoked, and nobody signed out"
        );
        Ok(())
    }
}
