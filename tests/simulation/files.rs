//! Keys in people's files, in small worlds of their own: a disk that takes nothing, or gives nothing
//! up, people who sign out and in, rename and move what is written, and a process that is killed or
//! stopped in the midst of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use fastrand::Rng;
use poolkey_core::agent::Agent;
use poolkey_core::config::{AwsFiles, Config};
use poolkey_core::conversation::Step;
use poolkey_core::event::{
    Effect, Event, Parting, Reply, Request, SignOutScope, Ticket, WrittenKeys,
};
use poolkey_core::fault::{Fault, FaultKind, Life};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Fetched, Keys, Roles, Tokens, User};
use poolkey_core::snapshot::LoginState;
use poolkey_core::time::{Moment, Now, UnixTime};

/// One desk with files.
pub struct Files {
    rng: Rng,
    agent: Agent,
    now: Moment,
    calm: bool,
    /// What the configuration says: a name for each profile, and which file.
    names: [usize; 3],
    elsewhere: bool,
    jobs: Vec<(Moment, Effect)>,
    vault: BTreeMap<LoginName, Secret>,
    disk: Disk,
    /// Of the process that runs.
    scrubbed: bool,
    stopping: bool,
    /// Sign-outs under way.
    leaving: BTreeSet<u64>,
    tickets: u64,
    keys: BTreeMap<String, (ProfileName, u32, Moment)>,
    session: u32,
    pub puts: u32,
    pub removals: u32,
}

/// A place in a file: the file, and the name there.
type Place = (Option<PathBuf>, ProfileName);

#[derive(Default)]
struct Disk {
    /// The access key that stands there.
    stands: BTreeMap<Place, String>,
    /// Where the last word was that it could not be taken away.
    stuck: BTreeSet<Place>,
    /// Where the last word was that it stands.
    sure: BTreeSet<Place>,
    /// Nothing can be put there: others can read it, say.
    is_open: bool,
    /// Nothing can be put there or taken away: it is damaged.
    is_broken: bool,
}

const PROFILES: [&str; 3] = ["dev", "prod", "test"];
const NAMES: [Option<&str>; 4] = [None, Some("a-keys"), Some("b-keys"), Some("c-keys")];

impl Files {
    pub fn new(seed: u64) -> Self {
        let mut desk = Self {
            rng: Rng::with_seed(seed),
            agent: Agent::new(seed),
            now: Moment::from_millis(1_000_000),
            calm: false,
            names: [1, 2, 0],
            elsewhere: false,
            jobs: Vec::new(),
            vault: BTreeMap::new(),
            disk: Disk::default(),
            scrubbed: false,
            stopping: false,
            leaving: BTreeSet::new(),
            tickets: 0,
            keys: BTreeMap::new(),
            session: 0,
            puts: 0,
            removals: 0,
        };
        desk.configure();
        desk
    }

    /// Plays it, then lets all be well, and looks whether it is.
    pub fn play(&mut self) {
        for _ in 0..300 {
            self.happen();
            let length = match self.rng.u8(..10) {
                0 => self.rng.u64(1..3_600_000),
                1..=4 => self.rng.u64(1..60_000),
                _ => self.rng.u64(1..3_000),
            };
            self.pass(Duration::from_millis(length));
        }
        self.calm = true;
        (self.disk.is_open, self.disk.is_broken) = (false, false);
        self.pass(Duration::from_secs(20 * 60));
        self.sign_in();
        self.pass(Duration::from_secs(20 * 60));
        self.check_all();
        self.sign_out();
        self.pass(Duration::from_secs(60));
        assert!(self.leaving.is_empty(), "a sign-out has no end");
        assert!(self.disk.stands.is_empty(), "keys of nobody stand in files");
    }

    fn happen(&mut self) {
        match self.rng.u8(..20) {
            0..=4 => self.sign_in(),
            5..=6 => self.sign_out(),
            7..=9 => {
                let mut names = [0, 1, 2, 3];
                self.rng.shuffle(&mut names);
                self.names.copy_from_slice(&names[..3]);
                self.configure();
            }
            10 => {
                self.elsewhere = !self.elsewhere;
                self.configure();
            }
            11..=12 => self.disk.is_open = !self.disk.is_open,
            13..=14 => self.disk.is_broken = !self.disk.is_broken,
            15 => self.end(),
            16 => self.stop(),
            _ => {
                let profile = PROFILES[self.rng.usize(..PROFILES.len())].to_owned();
                let patience = Duration::from_secs(4);
                self.ask(Request::Credentials { profile, patience });
            }
        }
    }

    fn config(&self) -> Config {
        let mut text = String::from(
            "[login.acme]\nuser_pool_id = \"eu-west-1_A\"\nclient_id = \"client\"\n\
             [login.corp]\nuser_pool_id = \"eu-west-1_B\"\nclient_id = \"client\"\n",
        );
        if self.elsewhere {
            text = format!("[settings]\naws_credentials_file = \"/elsewhere\"\n{text}");
        }
        for (profile, name) in PROFILES.iter().zip(self.names) {
            let login = if *profile == "test" { "corp" } else { "acme" };
            text += &format!(
                "[profile.{profile}]\nlogin = \"{login}\"\nidentity_pool_id = \
                 \"eu-west-1:00000000-0000-4000-8000-000000000001\"\n"
            );
            if let Some(name) = NAMES[name] {
                text += &format!("write_profile = \"{name}\"\n");
            }
        }
        Config::parse(&text).unwrap()
    }

    fn configure(&mut self) {
        self.event(Event::Configured(self.config()));
    }

    fn ask(&mut self, request: Request) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.event(Event::Asked { ticket, request });
    }

    fn state(&self, login: &str) -> LoginState {
        let logins = self.agent.snapshot(self.clock()).logins;
        let mut logins = logins.into_iter();
        logins.find(|one| one.name.as_str() == login).unwrap().state
    }

    fn sign_in(&mut self) {
        for login in ["acme", "corp"] {
            if self.state(login) != LoginState::SignedIn {
                self.ask(Request::SignIn {
                    login: login.into(),
                    username: Some("ann".into()),
                    another_account: false,
                });
            }
        }
    }

    fn sign_out(&mut self) {
        if self.state("acme") == LoginState::SignedIn {
            self.session += 1;
            self.leaving.insert(self.tickets + 1);
            self.ask(Request::SignOut {
                login: "acme".into(),
                scope: SignOutScope::Local,
            });
        }
        if self.calm && self.state("corp") == LoginState::SignedIn {
            self.ask(Request::SignOut {
                login: "corp".into(),
                scope: SignOutScope::Local,
            });
        }
    }

    /// The process is killed, and another begins: it clears the files that its note names.
    fn end(&mut self) {
        self.agent = Agent::new(self.rng.u64(..));
        self.jobs.clear();
        self.leaving.clear();
        (self.scrubbed, self.stopping) = (false, false);
        let broken = std::mem::take(&mut self.disk);
        self.disk.is_open = broken.is_open;
        self.configure();
    }

    /// It is told to stop, and stops.
    fn stop(&mut self) {
        self.stopping = true;
        self.event(Event::Stopping);
        for _ in 0..200 {
            if self.agent.is_quiet() {
                break;
            }
            self.pass(Duration::from_millis(200));
        }
        assert!(self.agent.is_quiet(), "it does not stop");
        for place in self.disk.stands.keys() {
            let stuck = self.disk.stuck.contains(place);
            assert!(stuck, "a stop leaves keys at {place:?}");
        }
        self.end();
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
            let job = self.jobs.iter().map(|(due, _)| *due).min();
            let next = job.into_iter().chain(self.agent.wake_at()).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            match self.jobs.iter().position(|(due, _)| *due <= self.now) {
                Some(at) => {
                    let (_, effect) = self.jobs.remove(at);
                    let event = self.perform(effect);
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
            if let Effect::Answer { ticket, reply } = effect {
                if self.leaving.remove(&ticket.0) && matches!(reply, Reply::SignedOut(_)) {
                    self.check_left();
                }
                continue;
            }
            self.judge(&effect);
            let late = if self.calm {
                50
            } else {
                self.rng.u64(10..1_500)
            };
            let mut due = self.now + Duration::from_millis(late);
            // What is in one lane is done in its order.
            let others = self.jobs.iter();
            let others = others.filter(|(_, other)| other.lane() == effect.lane());
            due = others.map(|(due, _)| *due).fold(due, Moment::max);
            self.jobs.push((due, effect));
        }
    }

    /// What may be done to the files.
    fn judge(&self, effect: &Effect) {
        let Effect::WriteKeys {
            target,
            files,
            keys,
        } = effect
        else {
            return;
        };
        assert!(self.scrubbed, "something is written among the leftovers");
        let again = self.jobs.iter().any(
            |(_, other)| matches!(other, Effect::WriteKeys { target: same, .. } if same == target),
        );
        assert!(!again, "{target} is written twice at once");
        let Some(keys) = keys else { return };
        let config = self.config();
        let place = (files.credentials.clone(), target.clone());
        assert_eq!(files, &config.settings.aws_files, "another file");
        let wanted = &config.files[&keys.profile].write_profile;
        assert_eq!(wanted.as_ref(), Some(target), "another name");
        assert!(!self.stopping, "something is written at the end");
        self.check_keys(keys, &config);
        let id = keys.keys.access_key_id.expose();
        let known = self.disk.sure.contains(&place);
        assert!(
            !known || self.disk.stands.get(&place).is_none_or(|old| old != id),
            "what stands there is written again"
        );
    }

    fn check_keys(&self, keys: &WrittenKeys, config: &Config) {
        let id = keys.keys.access_key_id.expose();
        let (profile, session, dies) = &self.keys[id];
        assert_eq!(*profile, keys.profile, "keys of another profile");
        assert!(*dies > self.now, "dead keys are written");
        let login = config.login_of(profile).unwrap();
        assert!(
            login.as_str() != "acme" || *session == self.session,
            "keys of a session that is over are written"
        );
    }

    /// Somebody was told that they are signed out.
    fn check_left(&self) {
        for (place, id) in &self.disk.stands {
            let (profile, session, _) = &self.keys[id];
            let over = profile.as_str() != "test" && *session < self.session;
            assert!(
                !over || self.disk.stuck.contains(place),
                "keys of whoever signed out stand at {place:?}"
            );
        }
    }

    /// What is configured stands there, and nothing else.
    fn check_all(&self) {
        let config = self.config();
        let file = config.settings.aws_files.credentials.clone();
        let mut wanted = BTreeMap::new();
        for (profile, spec) in &config.files {
            if let Some(name) = &spec.write_profile {
                wanted.insert((file.clone(), name.clone()), profile.clone());
            }
        }
        let stands: BTreeMap<Place, ProfileName> = self
            .disk
            .stands
            .iter()
            .map(|(place, id)| (place.clone(), self.keys[id].0.clone()))
            .collect();
        assert_eq!(stands, wanted, "while all is well");
        for id in self.disk.stands.values() {
            assert!(self.keys[id].2 > self.now, "dead keys stand in files");
        }
    }

    fn perform(&mut self, effect: Effect) -> Event {
        match effect {
            Effect::Recall { login } => Event::Recalled {
                result: Ok(self.vault.get(&login).cloned()),
                login,
            },
            Effect::Probe { login } => Event::Probed {
                login,
                result: Ok(()),
            },
            Effect::Keep { login, stored } => {
                self.vault.insert(login.clone(), stored.to_record());
                Event::Kept {
                    login,
                    result: Ok(()),
                }
            }
            Effect::Refresh { login, .. } => Event::Refreshed {
                result: self.fault().map_or_else(|| Ok(Box::new(tokens(None))), Err),
                login,
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
                    tokens: Box::new(tokens(Some("refresh"))),
                    client_secret: None,
                    device: None,
                }),
            },
            Effect::Fetch { profile, .. } => {
                let result = match self.fault() {
                    Some(fault) => Err(fault),
                    None => Ok(Box::new(self.give(&profile))),
                };
                Event::Fetched { profile, result }
            }
            Effect::ScrubFiles { files } => {
                self.scrubbed = true;
                let result = self.wipe(&files);
                Event::Scrubbed { result }
            }
            Effect::WriteKeys {
                target,
                files,
                keys,
            } => Event::Wrote {
                result: self.write((files.credentials, target.clone()), keys.as_deref()),
                target,
            },
            other => panic!("nobody does {other:?}"),
        }
    }

    fn wipe(&mut self, files: &AwsFiles) -> Result<(), String> {
        if self.disk.is_broken {
            return Err("it is damaged".into());
        }
        self.disk
            .stands
            .retain(|(file, _), _| *file != files.credentials);
        Ok(())
    }

    fn write(&mut self, place: Place, keys: Option<&WrittenKeys>) -> Result<(), String> {
        let disk = &mut self.disk;
        let refused = disk.is_broken || keys.is_some() && disk.is_open;
        // The disk may have it and say that it has not.
        let unsure = !self.calm && self.rng.u8(..12) == 0;
        disk.sure.remove(&place);
        disk.stuck.remove(&place);
        if !refused {
            match keys {
                None => drop(disk.stands.remove(&place)),
                Some(keys) => {
                    let id = keys.keys.access_key_id.expose().to_owned();
                    disk.stands.insert(place.clone(), id);
                }
            }
        }
        match (refused || unsure, keys) {
            (false, None) => self.removals += 1,
            (false, Some(_)) => {
                self.puts += 1;
                disk.sure.insert(place);
            }
            (true, None) => {
                disk.stuck.insert(place);
                return Err("it cannot be taken away".into());
            }
            (true, Some(_)) => return Err("it cannot be put there".into()),
        }
        Ok(())
    }

    fn give(&mut self, profile: &ProfileName) -> Fetched {
        let id = format!("AKIA{}", self.keys.len());
        let life = Duration::from_secs(60 * [15, 30, 60][self.rng.usize(..3)]);
        let of = (profile.clone(), self.session, self.now + life);
        self.keys.insert(id.clone(), of);
        Fetched {
            identity: Some("identity".into()),
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

    fn fault(&mut self) -> Option<Fault> {
        let kind = match self.rng.u8(..12) {
            _ if self.calm => return None,
            0 => FaultKind::Unreachable,
            1 => FaultKind::Service,
            _ => return None,
        };
        Some(Fault::new(kind, "It did not work."))
    }
}

fn tokens(refresh_token: Option<&str>) -> Tokens {
    Tokens {
        id_token: Secret::new("id"),
        id_life: Life {
            length: Duration::from_secs(3600),
            server: None,
        },
        access: None,
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
