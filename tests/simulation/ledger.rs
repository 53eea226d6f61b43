//! What an honest observer writes down, to judge the agent by.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Outcome, Step};
use poolkey_core::event::{Effect, Event, Parting, Reply, SignOutScope, Ticket};
use poolkey_core::failure::Ended;
use poolkey_core::fault::FaultKind;
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::secret::Secret;
use poolkey_core::session::TokenKind;
use poolkey_core::snapshot::LoginState;

use crate::cognito::{family_of, number_after, owner, read_device, read_token};
use crate::vault::read_session;
use crate::weather::SECOND;
use crate::world::World;

#[derive(Debug, Default)]
pub struct Ledger {
    pub fell_asleep: u64,
    /// Those who wait.
    pub open: BTreeMap<u64, Open>,
    tickets: u64,
    /// Since when a profile has been in use, and when tools last asked, while this daemon ran.
    pub asked: BTreeMap<ProfileName, (u64, u64)>,
    /// The same for the tokens of a login.
    pub asked_tokens: BTreeMap<(LoginName, TokenKind), (u64, u64)>,
    /// Logins that were signed out, and for which nobody has begun a sign-in since.
    pub away: BTreeSet<LoginName>,
    /// When a sign-in was last begun.
    sign_in: BTreeMap<LoginName, u64>,
    /// Families that their owner signed out, or tried to.
    pub forsaken: BTreeSet<usize>,
    /// The families that are on their way into the vault.
    pub adopting: BTreeMap<LoginName, usize>,
    /// Families whose end Cognito told the agent, and why.
    pub told: BTreeMap<usize, Ended>,
    /// Families that the agent said it could not keep.
    pub refused: BTreeSet<usize>,
    /// The device that the agent was given with a family.
    pub brought: BTreeMap<usize, Option<usize>>,
    /// Devices that the agent was told are gone.
    pub gone: BTreeSet<usize>,
    /// The same while this process ran.
    pub told_gone: BTreeSet<usize>,
    /// The access tokens that were sent last, and those that were found stale.
    pub shown_access: BTreeMap<LoginName, usize>,
    pub stale: BTreeSet<usize>,
    /// Logins whose sign-out was begun, and that have not been signed in to since.
    pub left: BTreeSet<LoginName>,
    /// Families whose user was shown and was who was meant.
    pub meant: BTreeSet<usize>,
    /// Families whose owner wanted all sessions to end.
    pub far: BTreeSet<usize>,
    /// Families that were signed out here alone: their providers are never told.
    pub silent: BTreeSet<usize>,
    /// Families without a refresh token whose ID token was found stale, or went with its process.
    pub spent: BTreeSet<usize>,
    /// Programs that were set up for another user.
    pub switched: BTreeSet<String>,
    /// Whether somebody has set the clock.
    pub clock_was_set: bool,
    /// Families that nobody holds, since when, and that were not revoked yet.
    pub loose: BTreeMap<usize, u64>,
    /// When the vault was last written or tried with success.
    pub proven: BTreeMap<LoginName, u64>,
    /// Logins whose last refresh had no answer.
    pub unanswered: BTreeMap<LoginName, Unanswered>,
    /// The family that the agent works with.
    pub held: BTreeMap<LoginName, usize>,
    /// Refreshes that reached Cognito, by login, in the last hour.
    pub reached: BTreeMap<LoginName, VecDeque<u64>>,
    /// Logins that a person asked to renew, until they are.
    pub urged: BTreeSet<LoginName>,
    /// Renewals that people asked for, by login.
    pub demanded: BTreeMap<LoginName, VecDeque<u64>>,
    /// Calls that nobody waited for.
    pub background: VecDeque<u64>,
    /// When a person signed in to a profile's login or renewed it, which rouses the profile.
    pub roused: BTreeMap<ProfileName, u64>,
    pub idle_ticks: VecDeque<u64>,
    pub shown: BTreeMap<LoginName, LoginState>,
    pub changes: u64,
    /// What was shown after so many changes.
    pub essence: (u64, String),
}

#[derive(Debug)]
pub struct Open {
    pub what: What,
    /// When it was asked, on the clock that stands still in sleep.
    pub awake: u64,
    pub begun: u64,
    /// The session that the vault had then, if no other was on its way.
    pub kept: Option<usize>,
}

/// What somebody waits for.
#[derive(Clone, Debug)]
pub enum What {
    Keys(ProfileName),
    Token(LoginName, TokenKind),
    SignIn(LoginName),
    Account(LoginName),
    Answer(LoginName),
    Cancel,
    SignOut(LoginName, SignOutScope),
    Renew(LoginName),
}

/// Refreshes without an answer.
#[derive(Clone, Copy, Debug)]
pub struct Unanswered {
    /// How many since the last that had one.
    losses: u32,
    /// When the last was given up.
    since: u64,
    slept: u64,
}

impl Ledger {
    pub fn seems_signed_in(&self, login: &LoginName) -> bool {
        self.shown.get(login) == Some(&LoginState::SignedIn)
    }
}

impl World {
    pub fn open_ticket(&mut self, what: What) -> u64 {
        self.ledger.tickets += 1;
        let ticket = self.ledger.tickets;
        match &what {
            What::Keys(profile) if self.config.profiles.contains_key(profile) => {
                let rest_after = self.rest_after();
                let now = self.now;
                let usage = self
                    .ledger
                    .asked
                    .entry(profile.clone())
                    .or_insert((now, now));
                let first = if now < usage.1 + rest_after {
                    usage.0
                } else {
                    now
                };
                *usage = (first, now);
            }
            What::Keys(_) => {}
            What::Token(login, kind) if self.config.logins.contains_key(login) => {
                let rest_after = self.rest_after();
                let now = self.now;
                let asked = self.ledger.asked_tokens.entry((login.clone(), *kind));
                let usage = asked.or_insert((now, now));
                if now >= usage.1 + rest_after {
                    usage.0 = now;
                }
                usage.1 = now;
            }
            What::Token(..) => {}
            What::SignIn(login) => {
                self.ledger.away.remove(login);
                self.ledger.sign_in.insert(login.clone(), self.now);
                self.demand(login.clone());
            }
            What::Renew(login) => {
                self.ledger.urged.insert(login.clone());
                self.rouse(login);
                self.demand(login.clone());
            }
            What::Account(login) | What::Answer(login) => {
                // For an access token, and for another in place of a stale one.
                self.demand(login.clone());
                self.demand(login.clone());
            }
            What::SignOut(login, scope) => {
                self.ledger.left.insert(login.clone());
                let kept = self.vault.session(login).map(|(family, _)| family);
                let held = self.ledger.held.get(login).copied();
                let adopting = self.ledger.adopting.get(login).copied();
                let all = kept.into_iter().chain(held).chain(adopting);
                if *scope == SignOutScope::Everywhere {
                    self.ledger.far.extend(all.clone());
                }
                self.ledger.forsaken.extend(all);
            }
            What::Cancel => {}
        }
        let kept = self.login_of(&what);
        let kept = kept
            .filter(|login| !self.ledger.adopting.contains_key(login))
            .and_then(|login| self.vault.session(&login));
        let open = Open {
            what,
            kept: kept.map(|(family, _)| family),
            awake: self.awake(),
            begun: self.now,
        };
        self.ledger.open.insert(ticket, open);
        ticket
    }

    pub fn rest_after(&self) -> u64 {
        self.config.settings.rest_after.as_millis() as u64
    }

    fn rouse(&mut self, login: &LoginName) {
        for (name, spec) in &self.config.profiles {
            if owner(spec) == login {
                self.ledger.roused.insert(name.clone(), self.now);
            }
        }
    }

    fn demand(&mut self, login: LoginName) {
        let now = self.now;
        self.ledger
            .demanded
            .entry(login)
            .or_default()
            .push_back(now);
    }

    /// What an event tells the agent is written down before the agent acts on it.
    pub fn before(&mut self, event: &Event) {
        let now = self.now;
        let awake = self.awake();
        let ledger = &mut self.ledger;
        match event {
            Event::Recalled {
                login,
                result: Ok(Some(record)),
            } => {
                if let Some((family, _)) = read_record(record) {
                    ledger.held.insert(login.clone(), family);
                }
            }
            Event::Recalled {
                login,
                result: Ok(None),
            } => {
                ledger.held.remove(login);
            }
            Event::Probed {
                login,
                result: Ok(()),
            } => {
                ledger.proven.insert(login.clone(), now);
            }
            Event::Kept { login, result } => {
                let adopting = ledger.adopting.remove(login);
                match (result, adopting) {
                    (Ok(()), Some(family)) => self.adopted(login, family),
                    (Err(_), Some(family)) => {
                        ledger.refused.insert(family);
                    }
                    (_, None) => {}
                }
                if result.is_ok() {
                    // A program's session is the same as before.
                    if self
                        .config
                        .logins
                        .get(login)
                        .is_some_and(LoginSpec::is_program)
                    {
                        self.rouse(login);
                    }
                    self.ledger.proven.insert(login.clone(), now);
                }
            }
            Event::Refreshed { login, result } => match result {
                Ok(_) => {
                    ledger.unanswered.remove(login);
                }
                Err(fault) => {
                    if let (FaultKind::Ended(ended), Some(family)) =
                        (fault.kind, ledger.held.get(login))
                    {
                        ledger.told.insert(*family, ended);
                        ledger.unanswered.remove(login);
                    }
                    if fault.kind == FaultKind::DeviceGone
                        && let Some(family) = ledger.held.get(login)
                    {
                        self.played.devices_gone += 1;
                        let device = self.cognito.families[*family].device;
                        ledger.gone.extend(device);
                        ledger.told_gone.extend(device);
                    }
                    if fault.kind == FaultKind::Lost {
                        self.unanswered(login);
                    }
                }
            },
            Event::Conversed {
                result: Ok(Step::Done { tokens, device, .. }),
                ..
            } => {
                let family = family_of(&tokens.user).unwrap();
                if tokens.refresh_token.is_some() {
                    ledger.loose.insert(family, awake);
                }
                let device = device.as_ref().and_then(read_device);
                ledger.brought.insert(family, device);
            }
            Event::Conversed {
                result: Ok(Step::Ask { thread, .. }),
                ..
            } => {
                if let Some(tokens) = &thread.tokens {
                    ledger
                        .loose
                        .extend(family_of(&tokens.user).map(|family| (family, awake)));
                }
            }
            Event::Conversed {
                result:
                    Ok(Step::Finished {
                        outcome: Outcome::DeviceForgotten { key },
                        ..
                    }),
                ..
            } => {
                ledger.gone.extend(number_after(key, "device-"));
                ledger.told_gone.extend(number_after(key, "device-"));
            }
            Event::Fetched {
                profile,
                result: Err(fault),
            } if matches!(fault.kind, FaultKind::TokenStale | FaultKind::Ended(_)) => {
                let spec = self.config.profiles.get(profile);
                let family = spec.and_then(|spec| ledger.held.get(owner(spec)));
                ledger.spent.extend(family);
            }
            Event::Conversed {
                login,
                result: Err(fault),
                ..
            } if fault.kind == FaultKind::TokenStale => {
                ledger.stale.extend(ledger.shown_access.get(login));
            }
            _ => {}
        }
    }

    /// The agent learns that the vault keeps a new session: the one before has no holder.
    fn adopted(&mut self, login: &LoginName, family: usize) {
        self.rouse(login);
        let awake = self.awake();
        let ledger = &mut self.ledger;
        ledger.loose.remove(&family);
        if !ledger.forsaken.contains(&family) {
            ledger.left.remove(login);
        }
        ledger.unanswered.remove(login);
        let families = &self.cognito.families;
        let old = ledger.held.insert(login.clone(), family);
        if let Some(old) = old
            && old != family
            && self.cognito.pools[&families[old].pool].kind.is_lasting()
            && families[old].pool == families[family].pool
            && !ledger.told.contains_key(&old)
        {
            ledger.loose.insert(old, awake);
        }
    }

    /// An answer was lost, and may have held a rotated token.
    fn unanswered(&mut self, login: &LoginName) {
        let losses = self.ledger.unanswered.get(login);
        let losses = losses.map_or(0, |unanswered| unanswered.losses) + 1;
        let unanswered = Unanswered {
            losses,
            since: self.now,
            slept: self.slept,
        };
        self.ledger.unanswered.insert(login.clone(), unanswered);
        if let Some((family, generation)) = self.vault.session(login) {
            let token = &mut self.cognito.families[family].tokens[generation];
            token.excused |= token.dies.is_some_and(|dies| dies < self.now);
        }
    }

    /// A refresh follows one without an answer. If it follows fast enough, nobody is to blame for
    /// what becomes of the old token.
    pub fn note_retry(&mut self, login: &LoginName) {
        let Some(unanswered) = self.ledger.unanswered.get(login) else {
            return;
        };
        let most = match unanswered.losses {
            1 => 0,
            losses => SECOND << (losses - 1).min(7),
        };
        let slept = self.slept - unanswered.slept;
        let in_time = self.now - unanswered.since <= most + slept;
        if let Some((family, generation)) = self.vault.session(login) {
            let token = &mut self.cognito.families[family].tokens[generation];
            token.excused |= in_time && token.dies.is_some();
        }
    }

    /// A session was revoked, or that is not tried again.
    pub fn note_revocation(&mut self, token: Option<&Secret>, parting: &Parting) {
        let tried_again = parting
            .revoked
            .as_ref()
            .is_err_and(|fault| fault.kind.is_passing());
        if let Some((family, _)) = token.and_then(|token| read_token(token.expose()))
            && (!tried_again || self.cognito.end_of(family, self.now).is_some())
        {
            self.ledger.loose.remove(&family);
        }
    }

    /// The process is gone, with all who waited and all that was only in memory.
    pub fn forget_process(&mut self) {
        let ledger = &mut self.ledger;
        ledger.open.clear();
        ledger.asked.clear();
        ledger.asked_tokens.clear();
        ledger.held.clear();
        ledger.roused.clear();
        ledger.adopting.clear();
        ledger.told_gone.clear();
        ledger.shown_access.clear();
        ledger.stale.clear();
        ledger.loose.clear();
        ledger.unanswered.clear();
        ledger.proven.clear();
        ledger.idle_ticks.clear();
        ledger.changes = 0;
        let families = self.cognito.families.len();
        ledger.spent.extend(0..families);
        ledger.essence = (0, String::new());
        // Nobody is to blame for a token that was rotated while nobody could write it down.
        for family in &mut self.cognito.families {
            let newest_kept = family.tokens.iter().rposition(|token| token.durable);
            if let Some(kept) = newest_kept {
                let token = &mut family.tokens[kept];
                token.excused |= token.dies.is_some();
            }
        }
    }

    /// The login that a ticket is about, if it is about one.
    pub fn login_of(&self, what: &What) -> Option<LoginName> {
        match what {
            What::Token(login, _)
            | What::SignIn(login)
            | What::Account(login)
            | What::Answer(login)
            | What::SignOut(login, _)
            | What::Renew(login) => Some(login.clone()),
            What::Keys(profile) => {
                let spec = self.config.profiles.get(profile)?;
                Some(owner(spec).clone())
            }
            What::Cancel => None,
        }
    }

    /// One who waited is answered.
    pub fn answered(&mut self, Ticket(ticket): Ticket, reply: Reply) -> Result<(), String> {
        let Some(open) = self.ledger.open.remove(&ticket) else {
            return Err(format!(
                "ticket {ticket} was answered twice, or after it had left"
            ));
        };
        self.check_answer(&open, &reply)?;
        match (&open.what, &reply) {
            (_, Reply::Document(_)) => self.played.documents += 1,
            (_, Reply::Token(_)) => self.played.tokens += 1,
            (_, Reply::SignedIn { .. }) => self.played.sign_ins += 1,
            (_, Reply::Outcome(_)) => self.played.outcomes += 1,
            (What::SignOut(login, _), Reply::SignedOut(_)) => {
                let begun = self.ledger.sign_in.get(login);
                if begun.is_none_or(|begun| *begun < open.begun) {
                    self.ledger.away.insert(login.clone());
                }
            }
            (
                What::SignIn(login) | What::Account(login) | What::Answer(login),
                Reply::Question { .. },
            ) => {
                self.read(login.clone(), &reply);
            }
            _ => {}
        }
        Ok(())
    }

    /// How many somebodies wait for keys of this login or profile.
    pub fn wait_for(&self, effect: &Effect) -> bool {
        if let Effect::Refresh { login, .. } = effect
            && self.ledger.open.values().any(|open| match &open.what {
                What::Account(other) | What::Answer(other) => login == other,
                _ => false,
            })
        {
            return true;
        }
        if let Effect::Refresh { login, .. } = effect
            && self.waits_for_token(login)
        {
            return true;
        }
        let mut waiting = self
            .ledger
            .open
            .values()
            .filter_map(|open| match &open.what {
                What::Keys(profile) => Some(profile),
                _ => None,
            });
        match effect {
            Effect::Fetch { profile, .. } => waiting.any(|waiting| waiting == profile),
            Effect::Refresh { login, .. } => waiting.any(|waiting| {
                let spec = self.config.profiles.get(waiting);
                spec.is_some_and(|spec| owner(spec) == login)
            }),
            _ => true,
        }
    }
}

pub fn read_record(record: &Secret) -> Option<(usize, usize)> {
    let stored = poolkey_core::session::Stored::from_record(record).ok()?;
    read_session(stored.session.as_ref()?)
}
