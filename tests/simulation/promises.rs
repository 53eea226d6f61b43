//! The promises, each checked as soon as it could be broken.

use std::collections::VecDeque;
use std::fmt::Debug;

use poolkey_core::event::{Effect, Event, Reply};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Stored, Tokens};
use poolkey_core::snapshot::{LoginState, Snapshot};
use poolkey_core::time::Moment;

use crate::cognito::{MARK, number_after, read_token};
use crate::ledger::{Open, What};
use crate::weather::{HOUR, MINUTE, Mood, SECOND};
use crate::world::{Kept, World};

/// Breaks off with what was promised, where it does not hold.
macro_rules! promise {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(format!($($text)+));
        }
    };
}

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
            if self.wait_for(effect) {
                continue;
            }
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
                let token = read_token(refresh_token.expose());
                promise!(
                    token == self.vault.session(login),
                    "only a token that the vault keeps is spent, for {login}"
                );
                let rotates = self.cognito.pools[&spec.user_pool_id].rotates;
                let proven = self.ledger.proven.get(login);
                let proven = proven.is_some_and(|when| self.now <= when + 30 * SECOND);
                let unanswered = self.ledger.unanswered.contains_key(login);
                promise!(
                    !rotates || proven || unanswered,
                    "the vault is proven before a token of {login} is rotated"
                );
                self.note_retry(login);
            }
            Effect::Fetch {
                profile,
                id_token,
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
                let configured = self.config.logins.get(&spec.login);
                promise!(
                    configured.is_some_and(|login| login.user_pool_id == *pool),
                    "the token of another pool is not used for {profile}"
                );
            }
            Effect::Keep { login, stored } => {
                let family = stored.session.as_ref().map(|session| {
                    let token = session.refresh_token.expose();
                    read_token(token).unwrap().0
                });
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
            | Effect::Revoke { .. }
            | Effect::Converse { .. } => {}
        }
        Ok(())
    }

    /// What the vault is about to be told to keep: nobody who did nothing loses a session, and no
    /// token takes the place of a newer one.
    pub fn check_write(&mut self, login: &LoginName, stored: &Stored) -> Kept {
        let old = self.vault.session(login);
        let new = stored
            .session
            .as_ref()
            .and_then(|session| read_token(session.refresh_token.expose()));
        let ledger = &self.ledger;
        match (old, new) {
            (Some((family, _)), None) => promise!(
                ledger.forsaken.contains(&family)
                    || ledger.told.contains_key(&family)
                    || ledger.refused.contains(&family),
                "the session of {login} is erased, and nobody signed out"
            ),
            (Some((family, before)), Some((other, after))) if family == other => {
                promise!(before <= after, "a newer token of {login} is overwritten");
            }
            (_, Some((family, _))) => {
                let replaced = old.is_some_and(|(old, _)| ledger.refused.contains(&old));
                promise!(
                    ledger.adopting.get(login) == Some(&family) || replaced,
                    "a session of {login} is kept that nobody began"
                );
                promise!(
                    !ledger.away.contains(login),
                    "the sign-out of {login} is undone"
                );
            }
            (None, None) => {}
        }
        if let Some((family, generation)) = new {
            self.cognito.families[family].tokens[generation].durable = true;
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
        let known = read_token(token.expose());
        let Some((family, generation)) = known.filter(|_| *ended != Ended::Refused) else {
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
    pub fn check_revocation(&self, login: &LoginName, token: &Secret) -> Kept {
        let Some((family, _)) = read_token(token.expose()) else {
            return Ok(());
        };
        let ledger = &self.ledger;
        let wanted = ledger.held.get(login) == Some(&family) && !ledger.forsaken.contains(&family);
        promise!(
            !wanted,
            "the session of {login} is revoked, and nobody signed out"
        );
        Ok(())
    }

    /// An answer fits its question, and no keys are dead, another's or told wrong.
    pub fn check_answer(&mut self, open: &Open, reply: &Reply) -> Kept {
        let login = self.login_of(&open.what);
        let kept = login.as_ref().and_then(|login| self.vault.session(login));
        match (&open.what, reply) {
            (What::Keys(profile), Reply::Document(document)) => {
                self.check_document(profile, document.expose())
            }
            (What::Keys(profile), Reply::Failed(failure)) => {
                promise!(
                    !self.is_well(profile),
                    "keys of {profile} are refused while all is well: {failure}"
                );
                Ok(())
            }
            (What::SignIn(login) | What::Answer(login), Reply::SignedIn { .. }) => {
                let held = self.ledger.held.get(login).copied();
                promise!(
                    held.is_some() && held == kept.map(|(family, _)| family),
                    "the vault keeps the session of {login} before anybody is told of it"
                );
                Ok(())
            }
            (What::SignOut(login), Reply::SignedOut(_)) => {
                promise!(
                    kept.is_none(),
                    "the vault keeps nothing of {login} after a sign-out"
                );
                Ok(())
            }
            (What::SignIn(_) | What::Answer(_), Reply::Question { .. })
            | (What::Cancel | What::Renew(_), Reply::Done)
            | (_, Reply::Failed(_)) => Ok(()),
            (what, reply) => Err(format!("{what:?} is answered with {reply:?}")),
        }
    }

    fn check_document(&self, profile: &ProfileName, text: &str) -> Kept {
        let number = number_after(text, "-k-").ok_or("a document without keys")?;
        let keys = &self.cognito.keys[number];
        let margin = (keys.life / 10).min(MINUTE);
        promise!(
            keys.expires > self.now + margin,
            "dead keys of {profile} are handed out"
        );
        let spec = self.config.profiles.get(profile);
        promise!(
            spec == Some(&keys.spec),
            "{profile} gets the keys of another kind"
        );
        let login = &keys.spec.login;
        promise!(
            self.ledger.held.get(login) == Some(&keys.family),
            "{profile} gets the keys of another session"
        );
        promise!(
            !self.ledger.away.contains(login),
            "{profile} gets keys after the sign-out"
        );
        let wall = self.amazons_clock() + self.wall_ahead;
        let told = expiration(text).ok_or("a document without expiration")? - wall;
        let left = |end: u64| ((end - margin).saturating_sub(self.now) / SECOND).cast_signed();
        let most = left(keys.expires) + 1;
        let least = left(keys.begun + keys.life) - 1;
        promise!(
            (least..=most).contains(&told),
            "{profile} is told {told} s, and it is {least} to {most}"
        );
        let lead = (keys.life / 3).min(20 * MINUTE);
        promise!(
            keys.expires >= self.now + lead || !self.is_well(profile),
            "keys of {profile} are not renewed ahead while all is well"
        );
        Ok(())
    }

    /// Whether nothing can be the matter with a profile's keys.
    fn is_well(&self, profile: &ProfileName) -> bool {
        let Some(spec) = self.config.profiles.get(profile) else {
            return false;
        };
        let Some(family) = self.ledger.held.get(&spec.login) else {
            return false;
        };
        let pool = &self.cognito.families[*family].pool;
        self.weather.must_be_well(self.now)
            && !self.stopping
            && self.config.logins[&spec.login].user_pool_id == *pool
            && !self.ledger.told.contains_key(family)
            && !self.ledger.forsaken.contains(family)
            && self.cognito.end_of(*family, self.now).is_none()
            && self
                .cognito
                .end_of(*family, self.now.saturating_sub(GRACE))
                .is_none()
    }

    /// After every step.
    pub fn check_step(&mut self) -> Kept {
        let Some(agent) = &self.agent else {
            return Ok(());
        };
        if self.asleep.is_none() {
            let awake = self.awake();
            for (ticket, open) in &self.ledger.open {
                let waited = awake - open.awake;
                let most = match &open.what {
                    What::Keys(_) => PATIENCE,
                    What::Cancel | What::Renew(_) => 0,
                    What::SignIn(_) | What::Answer(_) | What::SignOut(_) => 15 * MINUTE,
                };
                promise!(
                    waited <= most,
                    "ticket {ticket} ({:?}) waits for {waited} ms",
                    open.what
                );
            }
        }
        if agent.changes() != self.ledger.changes {
            self.check_shown()?;
        }
        Ok(())
    }

    /// What is shown is true.
    fn check_shown(&mut self) -> Kept {
        let Some(agent) = &self.agent else {
            return Ok(());
        };
        let snapshot = agent.snapshot(self.clocks());
        self.ledger.changes = agent.changes();
        if self.rng.u8(..8) == 0 {
            self.ledger.essence = (agent.changes(), essence(&snapshot));
        }
        self.ledger.shown.clear();
        for login in &snapshot.logins {
            let name = &login.name;
            self.ledger.shown.insert(name.clone(), login.state);
            let kept = self.vault.session(name).map(|(family, _)| family);
            match login.state {
                LoginState::SignedIn => {
                    promise!(
                        !self.ledger.away.contains(name),
                        "{name} is shown signed in"
                    );
                }
                LoginState::SignedOut => {
                    let ledger = &self.ledger;
                    let known = |family: usize| {
                        ledger.forsaken.contains(&family) || ledger.refused.contains(&family)
                    };
                    promise!(
                        kept.is_none_or(known) || login.working,
                        "{name} is shown signed out, and nobody did that"
                    );
                }
                LoginState::NeedsSignIn => {
                    let ended = login.ended;
                    let moved =
                        |family: usize| self.cognito.families[family].pool != login.user_pool_id;
                    let told = self.ledger.told.values().any(|told| Some(*told) == ended);
                    promise!(
                        told || (ended == Some(Ended::Moved) && kept.is_some_and(moved)),
                        "{name} is shown to need a sign-in ({ended:?}), and nobody said so"
                    );
                }
                LoginState::Unread | LoginState::SigningIn => {}
            }
        }
        Ok(())
    }

    /// Somebody looks: no secret, nothing left over, and renewed ahead.
    pub fn check_glance(&mut self) -> Kept {
        let Some(agent) = &self.agent else {
            return Ok(());
        };
        let snapshot = agent.snapshot(self.clocks());
        if agent.changes() == self.ledger.essence.0 {
            let (shown, now) = (&self.ledger.essence.1, essence(&snapshot));
            promise!(*shown == now, "a change is not told: {shown} became {now}");
        }
        hides(&snapshot)?;
        hides(agent)?;
        let well = self.weather.must_be_well(self.now) && !self.stopping;
        for login in snapshot.logins.iter().filter(|_| well) {
            let over = match login.state {
                LoginState::SignedOut => true,
                LoginState::NeedsSignIn => login.ended != Some(Ended::Moved),
                LoginState::Unread | LoginState::SigningIn | LoginState::SignedIn => false,
            };
            let name = &login.name;
            promise!(
                !over || self.vault.session(name).is_none(),
                "a session of {name} that is over is still in the vault"
            );
            promise!(
                login.trouble.is_none(),
                "{name} has trouble while all is well"
            );
        }
        let rest_after = self.rest_after();
        for profile in &snapshot.profiles {
            let asked = self.ledger.asked.get(&profile.name);
            let used = asked.is_some_and(|(first, last)| {
                first + 2 * MINUTE < self.now && self.now < last + rest_after - MINUTE
            });
            if !used || !self.is_well(&profile.name) {
                continue;
            }
            let wall = self.clocks().wall;
            let left = profile.keys_expire.map_or(0, |end| end.secs_after(wall));
            let least = (self.cognito.keys_life / 3).min(20 * MINUTE) / SECOND;
            promise!(
                left + 45 >= least.cast_signed(),
                "keys of {} are not renewed ahead: {left} s are left",
                profile.name
            );
        }
        let awake = self.awake();
        for (family, since) in &self.ledger.loose {
            promise!(
                !well || awake < since + 15 * MINUTE,
                "session {family}, which nobody holds, was not revoked"
            );
        }
        Ok(())
    }

    /// The agent says that nothing is under way: then it may be stopped without a loss.
    pub fn check_quiet(&mut self) -> Kept {
        for (login, family) in &self.ledger.held {
            let Some((kept, generation)) = self.vault.session(login) else {
                continue;
            };
            let token = &self.cognito.families[kept].tokens[generation];
            promise!(
                kept != *family
                    || token.dies.is_none()
                    || self.weather.mood != Mood::Open
                    || self.now < self.weather.mood_began + 40 * SECOND
                    || self.ledger.unanswered.contains_key(login),
                "a stop loses the token of {login}"
            );
        }
        let leaving = self
            .ledger
            .open
            .values()
            .find(|open| !matches!(open.what, What::Cancel));
        promise!(
            leaving.is_none(),
            "a stop leaves {leaving:?} without an answer"
        );
        Ok(())
    }

    /// The agent was told something, and had its say.
    pub fn after(&mut self, event: &Event) -> Kept {
        let Event::Refreshed {
            login,
            result: Ok(tokens),
        } = event
        else {
            return Ok(());
        };
        let Some(agent) = &self.agent else {
            return Ok(());
        };
        let server = tokens.id_life.server.unwrap().secs();
        if self.amazons_clock() - server < 50 {
            let shown = agent.snapshot(self.clocks()).clock_ahead;
            let ahead = self.wall_ahead;
            let right = match shown {
                None => ahead.abs() <= 120,
                Some(shown) => ahead.abs() >= 60 && (shown - ahead).abs() <= 50,
            };
            promise!(
                right,
                "the clock is {ahead} s ahead, and {login} is shown {shown:?}"
            );
        }
        Ok(())
    }
}

/// No secret in what can be logged.
fn hides(thing: &impl Debug) -> Kept {
    let text = format!("{thing:?}");
    promise!(!text.contains(MARK), "a secret is shown");
    Ok(())
}

/// What people see of a snapshot, but for the times in it.
fn essence(snapshot: &Snapshot) -> String {
    let logins: Vec<_> = snapshot
        .logins
        .iter()
        .map(|login| {
            let code = login.trouble.as_ref().map(|trouble| trouble.code);
            (
                &login.name,
                login.state,
                login.ended,
                &login.user,
                login.working,
                code,
            )
        })
        .collect();
    let profiles: Vec<_> = snapshot
        .profiles
        .iter()
        .map(|profile| {
            (
                &profile.name,
                profile.trouble.as_ref().map(|trouble| trouble.code),
            )
        })
        .collect();
    format!(
        "{logins:?} {profiles:?} {:?} {:?}",
        snapshot.config, snapshot.clock_ahead
    )
}

/// The document's `Expiration` in seconds since 1970.
fn expiration(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("\"Expiration\":\"")?;
    let number = |from: usize, to: usize| rest.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    // Days since 1970, counting years from March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    let seconds = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    (rest.get(19..20)? == "Z").then_some(days * 86_400 + seconds)
}

/// How long a tool is made to wait at most.
const PATIENCE: u64 = 4200;

/// An end that is so fresh may still be unknown.
const GRACE: u64 = MINUTE;
