//! Who lives in the world: people who sign in and out, tools that ask, and those who edit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use poolkey_core::config::{
    BrowserSpec, CommandSpec, ConfigError, Flow, KeySource, LoginSpec, OidcSpec, PoolFlow,
    PoolSource, ProfileSpec, Settings, StsSpec, UserPoolSpec, Variants,
};
use poolkey_core::conversation::{Answer, Goal, Question};
use poolkey_core::event::{ConversationId, Event, Reply, Request, SignOutScope, Ticket};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::pace::PATIENCE;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Stored, StoredSession, TokenKind};
use poolkey_core::time::UnixTime;

use crate::cognito::{Kind, family_of, owner, read_device, user_of, write_token};
use crate::happening::Happening;
use crate::ledger::What;
use crate::weather::{HOUR, MINUTE, SECOND};
use crate::world::{Kept, World};

/// What there is, whatever the configuration says of it.
#[derive(Debug, Default)]
pub struct Town {
    pub length: u64,
    /// Whether all of its people are careful and wait for what they want.
    pub is_calm: bool,
    logins: BTreeMap<LoginName, [LoginSpec; 2]>,
    profiles: BTreeMap<ProfileName, ProfileSpec>,
    /// The last question of a login's sign-in.
    asked: BTreeMap<LoginName, (ConversationId, Question)>,
}

/// Something that somebody does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A tool asks, so many times at once.
    Ask(ProfileName, u32),
    /// A tool asks once, and never again.
    AskOnce(ProfileName),
    /// A program asks for tokens, so many times at once.
    Token(LoginName, TokenKind, u32),
    Leave(u64),
    SignIn(LoginName),
    Account(LoginName),
    Answer(LoginName),
    Cancel(LoginName),
    SignOut(LoginName),
    Renew(LoginName),
    /// Somebody signs in to the program that supplies a login's tokens.
    Switch(LoginName),
    Edit,
    /// An administrator ends sessions, disables and enables users, links identities anew.
    Administer,
}

impl Deed {
    /// Whether it is done elsewhere, where no lid is closed.
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::Administer)
    }
}

impl World {
    /// Builds the pools, the configuration and the sessions of earlier days.
    pub fn settle_town(&mut self) {
        let many = self.rng.u8(..25) == 0;
        self.town.length = if many {
            8 * HOUR
        } else {
            self.rng.u64(8 * HOUR..36 * HOUR)
        };
        let logins = if many { 40 } else { self.rng.usize(1..4) };
        for number in 0..logins {
            let name: LoginName = format!("login-{number}").parse().unwrap();
            let specs = ["A", "B"].map(|letter| {
                let provider = format!("eu-west-1_{letter}{number}");
                let kind = self.cognito.add_pool(&mut self.rng, provider.clone());
                let life = self.cognito.pools[&provider].session_life;
                let life = self.rng.bool().then(|| Duration::from_millis(life));
                login(&provider, kind, life)
            });
            if self.rng.u8(..4) > 0 {
                self.sign_in_yesterday(&name, &specs[0]);
            }
            self.config.logins.insert(name.clone(), specs[0].clone());
            self.town.logins.insert(name.clone(), specs);
            for letter in 0..self.rng.usize(1..4) {
                self.add_profile(&name, number, letter);
            }
            // Not everybody has APIs that take tokens.
            for kind in [TokenKind::Id, TokenKind::Access] {
                if !many && self.rng.bool() {
                    self.again(
                        2 * HOUR,
                        Happening::Deed(Deed::Token(name.clone(), kind, 1)),
                    );
                }
            }
            if !many || number < 3 {
                self.again(8 * HOUR, Happening::Deed(Deed::SignIn(name.clone())));
                self.again(16 * HOUR, Happening::Deed(Deed::SignOut(name.clone())));
                self.again(24 * HOUR, Happening::Deed(Deed::Renew(name.clone())));
                self.again(24 * HOUR, Happening::Deed(Deed::Switch(name.clone())));
                self.again(6 * HOUR, Happening::Deed(Deed::Account(name)));
            }
        }
        self.config.settings = Settings {
            rest_after: Duration::from_millis(
                *self.rng.choice(&[12 * HOUR, 12 * HOUR, HOUR]).unwrap(),
            ),
            ..Settings::default()
        };
        if self.rng.bool() {
            self.strike(16 * HOUR, Happening::Deed(Deed::Edit));
        }
        if self.rng.bool() {
            self.again(20 * HOUR, Happening::Deed(Deed::Administer));
        }
    }

    fn sign_in_yesterday(&mut self, name: &LoginName, spec: &LoginSpec) {
        let kind = self.cognito.pools[spec.provider()].kind;
        let family = match kind {
            Kind::Program => self
                .cognito
                .set_up_program(spec.provider(), "ann", self.now),
            _ => self.cognito.new_family(spec.provider(), "ann", self.now),
        };
        self.ledger.meant.insert(family);
        self.ledger.spent.insert(family);
        let device = self.cognito.device_of_yesterday(&mut self.rng, family);
        let kept = device.clone().filter(|_| self.rng.bool());
        let number = kept.as_ref().and_then(read_device);
        self.ledger.brought.insert(family, number);
        let token = &mut self.cognito.families[family].tokens[0];
        token.durable = true;
        let rotates = self.cognito.pools[spec.provider()].rotates;
        let stored = Stored {
            session: Some(StoredSession {
                provider: spec.provider().to_owned(),
                client_id: spec.client_id().to_owned(),
                refresh_token: kind.is_lasting().then(|| write_token(family, 0)),
                device_key: device.map(|device| device.key),
                user: user_of(family, "ann"),
                signed_in: UnixTime::from_secs(self.amazons_clock()),
                rotates: self.rng.bool().then_some(rotates),
                identities: BTreeMap::new(),
            }),
            device: kept,
            ..Stored::default()
        };
        self.vault.write(name, &stored);
    }

    fn add_profile(&mut self, login: &LoginName, number: usize, letter: usize) {
        let name: ProfileName = format!("profile-{number}-{letter}").parse().unwrap();
        let role = (letter == 2).then(|| "arn:aws:iam::123456789012:role/x".to_owned());
        let spec = pool_profile(login, &format!("eu-west-1:pool-{}", letter % 2), role);
        self.config.profiles.insert(name.clone(), spec.clone());
        self.town.profiles.insert(name.clone(), spec);
        self.again(HOUR, Happening::Deed(Deed::Ask(name, 1)));
    }

    pub fn act(&mut self, deed: Deed) -> Kept {
        match deed {
            Deed::Ask(profile, times) => {
                // A tool that works asks again soon; one that does not, in an hour or a day.
                let (mean, next) = match self.rng.u8(..20) {
                    0 => (10 * HOUR, 1),
                    1..4 => (2 * HOUR, self.rng.u32(1..20)),
                    4..7 => (3 * SECOND, 1),
                    _ => (12 * MINUTE, 1),
                };
                self.again(mean, Happening::Deed(Deed::Ask(profile.clone(), next)));
                for _ in 0..times {
                    self.ask(&profile)?;
                }
            }
            Deed::AskOnce(profile) => self.ask(&profile)?,
            Deed::Token(login, kind, times) => {
                let (mean, next) = match self.rng.u8(..20) {
                    0 => (20 * HOUR, 1),
                    1..4 => (2 * HOUR, self.rng.u32(1..20)),
                    4..7 => (3 * SECOND, 1),
                    _ => (20 * MINUTE, 1),
                };
                let again = Deed::Token(login.clone(), kind, next);
                self.again(mean, Happening::Deed(again));
                for _ in 0..times {
                    let request = Request::Token {
                        login: login.to_string(),
                        kind,
                    };
                    self.request(request, What::Token(login.clone(), kind))?;
                }
            }
            Deed::Leave(ticket) => {
                if self.ledger.open.remove(&ticket).is_some() {
                    let ticket = Ticket(ticket);
                    self.feed(Event::Left { ticket })?;
                }
            }
            Deed::SignIn(login) => {
                self.strike(8 * HOUR, Happening::Deed(Deed::SignIn(login.clone())));
                if self.ledger.seems_signed_in(&login) && self.rng.u8(..4) > 0 {
                    return Ok(());
                }
                self.meddled();
                let request = Request::SignIn {
                    login: login.to_string(),
                    username: self.rng.bool().then(|| "ann".into()),
                    another_account: false,
                };
                self.request(request, What::SignIn(login.clone()))?;
                if self.rng.u8(..20) == 0 {
                    let soon = self.now + self.rng.u64(1..SECOND);
                    self.at(soon, Happening::Deed(Deed::SignIn(login)));
                }
            }
            Deed::Account(login) => {
                self.strike(6 * HOUR, Happening::Deed(Deed::Account(login.clone())));
                let goal = match self.rng.u8(..10) {
                    0..4 => Goal::Show,
                    4..7 => Goal::ChangePassword,
                    7 => Goal::ListDevices,
                    8 => Goal::Confirm,
                    _ => {
                        self.meddled();
                        Goal::ForgetDevice { key: None }
                    }
                };
                let request = Request::Account {
                    login: login.to_string(),
                    username: None,
                    goal,
                };
                self.request(request, What::Account(login))?;
            }
            Deed::Answer(login) => self.answer(&login)?,
            Deed::Cancel(login) => {
                if let Some((conversation, _)) = self.town.asked.get(&login).cloned() {
                    self.request(Request::Cancel { conversation }, What::Cancel)?;
                }
            }
            Deed::SignOut(login) => {
                self.strike(16 * HOUR, Happening::Deed(Deed::SignOut(login.clone())));
                self.meddled();
                let scope = match self.rng.u8(..6) {
                    0 => SignOutScope::Local,
                    1 => SignOutScope::Everywhere,
                    _ => SignOutScope::Session,
                };
                let request = Request::SignOut {
                    login: login.to_string(),
                    scope,
                };
                self.request(request, What::SignOut(login.clone(), scope))?;
                if self.rng.u8(..8) == 0 {
                    let soon = self.now + self.rng.u64(1..200);
                    self.at(soon, Happening::Deed(Deed::SignOut(login.clone())));
                }
                if self.rng.bool() {
                    self.again(HOUR, Happening::Deed(Deed::SignIn(login)));
                }
            }
            Deed::Renew(login) => {
                self.again(24 * HOUR, Happening::Deed(Deed::Renew(login.clone())));
                let request = Request::Renew {
                    login: login.to_string(),
                };
                self.request(request, What::Renew(login))?;
            }
            Deed::Switch(login) => {
                self.again(24 * HOUR, Happening::Deed(Deed::Switch(login.clone())));
                for spec in self.town.logins[&login].clone() {
                    let provider = spec.provider();
                    if self.cognito.pools[provider].kind == Kind::Program {
                        self.meddled();
                        let user = *self.rng.choice(&["ann", "ann", "bob"]).unwrap();
                        self.cognito.set_up_program(provider, user, self.now);
                        self.ledger.switched.insert(provider.to_owned());
                    }
                }
            }
            Deed::Edit => {
                self.strike(10 * HOUR, Happening::Deed(Deed::Edit));
                if self.rng.u8(..4) == 0 {
                    self.at(self.now + SECOND, Happening::Deed(Deed::Edit));
                }
                self.edit()?;
            }
            Deed::Administer => {
                self.again(20 * HOUR, Happening::Deed(Deed::Administer));
                self.administer();
            }
        }
        Ok(())
    }

    /// Whoever signs out here alone has no revocation made any more.
    pub fn give_up_loose(&mut self, login: &LoginName) {
        let specs = &self.town.logins[login];
        let families = &self.cognito.families;
        let is_of = |family: usize| {
            let pool = &families[family].pool;
            specs.iter().any(|spec| spec.provider() == pool)
        };
        self.ledger.loose.retain(|family, _| !is_of(*family));
    }

    /// Somebody has waited for the daemon to start.
    pub fn do_something_soon(&mut self) {
        let number = self.rng.usize(..self.town.logins.len());
        let login = self.town.logins.keys().nth(number).unwrap().clone();
        let deed = match self.rng.bool() {
            true => Deed::SignOut(login),
            false => Deed::SignIn(login),
        };
        let soon = self.now + self.rng.u64(..20);
        self.at(soon, Happening::Deed(deed));
    }

    fn answer(&mut self, login: &LoginName) -> Kept {
        let Some((conversation, question)) = self.town.asked.get(login).cloned() else {
            return Ok(());
        };
        let answer = match question {
            Question::Username { .. } => {
                let name = *self.rng.choice(&["ann", "ann", "bob"]).unwrap();
                Answer::Username(name.into())
            }
            Question::RememberDevice { .. } => Answer::RememberDevice(self.rng.bool()),
            Question::Identity { user, .. } => {
                let is_meant = self.rng.u8(..4) > 0;
                if is_meant {
                    self.ledger.meant.extend(family_of(&user));
                }
                Answer::Identity(is_meant)
            }
            Question::Browser { .. } => match self.rng.u8(..3) {
                0 => Answer::Wait,
                _ => {
                    let user = *self.rng.choice(&["ann", "ann", "bob"]).unwrap();
                    Answer::Address(Secret::new(user))
                }
            },
            Question::Code { .. } => Answer::Code(self.typed()),
            _ => Answer::Password(self.typed()),
        };
        let request = Request::Answer {
            conversation: conversation.clone(),
            answer,
        };
        self.request(request, What::Answer(login.clone()))?;
        if self.rng.u8(..30) == 0 && !self.town.is_calm {
            let soon = self.now + self.rng.u64(1..300);
            let deed = match self.rng.u8(..5) {
                4 => Deed::Account(login.clone()),
                0 => Deed::Cancel(login.clone()),
                1 => Deed::SignIn(login.clone()),
                2 => Deed::SignOut(login.clone()),
                _ => Deed::Edit,
            };
            self.at(soon, Happening::Deed(deed));
        }
        Ok(())
    }

    fn ask(&mut self, profile: &ProfileName) -> Kept {
        let request = Request::Credentials {
            profile: profile.to_string(),
            patience: PATIENCE,
        };
        self.request(request, What::Keys(profile.clone()))
    }

    fn typed(&mut self) -> Secret {
        Secret::new(match self.rng.u8(..5) {
            0 if !self.town.is_calm => "SECRET wrong",
            _ => "SECRET right",
        })
    }

    /// Asks the agent, if the daemon runs.
    pub fn request(&mut self, request: Request, what: What) -> Kept {
        if self.agent.is_none() {
            return Ok(());
        }
        let ticket = self.open_ticket(what);
        if self.rng.u8(..40) == 0 && !self.town.is_calm {
            let leaves = self.now + self.rng.u64(1..3 * SECOND);
            self.at(leaves, Happening::Deed(Deed::Leave(ticket)));
        }
        let ticket = Ticket(ticket);
        self.feed(Event::Asked { ticket, request })
    }

    /// A person reads an answer.
    pub fn read(&mut self, login: LoginName, reply: &Reply) {
        let Reply::Question {
            conversation,
            question,
            ..
        } = reply
        else {
            return;
        };
        self.town
            .asked
            .insert(login.clone(), (conversation.clone(), question.clone()));
        let wait = match self.rng.u8(..20) {
            _ if self.town.is_calm => self.rng.u64(SECOND..30 * SECOND),
            0 => return,
            1 => self.rng.u64(14 * MINUTE..16 * MINUTE),
            2 => {
                let soon = self.now + self.rng.u64(1..10 * SECOND);
                return self.at(soon, Happening::Deed(Deed::Cancel(login)));
            }
            _ => self.rng.u64(SECOND..30 * SECOND),
        };
        self.at(self.now + wait, Happening::Deed(Deed::Answer(login)));
    }

    /// Somebody edits the configuration.
    fn edit(&mut self) -> Kept {
        self.meddled();
        let number = self.rng.usize(..self.town.logins.len());
        let (login, specs) = self.town.logins.iter().nth(number).unwrap();
        let (login, specs) = (login.clone(), specs.clone());
        let number = self.rng.usize(..self.town.profiles.len());
        let (profile, spec) = self.town.profiles.iter().nth(number).unwrap();
        let (profile, mut spec) = (profile.clone(), spec.clone());
        match self.rng.u8(..9) {
            0 => {
                self.config.logins.remove(&login);
            }
            1 | 2 => {
                self.config.logins.insert(login, specs[0].clone());
            }
            3 => {
                self.config.logins.insert(login, specs[1].clone());
            }
            4 => {
                self.config.profiles.remove(&profile);
            }
            5 => {
                let role = format!("arn:aws:iam::00000000000{}:role/y", self.rng.u8(..9));
                if let KeySource::Pool(pool) = &mut spec.source {
                    pool.flow = PoolFlow::Enhanced {
                        role_arn: Some(role),
                    };
                }
                self.config.profiles.insert(profile, spec);
            }
            6 => {
                if let KeySource::Pool(pool) = &mut spec.source {
                    pool.login = Some(login);
                }
                self.config.profiles.insert(profile, spec);
            }
            7 => {
                let error = ConfigError {
                    line: 1,
                    text: "expected an equals".into(),
                };
                return self.feed(Event::Misread(error));
            }
            _ => {
                self.config.profiles.insert(profile, spec);
            }
        }
        let logins: BTreeSet<LoginName> = self.config.logins.keys().cloned().collect();
        let profiles = &mut self.config.profiles;
        profiles.retain(|_, profile| logins.contains(owner(profile)));
        // Who comes back is a stranger.
        let profiles = &self.config.profiles;
        self.ledger
            .asked
            .retain(|name, _| profiles.contains_key(name));
        self.ledger
            .asked_tokens
            .retain(|(login, _), _| logins.contains(login));
        self.feed(Event::Configured(self.config.clone()))
    }

    fn administer(&mut self) {
        self.meddled();
        match self.rng.u8(..5) {
            4 => {
                let known = self.cognito.devices.iter_mut().rev().take(3);
                known.for_each(|device| device.gone = true);
            }
            0 => {
                let living = self.cognito.families.iter_mut().rev().take(3);
                for family in living {
                    family
                        .dead
                        .get_or_insert(poolkey_core::failure::Ended::Revoked);
                }
            }
            1 => self.cognito.relink(),
            _ => {
                for pool in self.cognito.pools.values_mut() {
                    pool.disabled = !pool.disabled && self.rng.u8(..3) == 0;
                }
            }
        }
    }

    /// People did something that may rightly take a while to settle.
    fn meddled(&mut self) {
        self.weather.grave = self.now;
    }
}

/// A login of that kind.
fn login(provider: &str, kind: Kind, session_life: Option<Duration>) -> LoginSpec {
    let pool = |flow: Flow| match user_pool(provider) {
        LoginSpec::UserPool(pool) => LoginSpec::UserPool(UserPoolSpec {
            flow,
            session_life,
            ..pool
        }),
        other => other,
    };
    match kind {
        Kind::Password => pool(Flow::UserSrp),
        Kind::Browser => pool(Flow::Browser),
        Kind::Oidc | Kind::Fleeting => LoginSpec::Oidc(OidcSpec {
            issuer: provider.to_owned(),
            client_id: "client".into(),
            username: None,
            browser: BrowserSpec::default(),
            session_life,
        }),
        Kind::Program => LoginSpec::Command(CommandSpec {
            command: vec![provider.to_owned()],
            issuer: None,
        }),
    }
}

/// A login of a user pool.
pub fn user_pool(id: &str) -> LoginSpec {
    LoginSpec::UserPool(UserPoolSpec {
        user_pool_id: id.to_owned(),
        client_id: "client".into(),
        username: None,
        flow: Flow::UserSrp,
        preferred_challenge: None,
        session_life: None,
        admin_profile: None,
        managed_login: None,
        endpoint: None,
        variants: Variants::default(),
    })
}

/// A profile whose keys an identity pool gives.
pub fn pool_profile(login: &LoginName, identity_pool: &str, role: Option<String>) -> ProfileSpec {
    ProfileSpec {
        source: KeySource::Pool(PoolSource {
            login: Some(login.clone()),
            identity_pool_id: identity_pool.to_owned(),
            flow: PoolFlow::Enhanced { role_arn: role },
            endpoint: None,
            variants: Variants::default(),
        }),
        sts: StsSpec::default(),
        signin_endpoint: None,
    }
}
