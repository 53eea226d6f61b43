//! Of what people are shown: the truth, all of it, and no secret.

use std::fmt::Debug;

use poolkey_core::event::Event;
use poolkey_core::failure::Ended;
use poolkey_core::snapshot::{LoginState, LoginView, Snapshot};

use crate::cognito::{Kind, MARK};
use crate::weather::{MINUTE, SECOND};
use crate::world::{Kept, World};

impl World {
    /// What is shown is true.
    pub fn check_shown(&mut self) -> Kept {
        let Some(agent) = &self.agent else {
            return Ok(());
        };
        let snapshot = agent.snapshot(self.clocks());
        self.ledger.changes = agent.changes();
        if self.rng.bool() {
            self.ledger.essence = (agent.changes(), essence(&snapshot));
        }
        in_order(&snapshot)?;
        self.ledger.shown.clear();
        for login in &snapshot.logins {
            let name = &login.name;
            self.ledger.shown.insert(name.clone(), login.state);
            let kept = self.vault.session(name).map(|(family, _)| family);
            match login.state {
                LoginState::SignedIn => {
                    self.check_end_shown(login)?;
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
                        |family: usize| self.cognito.families[family].pool != login.provider;
                    let told = self.ledger.told.values().any(|told| Some(*told) == ended);
                    let kind = self
                        .cognito
                        .pools
                        .get(&login.provider)
                        .map(|pool| pool.kind);
                    let alone = match ended {
                        Some(Ended::NoRefreshToken) => kind == Some(Kind::Fleeting),
                        Some(Ended::UserChanged) => self.ledger.switched.contains(&login.provider),
                        _ => false,
                    };
                    promise!(
                        told || alone || (ended == Some(Ended::Moved) && kept.is_some_and(moved)),
                        "{name} is shown to need a sign-in ({ended:?}), and nobody said so"
                    );
                }
                LoginState::Unread | LoginState::SigningIn => {}
            }
        }
        Ok(())
    }

    /// The end of a session is what was written down, or near to what it is.
    fn check_end_shown(&self, login: &LoginView) -> Kept {
        let (Some(signed_in), Some(ends)) = (login.signed_in, login.session_ends) else {
            return Ok(());
        };
        let pool = &self.cognito.pools[&login.provider];
        if !login.session_end_is_learnt || self.ledger.clock_was_set {
            return Ok(());
        }
        let life = (pool.session_life / SECOND).cast_signed();
        let off = (ends.secs_after(signed_in) - life).abs();
        promise!(
            off <= life / 20 + 60,
            "{} is shown to end {off} s off",
            login.name
        );
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
            let told_gone = |device: usize| self.ledger.told_gone.contains(&device);
            promise!(
                login.ended == Some(Ended::Moved)
                    || !self.vault.device(name).is_some_and(told_gone),
                "a device of {name} that is gone is still in the vault"
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
        self.check_renewed_ahead()?;
        let awake = self.awake();
        for (family, since) in &self.ledger.loose {
            promise!(
                !well || awake < since + 16 * MINUTE,
                "session {family}, which nobody holds, was not revoked"
            );
        }
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
/// What is told of the past is short, and goes on.
fn in_order(snapshot: &Snapshot) -> Kept {
    let recent = &snapshot.recent;
    promise!(recent.len() <= 50, "{} events are told", recent.len());
    for pair in recent.windows(2) {
        promise!(
            pair[0].at <= pair[1].at,
            "{:?} is told before {:?}",
            pair[0],
            pair[1]
        );
    }
    Ok(())
}

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
        "{logins:?} {profiles:?} {:?} {:?} {:?}",
        snapshot.config,
        snapshot.clock_ahead,
        snapshot
            .recent
            .iter()
            .map(|one| (&one.login, &one.profile, one.what))
            .collect::<Vec<_>>()
    )
}
