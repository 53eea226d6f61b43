//! User pools and identity pools, as strict as Amazon's.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use poolkey_core::config::{LoginSpec, ProfileSpec};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind, Life};
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use poolkey_core::session::{Access, Device, Fetched, Keys, Proof, Roles, Tokens, User};
use poolkey_core::time::UnixTime;

use crate::weather::{HOUR, MINUTE, SECOND};

/// What every secret in the simulation has in it, so that it can be searched for.
pub const MARK: &str = "SECRET";

/// The first moment of the simulation on Amazon's clock.
pub const EPOCH: i64 = 1_800_000_000;

#[derive(Debug)]
pub struct Cognito {
    pub pools: BTreeMap<String, Pool>,
    /// A family is a session: all refresh tokens that came of one sign-in.
    pub families: Vec<Family>,
    pub ids: Vec<Id>,
    pub access: Vec<Id>,
    pub devices: Vec<Tracked>,
    /// How often a second factor was asked for.
    pub codes: u64,
    pub keys: Vec<Issued>,
    /// Whom the programs are set up for.
    pub programs: BTreeMap<String, usize>,
    /// The identity of each user in each identity pool.
    identities: BTreeMap<(String, String), u32>,
    /// Whether identity pools ask the user pool whether the session is still there.
    checks: bool,
    pub keys_life: u64,
}

#[derive(Clone, Debug)]
pub struct Pool {
    pub kind: Kind,
    /// Whether an access token may end all sessions of its user.
    pub ends_all: bool,
    pub rotates: bool,
    pub grace: u64,
    pub id_life: u64,
    pub session_life: u64,
    /// Whether a token used twice ends all that came of it.
    reuse_ends_all: bool,
    pub disabled: bool,
    pub access_life: u64,
    pub tracking: Tracking,
    /// Whether a second factor is asked for where no device stands in for it.
    pub asks_code: bool,
    /// Whether a session lives on without a device that was forgotten.
    survives_device: bool,
    /// Whether access tokens come with ID tokens.
    pub gives_access: bool,
}

/// What proves who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user pool that asks for a password.
    Password,
    /// A user pool whose own pages do.
    Browser,
    /// An OpenID provider.
    Oidc,
    /// One that gives no refresh tokens.
    Fleeting,
    /// A program that prints ID tokens.
    Program,
}

impl Kind {
    /// Whether sessions have a refresh token.
    pub fn is_lasting(self) -> bool {
        !matches!(self, Self::Fleeting | Self::Program)
    }

    /// Whether the session goes on when its ID token ends.
    pub fn is_renewed(self) -> bool {
        self != Self::Fleeting
    }

    /// Whether nobody types a name.
    pub fn knows_its_user(self) -> bool {
        self != Self::Password
    }
}

/// Whether a pool remembers devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    Off,
    /// Where the person wants it.
    Ask,
    Always,
}

/// A device that a pool knows.
#[derive(Debug)]
pub struct Tracked {
    pub pool: String,
    pub user: String,
    pub remembered: bool,
    pub gone: bool,
}

#[derive(Debug)]
pub struct Family {
    /// The device that has to go with every refresh.
    pub device: Option<usize>,
    /// Whether its tokens were rotated by its own end, so that an older one ends nothing.
    pub parted: bool,
    pub pool: String,
    pub user: String,
    pub ends: u64,
    pub dead: Option<Ended>,
    pub tokens: Vec<Token>,
}

/// A refresh token: one generation of its family.
#[derive(Debug, Default)]
pub struct Token {
    /// Until when it can be used again, once it was used.
    pub dies: Option<u64>,
    /// What became of it on this side of the wire.
    pub durable: bool,
    /// Why nobody may blame the agent that it was used too late.
    pub excused: bool,
}

#[derive(Debug)]
pub struct Id {
    pub family: usize,
    pub generation: usize,
    pub expires: u64,
}

#[derive(Debug)]
pub struct Issued {
    pub spec: ProfileSpec,
    pub family: usize,
    pub begun: u64,
    pub expires: u64,
    pub life: u64,
}

impl Cognito {
    pub fn new(rng: &mut Rng) -> Self {
        Self {
            pools: BTreeMap::new(),
            families: Vec::new(),
            ids: Vec::new(),
            access: Vec::new(),
            devices: Vec::new(),
            codes: 0,
            keys: Vec::new(),
            programs: BTreeMap::new(),
            identities: BTreeMap::new(),
            checks: rng.bool(),
            keys_life: *rng
                .choice(&[15 * MINUTE, HOUR, HOUR, HOUR, 12 * HOUR])
                .unwrap(),
        }
    }

    pub fn add_pool(&mut self, rng: &mut Rng, id: String) -> Kind {
        let kind = match rng.u8(..12) {
            0..2 => Kind::Browser,
            2 => Kind::Oidc,
            3 => Kind::Fleeting,
            4 => Kind::Program,
            _ => Kind::Password,
        };
        let tracking = *rng
            .choice(&[Tracking::Off, Tracking::Ask, Tracking::Always])
            .unwrap();
        let pool = Pool {
            kind,
            ends_all: rng.u8(..4) > 0,
            rotates: rng.u8(..3) > 0,
            grace: *rng
                .choice(&[0, 2 * SECOND, 10 * SECOND, MINUTE, MINUTE])
                .unwrap(),
            id_life: *rng
                .choice(&[5 * MINUTE, HOUR, HOUR, HOUR, 24 * HOUR])
                .unwrap(),
            session_life: *rng
                .choice(&[HOUR, 12 * HOUR, 720 * HOUR, 720 * HOUR])
                .unwrap(),
            reuse_ends_all: rng.bool(),
            disabled: false,
            access_life: *rng.choice(&[5 * MINUTE, HOUR, HOUR, 24 * HOUR]).unwrap(),
            tracking: match kind {
                Kind::Password => tracking,
                _ => Tracking::Off,
            },
            asks_code: rng.bool(),
            survives_device: rng.bool(),
            gives_access: rng.u8(..12) > 0,
        };
        self.pools.insert(id, pool);
        kind
    }

    /// A pool that asks for all that can be asked for, and forgets nobody.
    pub fn add_strict_pool(&mut self, id: String) {
        let pool = Pool {
            kind: Kind::Password,
            ends_all: true,
            rotates: true,
            grace: MINUTE,
            id_life: HOUR,
            session_life: 40 * 24 * HOUR,
            reuse_ends_all: true,
            disabled: false,
            access_life: HOUR,
            tracking: Tracking::Always,
            asks_code: true,
            survives_device: false,
            gives_access: true,
        };
        self.pools.insert(id, pool);
        self.keys_life = HOUR;
    }

    pub fn new_family(&mut self, pool: &str, user: &str, now: u64) -> usize {
        self.families.push(Family {
            pool: pool.to_owned(),
            user: user.to_owned(),
            device: None,
            parted: false,
            ends: now + self.pools[pool].session_life,
            dead: None,
            tokens: vec![Token::default()],
        });
        self.families.len() - 1
    }

    /// Why a family cannot be refreshed, if it cannot.
    pub fn end_of(&self, family: usize, now: u64) -> Option<Ended> {
        let family = &self.families[family];
        if family.dead.is_some() {
            family.dead
        } else if family.ends <= now {
            Some(Ended::Expired)
        } else if self.pools[&family.pool].disabled {
            Some(Ended::UserDisabled)
        } else {
            None
        }
    }

    pub fn refresh(
        &mut self,
        spec: &LoginSpec,
        token: &Secret,
        device_key: Option<&str>,
        now: u64,
    ) -> Result<Tokens, Fault> {
        let Some((family, generation)) = read_token(token.expose()) else {
            return Err(ended(Ended::Refused));
        };
        if self.families[family].pool != spec.provider() {
            return Err(ended(Ended::Refused));
        }
        if let Some(end) = self.end_of(family, now) {
            return Err(ended(end));
        }
        let pool = self.pools[spec.provider()].clone();
        self.check_device(family, device_key, pool.survives_device)?;
        let known = &mut self.families[family];
        if known.tokens[generation].dies.is_some_and(|dies| dies < now) {
            if pool.reuse_ends_all {
                known.dead = Some(Ended::Reused);
            }
            return Err(ended(Ended::Reused));
        }
        let mut newest = generation;
        if pool.rotates {
            known.tokens[generation]
                .dies
                .get_or_insert(now + pool.grace);
            known.tokens.push(Token::default());
            newest = known.tokens.len() - 1;
        }
        let mut tokens = self.tokens(family, newest, now);
        if !pool.rotates {
            tokens.refresh_token = None;
        }
        Ok(tokens)
    }

    /// Without its device a session is not taken for one.
    fn check_device(
        &mut self,
        family: usize,
        sent: Option<&str>,
        survives: bool,
    ) -> Result<(), Fault> {
        let Some(device) = self.families[family].device else {
            return match sent {
                None => Ok(()),
                Some(_) => Err(device_gone()),
            };
        };
        let gone = self.devices[device].gone;
        match sent {
            Some(key) if key == write_device(device) => match gone {
                true => Err(device_gone()),
                false => Ok(()),
            },
            None if gone && survives => Ok(()),
            None if gone => {
                self.families[family].dead = Some(Ended::Refused);
                Err(ended(Ended::Refused))
            }
            Some(_) | None => Err(ended(Ended::Refused)),
        }
    }

    pub fn tokens(&mut self, family: usize, generation: usize, now: u64) -> Tokens {
        let known = &self.families[family];
        let pool = &self.pools[&known.pool];
        let life = pool.id_life;
        self.access.push(Id {
            family,
            generation,
            expires: now + pool.access_life,
        });
        let access = Access {
            token: Secret::new(format!("{MARK}-a-{}", self.access.len() - 1)),
            life: life_of(pool.access_life, now),
        };
        self.ids.push(Id {
            family,
            generation,
            expires: now + life,
        });
        Tokens {
            id_token: Secret::new(format!("{MARK}-i-{}", self.ids.len() - 1)),
            id_life: life_of(life, now),
            access: pool.gives_access.then_some(access),
            refresh_token: pool
                .kind
                .is_lasting()
                .then(|| write_token(family, generation)),
            user: user_of(family, &known.user),
            device_key: known.device.map(write_device),
            roles: Roles::default(),
        }
    }

    /// What a program prints: an ID token of whoever it is set up for.
    pub fn run_program(&mut self, provider: &str, now: u64) -> Tokens {
        let family = match self.programs.get(provider) {
            Some(family) => *family,
            None => self.set_up_program(provider, "ann", now),
        };
        self.tokens(family, 0, now)
    }

    /// Somebody else signs in to a program, or the same one again.
    pub fn set_up_program(&mut self, provider: &str, user: &str, now: u64) -> usize {
        let mut known = self.families.iter();
        let known = known.position(|family| family.pool == provider && family.user == user);
        let family = known.unwrap_or_else(|| self.new_family(provider, user, now));
        self.families[family].ends = u64::MAX;
        self.programs.insert(provider.to_owned(), family);
        family
    }

    /// When the last ID token of a family ends.
    pub fn id_ends(&self, family: usize) -> u64 {
        let ids = self.ids.iter().filter(|id| id.family == family);
        ids.map(|id| id.expires).max().unwrap_or_default()
    }

    pub fn fetch(
        &mut self,
        spec: &ProfileSpec,
        proof: &Proof,
        identity: Option<&str>,
        begun: u64,
        now: u64,
    ) -> Result<Fetched, Fault> {
        let Proof::IdToken(id_token) = proof else {
            return Err(Fault::new(FaultKind::Misconfigured, "Nobody's keys."));
        };
        let number = number_after(id_token.expose(), "-i-").unwrap();
        let id = &self.ids[number];
        if id.expires <= now {
            return Err(Fault::new(FaultKind::TokenStale, "Token expired."));
        }
        let family = id.family;
        if self.checks
            && let Some(end) = self.end_of(family, now)
        {
            return Err(ended(end));
        }
        let user = self.families[family].user.clone();
        let pool = &spec.pool().unwrap().identity_pool_id;
        let place = (pool.clone(), user.clone());
        let version = *self.identities.entry(place).or_default();
        let known = format!("identity-{user}-{version}");
        if identity.is_some_and(|identity| identity != known) {
            return Err(Fault::new(FaultKind::IdentityConflict, "Linked elsewhere."));
        }
        self.keys.push(Issued {
            spec: spec.clone(),
            family,
            begun,
            expires: now + self.keys_life,
            life: self.keys_life,
        });
        let number = self.keys.len() - 1;
        Ok(Fetched {
            identity: Some(known),
            keys: Keys {
                access_key_id: Secret::new(format!("{MARK}-k-{number}")),
                secret_access_key: Secret::new(format!("{MARK}-s-{number}")),
                session_token: Secret::new(format!("{MARK}-t-{number}")),
                life: life_of(self.keys_life, now),
            },
        })
    }

    /// An administrator links all identities anew.
    pub fn relink(&mut self) {
        for version in self.identities.values_mut() {
            *version += 1;
        }
    }
}

/// Whose keys they are.
pub fn owner(spec: &ProfileSpec) -> &LoginName {
    spec.pool().and_then(|pool| pool.login.as_ref()).unwrap()
}

pub fn user(name: &str) -> User {
    User {
        sub: format!("sub-{name}"),
        username: name.to_owned(),
        email: None,
    }
}

/// The same, with the session that it is of.
pub fn user_of(family: usize, name: &str) -> User {
    User {
        email: Some(format!("f-{family}")),
        ..user(name)
    }
}

/// Of which session a user is.
pub fn family_of(user: &User) -> Option<usize> {
    number_after(user.email.as_deref()?, "f-")
}

pub fn write_token(family: usize, generation: usize) -> Secret {
    Secret::new(format!("{MARK}-r-{family}-{generation}"))
}

pub fn read_token(text: &str) -> Option<(usize, usize)> {
    let (_, rest) = text.split_once("-r-")?;
    let (family, generation) = rest.split_once('-')?;
    Some((family.parse().ok()?, generation.parse().ok()?))
}

pub fn read_device(device: &Device) -> Option<usize> {
    number_after(&device.key, "device-")
}

/// The number that stands behind `mark`.
pub fn number_after(text: &str, mark: &str) -> Option<usize> {
    let (_, rest) = text.split_once(mark)?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

pub fn write_device(number: usize) -> String {
    format!("eu-west-1_device-{number}")
}

fn device_gone() -> Fault {
    Fault::new(FaultKind::DeviceGone, "Device does not exist.")
}

pub fn ended(end: Ended) -> Fault {
    Fault::new(FaultKind::Ended(end), "It is over.")
}

fn life_of(length: u64, now: u64) -> Life {
    Life {
        length: Duration::from_millis(length),
        server: Some(UnixTime::from_secs(EPOCH + (now / SECOND).cast_signed())),
    }
}
