//! Guests and chains of roles in small worlds of their own: an identity pool and STS that answer
//! late, with faults or never again, a vault that opens and closes, people who edit, sign out and in
//! again, tools that ask and leave, and a process that ends in the midst of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;
use poolkey_core::agent::Agent;
use poolkey_core::config::Config;
use poolkey_core::console::{ConsoleSession, Destination};
use poolkey_core::conversation::Step;
use poolkey_core::event::{
    Effect, Event, Identified, Parting, Reply, Request, SignOutScope, Ticket,
};
use poolkey_core::fault::{Fault, FaultKind, Life, VaultFault, VaultFaultKind};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Access, Fetched, Keys, Proof, Roles, Stored, TokenKind, Tokens, User};
use poolkey_core::snapshot::LoginState;
use poolkey_core::time::{Moment, Now, UnixTime};

/// One desk.
pub struct Chains {
    rng: Rng,
    agent: Agent,
    now: Moment,
    /// Counts the edits: what was given by an older text is not given out any more.
    edition: [u32; 3],
    /// When it is done, and what its keys hung on when it was asked for.
    jobs: Vec<Job>,
    open: bool,
    calm: bool,
    vault: BTreeMap<LoginName, Secret>,
    /// Whether the vault has told this process who its guests are.
    recalled: bool,
    /// Identities that their pools do not know any more.
    taken_back: BTreeSet<String>,
    waiting: BTreeMap<u64, (ProfileName, Moment)>,
    /// Those who ask for the login's tokens.
    asking: BTreeMap<u64, (TokenKind, Moment)>,
    /// When each token of the session ends.
    ends: BTreeMap<String, Moment>,
    tickets: u64,
    keys: BTreeMap<String, Given>,
    /// Counts the sessions.
    session: u32,
    pub documents: u32,
    pub tokens: u32,
    pub consoles: u32,
}

/// What is asked of a profile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Keys,
    Who,
    Console,
}

/// What is under way.
struct Job {
    due: Moment,
    effect: Effect,
    stamp: String,
}

/// What keys are of.
struct Given {
    profile: ProfileName,
    stamp: String,
    dies: Moment,
}

const POOLS: [&str; 2] = [
    "eu-west-1:00000000-0000-4000-8000-000000000001",
    "eu-west-1:00000000-0000-4000-8000-000000000002",
];
const PROFILES: [&str; 8] = [
    "dev", "prod", "audit", "a-side", "open", "open-2", "other", "next",
];
const PATIENCE: Duration = Duration::from_millis(4200);
const SLOWEST: Duration = Duration::from_secs(10);

impl Chains {
    pub fn new(seed: u64) -> Self {
        let mut world = Self {
            rng: Rng::with_seed(seed),
            agent: Agent::new(seed),
            now: Moment::from_millis(1_000_000),
            edition: [0; 3],
            jobs: Vec::new(),
            open: true,
            calm: false,
            vault: BTreeMap::new(),
            recalled: false,
            taken_back: BTreeSet::new(),
            waiting: BTreeMap::new(),
            asking: BTreeMap::new(),
            ends: BTreeMap::new(),
            tickets: 0,
            keys: BTreeMap::new(),
            session: 0,
            documents: 0,
            tokens: 0,
            consoles: 0,
        };
        world.open = world.rng.u8(..) > 60;
        world.configure();
        world
    }

    /// Plays it, then lets all be well, and looks whether it is.
    pub fn play(&mut self) {
        for _ in 0..400 {
            self.happen();
            let length = match self.rng.u8(..10) {
                0 => self.rng.u64(1..3_600_000),
                1..=3 => self.rng.u64(1..60_000),
                _ => self.rng.u64(1..3_000),
            };
            self.pass(Duration::from_millis(length));
        }
        (self.calm, self.open) = (true, true);
        self.event(Event::Woke);
        self.pass(Duration::from_secs(40 * 60));
        self.sign_in();
        self.pass(Duration::from_secs(60));
        for profile in PROFILES {
            let before = self.documents;
            self.ask(profile, Wish::Keys);
            self.pass(PATIENCE);
            assert_eq!(
                self.documents,
                before + 1,
                "{profile} has no keys while all is well"
            );
        }
        for kind in [TokenKind::Id, TokenKind::Access] {
            let before = self.tokens;
            self.ask_token(kind);
            self.pass(PATIENCE);
            assert_eq!(
                self.tokens,
                before + 1,
                "there is no {kind:?} token while all is well"
            );
        }
        let before = self.consoles;
        self.ask("prod", Wish::Console);
        self.pass(PATIENCE);
        assert_eq!(self.consoles, before + 1, "no console while all is well");
        let kept = self.guests();
        assert_eq!(
            kept.len(),
            2,
            "the vault keeps a guest of each pool: {kept:?}"
        );
    }

    fn happen(&mut self) {
        match self.rng.u8(..40) {
            0..=18 => {
                let profile = PROFILES[self.rng.usize(..PROFILES.len())];
                let wish = match self.rng.u8(..8) {
                    0 => Wish::Who,
                    1 => Wish::Console,
                    _ => Wish::Keys,
                };
                self.ask(profile, wish);
            }
            19..=21 => {
                let kind = match self.rng.bool() {
                    true => TokenKind::Id,
                    false => TokenKind::Access,
                };
                for _ in 0..self.rng.u8(1..4) {
                    self.ask_token(kind);
                }
            }
            22..=24 => {
                if let Some(ticket) = self.asking.keys().next().copied() {
                    self.asking.remove(&ticket);
                    self.event(Event::Left {
                        ticket: Ticket(ticket),
                    });
                }
                if let Some(ticket) = self.waiting.keys().next().copied() {
                    self.waiting.remove(&ticket);
                    self.event(Event::Left {
                        ticket: Ticket(ticket),
                    });
                }
            }
            25..=27 => self.open = !self.open,
            28..=30 => {
                let part = self.rng.usize(..3);
                self.edition[part] += 1;
                self.configure();
            }
            31..=32 => self.sign_out(),
            33..=36 => self.sign_in(),
            37 => {
                // The process ends, and another one begins.
                self.agent = Agent::new(self.rng.u64(..));
                self.jobs.clear();
                self.waiting.clear();
                self.asking.clear();
                self.recalled = false;
                self.configure();
            }
            _ => self.event(Event::Woke),
        }
    }

    fn text(&self) -> String {
        let [dev, prod, open] = self.edition;
        let role = |name: &str, source: &str, edition: u32| {
            format!(
                "[profile.{name}]\nsource_profile = \"{source}\"\n\
                 role_arn = \"arn:aws:iam::123456789012:role/{name}-{edition}\"\n"
            )
        };
        let pool = |name: &str, login: &str, pool: &str| {
            format!("[profile.{name}]\n{login}identity_pool_id = \"{pool}\"\n")
        };
        let acme =
            format!("login = \"acme\"\nrole_arn = \"arn:aws:iam::123456789012:role/dev-{dev}\"\n");
        [
            "[login.acme]\nuser_pool_id = \"eu-west-1_A\"\nclient_id = \"client\"\n".to_owned(),
            pool("dev", &acme, POOLS[0]),
            role("prod", "dev", prod),
            role("audit", "prod", 0),
            role("a-side", "dev", 0),
            pool("open", "", POOLS[0]),
            pool("open-2", "", POOLS[0]),
            pool("other", "", POOLS[1]),
            role("next", "open", open),
        ]
        .concat()
    }

    /// What keys of a profile hang on, down to the session.
    fn stamp(&self, profile: &ProfileName) -> String {
        let config = self.config();
        let mut stamp = format!("{:?}", config.profiles[profile]);
        let mut hop = profile;
        while let Some(source) = config.profiles[hop].source_profile() {
            stamp += &format!("{:?}", config.profiles[source]);
            hop = source;
        }
        if !config.login_of(profile).unwrap().is_guest() {
            stamp += &format!("{}", self.session);
        }
        stamp
    }

    fn config(&self) -> Config {
        Config::parse(&self.text()).unwrap()
    }

    fn configure(&mut self) {
        self.event(Event::Configured(self.config()));
    }

    fn ask(&mut self, profile: &str, wish: Wish) {
        self.tickets += 1;
        let name: ProfileName = profile.parse().unwrap();
        let patience = match wish {
            Wish::Keys => PATIENCE,
            // AWS takes its time to say who keys are.
            Wish::Who => PATIENCE + SLOWEST,
            // The profile may become another, again and again.
            Wish::Console => (PATIENCE + SLOWEST) * 20,
        };
        self.waiting
            .insert(self.tickets, (name, self.now + patience));
        let profile = profile.to_owned();
        self.request(match wish {
            Wish::Who => Request::WhoAmI { profile },
            Wish::Console => Request::Console {
                profile,
                destination: Destination::default(),
            },
            Wish::Keys => Request::Credentials {
                profile,
                patience: PATIENCE,
            },
        });
    }

    fn ask_token(&mut self, kind: TokenKind) {
        self.tickets += 1;
        self.asking
            .insert(self.tickets, (kind, self.now + PATIENCE));
        self.request(Request::Token {
            login: "acme".into(),
            kind,
        });
    }

    fn request(&mut self, request: Request) {
        self.event(Event::Asked {
            ticket: Ticket(self.tickets),
            request,
        });
    }

    fn is_signed_in(&self) -> bool {
        let snapshot = self.agent.snapshot(self.clock());
        let login = snapshot.logins.first();
        login.is_some_and(|login| login.state == LoginState::SignedIn)
    }

    fn sign_in(&mut self) {
        if self.open && !self.is_signed_in() {
            self.tickets += 1;
            self.request(Request::SignIn {
                login: "acme".into(),
                username: Some("ann".into()),
                another_account: false,
            });
        }
    }

    fn sign_out(&mut self) {
        if self.open && self.is_signed_in() {
            self.session += 1;
            self.tickets += 1;
            self.request(Request::SignOut {
                login: "acme".into(),
                scope: SignOutScope::Local,
            });
        }
    }

    fn clock(&self) -> Now {
        let secs = self.now.since(Moment::default()).as_secs();
        Now {
            at: self.now,
            wall: UnixTime::from_secs(1_800_000_000) + Duration::from_secs(secs),
        }
    }

    fn pass(&mut self, length: Duration) {
        let end = self.now + length;
        loop {
            let job = self.jobs.iter().map(|job| job.due).min();
            let wake = self.agent.wake_at();
            let next = job.into_iter().chain(wake).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            match self.jobs.iter().position(|job| job.due <= self.now) {
                Some(at) => {
                    let job = self.jobs.remove(at);
                    let event = self.perform(job.effect, job.stamp);
                    self.event(event);
                }
                None => self.event(Event::Tick),
            }
        }
        self.now = end;
    }

    fn event(&mut self, event: Event) {
        self.agent.handle(event, self.clock());
        while let Some(effect) = self.agent.effect() {
            match effect {
                Effect::Answer { ticket, reply } => self.answered(ticket.0, reply),
                effect => {
                    self.judge(&effect);
                    let late = match self.rng.u8(..20) {
                        _ if self.calm => 50,
                        0 => u64::try_from(SLOWEST.as_millis()).unwrap(),
                        _ => self.rng.u64(10..1_500),
                    };
                    let stamp = match &effect {
                        Effect::Fetch { profile, .. } => self.stamp(profile),
                        _ => String::new(),
                    };
                    self.jobs.push(Job {
                        due: self.now + Duration::from_millis(late),
                        effect,
                        stamp,
                    });
                }
            }
        }
        for (ticket, (profile, until)) in &self.waiting {
            assert!(
                *until >= self.now,
                "{ticket} waits for {profile} without end"
            );
        }
        for (ticket, (kind, until)) in &self.asking {
            assert!(
                *until >= self.now,
                "{ticket} waits for its {kind:?} token without end"
            );
        }
    }

    /// A tool's answer: its own keys, as configured, of this session, and alive.
    fn answered(&mut self, ticket: u64, reply: Reply) {
        let waited = self.waiting.remove(&ticket);
        let asked = self.asking.remove(&ticket);
        match reply {
            Reply::Token(token) => {
                let (kind, _) = asked.expect("nobody is answered twice, or after leaving");
                assert_eq!(token.kind, kind, "a token of another kind");
                let text = token.token.expose();
                let session = match kind {
                    TokenKind::Id => format!("id-{}", self.session),
                    TokenKind::Access => format!("access-{}-", self.session),
                };
                assert!(text.starts_with(&session), "{text} is of another session");
                assert!(self.ends[text] > self.now, "{text} is dead");
                assert!(
                    token.expires > self.clock().wall,
                    "{text} is told to be dead"
                );
                let state = self.agent.snapshot(self.clock()).logins[0].state;
                let nobody = matches!(state, LoginState::SignedOut | LoginState::NeedsSignIn);
                assert!(!nobody, "{text} is given to nobody");
                self.tokens += 1;
            }
            Reply::Console(link) => {
                let (profile, _) = waited.expect("nobody is answered twice, or after leaving");
                let given = &self.keys[link.url.expose()];
                assert_eq!((&given.profile, &link.profile), (&profile, &profile));
                assert_eq!(
                    given.stamp,
                    self.stamp(&profile),
                    "no console outlives what it hangs on"
                );
                assert!(link.session_ends >= link.open_until);
                self.consoles += 1;
            }
            Reply::Document(document) => {
                let (profile, _) = waited.expect("nobody is answered twice, or after leaving");
                let document: serde_json::Value = serde_json::from_str(document.expose()).unwrap();
                let given = &self.keys[document["AccessKeyId"].as_str().unwrap()];
                assert_eq!(given.profile, profile, "keys of another profile");
                assert_eq!(
                    given.stamp,
                    self.stamp(&profile),
                    "no keys outlive what they hang on"
                );
                assert!(given.dies > self.now, "dead keys of {profile}");
                self.documents += 1;
            }
            Reply::WhoAmI(who) => assert!(waited.is_none() || who.identified.arn == "arn"),
            _ => {}
        }
    }

    /// What may be asked of an identity pool or STS.
    fn judge(&self, effect: &Effect) {
        let Effect::Fetch {
            profile,
            spec,
            proof,
            identity,
            ..
        } = effect
        else {
            return;
        };
        let under_way = || {
            self.jobs.iter().filter_map(|job| match &job.effect {
                Effect::Fetch {
                    profile,
                    spec,
                    proof,
                    identity,
                    ..
                } => Some((profile, spec, proof, identity)),
                _ => None,
            })
        };
        assert!(
            under_way().all(|(other, ..)| other != profile),
            "two fetches of {profile}"
        );
        assert_eq!(spec.sts.region.as_deref(), Some("eu-west-1"));
        match proof {
            Proof::Keys(keys) => {
                let given = &self.keys[keys.access_key_id.expose()];
                assert_eq!(Some(&given.profile), spec.source_profile(), "{profile}");
                assert_eq!(
                    given.stamp,
                    self.stamp(&given.profile),
                    "keys of before pay"
                );
                assert!(given.dies > self.now, "dead keys pay for {profile}");
            }
            Proof::Guest => {
                let pool = &spec.pool().unwrap().identity_pool_id;
                let nameless = under_way().any(|(_, other, proof, identity)| {
                    *proof == Proof::Guest
                        && identity.is_none()
                        && other.pool().unwrap().identity_pool_id == *pool
                });
                assert!(identity.is_some() || !nameless, "two guests of one pool");
                if self.recalled
                    && let Some(kept) = self.guests().get(pool)
                    && !self.taken_back.contains(kept)
                {
                    assert_eq!(identity.as_ref(), Some(kept), "the guest is another");
                }
            }
            Proof::IdToken(token) => {
                let session = format!("id-{}", self.session);
                assert_eq!(token.expose(), session, "a token of another session");
            }
        }
    }

    fn guests(&self) -> BTreeMap<String, String> {
        self.vault
            .get(&LoginName::guest())
            .map(|record| Stored::from_record(record).unwrap().guests)
            .unwrap_or_default()
    }

    fn perform(&mut self, effect: Effect, stamp: String) -> Event {
        let vault = || VaultFault::new(VaultFaultKind::Locked, "It is locked.");
        match effect {
            Effect::Recall { login } => {
                let result = self.open.then(|| self.vault.get(&login).cloned());
                self.recalled |= login.is_guest() && result.is_some();
                let result = result.ok_or_else(vault);
                Event::Recalled { login, result }
            }
            Effect::Probe { login } => Event::Probed {
                login,
                result: self.open.then_some(()).ok_or_else(vault),
            },
            Effect::Keep { login, stored } => {
                if self.open {
                    let before = self.guests();
                    self.vault.insert(login.clone(), stored.to_record());
                    for (pool, id) in self.guests() {
                        let old = before.get(&pool).filter(|old| **old != id);
                        let same = old.is_none_or(|old| self.taken_back.contains(old));
                        assert!(same, "the guest is another");
                    }
                }
                let result = self.open.then_some(()).ok_or_else(vault);
                Event::Kept { login, result }
            }
            Effect::Refresh { login, .. } => Event::Refreshed {
                login,
                result: self
                    .fault(false)
                    .map_or_else(|| Ok(Box::new(self.give_tokens(None))), Err),
            },
            Effect::Revoke { login, .. } => Event::Revoked {
                login,
                parting: Parting {
                    revoked: Ok(()),
                    forgotten: Ok(()),
                    everywhere: Ok(()),
                    rotated: None,
                    logout_url: None,
                },
            },
            Effect::Converse {
                login,
                conversation,
                ..
            } => Event::Conversed {
                login,
                conversation,
                result: Ok(Step::Done {
                    tokens: Box::new(self.give_tokens(Some("refresh"))),
                    client_secret: None,
                    device: None,
                }),
            },
            Effect::Fetch {
                profile,
                spec,
                identity,
                proof,
                ..
            } => {
                let pool = spec.pool().map(|pool| pool.identity_pool_id.clone());
                let result = match self.fault(pool.is_some()) {
                    Some(fault) => {
                        if fault.kind == FaultKind::IdentityConflict && proof == Proof::Guest {
                            self.taken_back.extend(identity);
                        }
                        Err(fault)
                    }
                    None => Ok(Box::new(self.give(
                        &profile,
                        stamp,
                        pool.is_some().then(|| identity.clone()),
                    ))),
                };
                Event::Fetched { profile, result }
            }
            Effect::OpenConsole { ticket, keys, .. } => Event::ConsoleOpened {
                ticket,
                result: self.fault(false).map_or_else(
                    || {
                        Ok(Box::new(ConsoleSession {
                            url: keys.access_key_id,
                            seconds: None,
                        }))
                    },
                    Err,
                ),
            },
            Effect::Identify { ticket, .. } => Event::Identified {
                ticket,
                result: self.fault(false).map_or_else(
                    || {
                        Ok(Box::new(Identified {
                            arn: "arn".into(),
                            ..Identified::default()
                        }))
                    },
                    Err,
                ),
            },
            other => panic!("nobody does {other:?}"),
        }
    }

    fn give(
        &mut self,
        profile: &ProfileName,
        stamp: String,
        identity: Option<Option<String>>,
    ) -> Fetched {
        let id = format!("AKIA{}", self.keys.len());
        let life = Duration::from_secs(60 * [15, 30, 60, 60][self.rng.usize(..4)]);
        self.keys.insert(
            id.clone(),
            Given {
                profile: profile.clone(),
                stamp,
                dies: self.now + life,
            },
        );
        let named = identity.map(|known| known.unwrap_or_else(|| format!("identity-of-{id}")));
        Fetched {
            identity: named,
            keys: Keys {
                access_key_id: Secret::new(id),
                secret_access_key: Secret::new("s"),
                session_token: Secret::new("t"),
                life: Life {
                    length: life,
                    server: None,
                },
            },
        }
    }

    fn give_tokens(&mut self, refresh_token: Option<&str>) -> Tokens {
        let minutes: u64 = [5, 15, 60, 1440][self.rng.usize(..4)];
        let life = |minutes: u64| Life {
            length: Duration::from_secs(60 * minutes),
            server: None,
        };
        let id = format!("id-{}", self.session);
        let access = format!("access-{}-{}", self.session, self.ends.len());
        self.ends.insert(id.clone(), self.now + life(60).length);
        let dies = self.now + life(minutes).length;
        self.ends.insert(access.clone(), dies);
        Tokens {
            id_token: Secret::new(id),
            id_life: life(60),
            access: Some(Access {
                token: Secret::new(access),
                life: life(minutes),
            }),
            refresh_token: refresh_token.map(Secret::new),
            user: User {
                sub: "sub".into(),
                username: "ann".into(),
                email: None,
            },
            device_key: None,
            roles: Roles::default(),
        }
    }

    fn fault(&mut self, pool: bool) -> Option<Fault> {
        let kind = match self.rng.u8(..40) {
            _ if self.calm => return None,
            0..=2 => FaultKind::Unreachable,
            3..=4 => FaultKind::Service,
            5 => FaultKind::Throttled,
            6 => FaultKind::TokenStale,
            7 => FaultKind::Misconfigured,
            8 if pool => FaultKind::IdentityConflict,
            _ => return None,
        };
        Some(Fault::new(kind, "It did not work."))
    }
}
