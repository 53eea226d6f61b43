//! The container credentials endpoint: keys over HTTP on loopback, for whoever was lent them.
//!
//! ```text
//!  serve ──▶ Endpoint ──┬─ grants   who has which token, for whose keys, until when
//!               │       ├─ store    all of them, for the next daemon, which takes them up
//!               │       └─ process  with whose end the others end
//!               ▼
//!             doors ──▶ http ──▶ guard: may this request pass? ──▶ engine ──▶ answer
//! ```
//!
//! There is no listener while there is no grant. Keys are asked of the engine each time, as the shim
//! does; nothing of them is kept here.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::ProfileName;
use poolkey_core::secret::Secret;
use poolkey_core::time::Now;
use poolkey_ipc::grant::{EndpointView, Grant};
use tokio::sync::{Mutex, mpsc};
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use crate::clock;
use crate::engine::Engine;

mod answer;
mod doors;
mod grants;
mod guard;
mod http;
mod life;
mod process;
mod requests;
mod store;
mod takeup;
mod trouble;

pub(crate) use self::process::Process;

use self::doors::Doors;
use self::grants::{Draft, End, Lent, Tie, TokenHash, check_name};
use self::http::{Asking, Desk};
use self::store::{Kept, Store};

/// Lends keys, and takes them back.
pub(crate) struct Endpoint {
    engine: Rc<Engine>,
    desk: Arc<Desk>,
    store: Store,
    doors: RefCell<Doors>,
    /// The port of the named grants, which other programs' configuration names; and of the others,
    /// where it is free.
    kept_port: Cell<Option<u16>>,
    /// Why a port is not open that somebody needs.
    port_taken: RefCell<Option<Failure>>,
    /// The named grants of an earlier daemon that are not believed.
    doubtful: RefCell<BTreeMap<String, Failure>>,
    /// Who waits for the end of each grant.
    ends: RefCell<BTreeMap<u64, AbortHandle>>,
    /// One change at a time: each waits for the disk.
    turn: Mutex<()>,
}

impl Endpoint {
    /// Takes up what an earlier daemon left in this directory.
    pub(crate) async fn open(engine: Rc<Engine>, directory: PathBuf) -> Rc<Self> {
        let (asking, asked) = mpsc::channel(ASKING);
        let endpoint = Rc::new(Self {
            engine,
            desk: Desk::new(asking),
            store: Store::at(directory),
            doors: RefCell::default(),
            kept_port: Cell::new(None),
            port_taken: RefCell::default(),
            doubtful: RefCell::default(),
            ends: RefCell::default(),
            turn: Mutex::default(),
        });
        tokio::task::spawn_local(endpoint.clone().hand_on(asked));
        endpoint.take_up().await;
        endpoint
    }

    /// Lends the keys of a profile: under a name, or to the process that asks.
    ///
    /// # Errors
    ///
    /// What to tell whoever asks. Nothing is lent then.
    pub(crate) async fn lend(
        self: &Rc<Self>,
        profile: String,
        name: Option<String>,
        seconds: Option<u32>,
        peer: impl FnOnce() -> io::Result<Process>,
    ) -> Result<Grant, Failure> {
        let profile = self.known(profile)?;
        let now = clock::now();
        let end = end(seconds, now)?;
        match name {
            Some(name) => {
                check_name(&name)?;
                self.lend_by_name(profile, name, end, now).await
            }
            None => {
                let process = peer().map_err(|error| trouble::unwatched(&error.to_string()))?;
                self.lend_to(process, profile, end, now).await
            }
        }
    }

    /// Takes a grant back.
    ///
    /// # Errors
    ///
    /// There is none, or a named one cannot be forgotten: it is over all the same.
    pub(crate) async fn revoke(&self, id: &str) -> Result<(), Failure> {
        let _turn = self.turn.lock().await;
        let number = self.desk.grants().by_id(id).map(|lent| lent.number);
        match number {
            Some(number) => self.finish(number, "revoked").await,
            None => {
                check_name(id).map_err(|_| trouble::unknown(id))?;
                self.doubtful.borrow_mut().remove(id);
                if self.forget(id.to_owned()).await? {
                    self.engine.announce();
                    return Ok(());
                }
                Err(trouble::unknown(id))
            }
        }
    }

    /// What people are shown; nothing while nothing is lent.
    pub(crate) fn view(&self) -> Option<EndpointView> {
        let grants = self.desk.grants().views();
        let doubtful = self.doubtful.borrow();
        let trouble = self.port_taken.borrow().clone();
        let trouble = trouble.or_else(|| doubtful.values().next().cloned());
        if grants.is_empty() && trouble.is_none() {
            return None;
        }
        let named = self.desk.grants().any_named() || self.doors.borrow().any().is_none();
        let kept = self.kept_port.get().filter(|_| named);
        let port = kept.or(self.doors.borrow().any());
        Some(EndpointView {
            url: url(port.unwrap_or_default()),
            grants,
            trouble,
        })
    }

    /// Listens nowhere any more.
    pub(crate) fn close(&self) {
        self.doors.borrow_mut().close();
    }

    async fn lend_to(
        self: &Rc<Self>,
        process: Process,
        profile: ProfileName,
        end: Option<End>,
        now: Now,
    ) -> Result<Grant, Failure> {
        let _turn = self.turn.lock().await;
        let token = token()?;
        let port = self.open_any().await?;
        let draft = Draft {
            tie: Tie::Process {
                pid: process.pid(),
                port,
            },
            profile,
            token: TokenHash::of(token.expose().as_bytes()),
            since: now.wall,
            end,
        };
        let lent = self.desk.grants().add(draft)?.clone();
        if let Err(failure) = self.keep_exec(&lent, &process, port).await {
            tracing::warn!(grant = lent.id(), "lent until this daemon ends: {failure}");
        }
        tracing::info!(profile = %lent.profile, grant = lent.id(), pid = process.pid(), "lent");
        self.watch(&lent, Some(process));
        self.engine.announce();
        Ok(self.grant(&lent, token, port))
    }

    async fn lend_by_name(
        self: &Rc<Self>,
        profile: ProfileName,
        name: String,
        end: Option<End>,
        now: Now,
    ) -> Result<Grant, Failure> {
        let _turn = self.turn.lock().await;
        let standing = self.standing(&name, &profile)?;
        let port = self.open_kept().await?;
        let (since, end) = match &standing {
            Some(lent) => (lent.since, end.or(lent.end)),
            None => (now.wall, end),
        };
        let token = match standing.as_ref().and_then(Lent::secret) {
            Some(token) => token.clone(),
            None => token()?,
        };
        let kept = Kept {
            name: name.clone(),
            profile: profile.clone(),
            since,
            until: end.map(|end| end.until),
            token: token.clone(),
        };
        let lent = match standing {
            Some(mut lent) => {
                self.keep(kept).await?;
                lent.end = end;
                if let Some(known) = self.desk.grants().by_number(lent.number) {
                    known.end = end;
                }
                lent
            }
            None => {
                let draft = Draft {
                    tie: Tie::Name {
                        name: name.clone(),
                        token: token.clone(),
                    },
                    profile,
                    token: TokenHash::of(token.expose().as_bytes()),
                    since,
                    end,
                };
                let lent = self.desk.grants().add(draft)?.clone();
                if let Err(failure) = self.keep(kept).await {
                    // What there is of it on disk is no grant, or goes with the next.
                    let _ = self.finish(lent.number, "not kept").await;
                    return Err(failure);
                }
                lent
            }
        };
        self.doubtful.borrow_mut().remove(&name);
        self.open_socket(&name, port);
        tracing::info!(profile = %lent.profile, grant = name, until = ?kept_until(&lent), "lent");
        self.watch(&lent, None);
        self.engine.announce();
        Ok(self.grant(&lent, token, port))
    }

    /// The named grant as it stands. A name is of one profile, however it is written.
    fn standing(&self, name: &str, profile: &ProfileName) -> Result<Option<Lent>, Failure> {
        let grants = self.desk.grants();
        let Some(lent) = grants.named(name) else {
            return Ok(None);
        };
        // Where a file system takes both for one, they would share a directory.
        if lent.profile == *profile && lent.name() == Some(name) {
            return Ok(Some(lent.clone()));
        }
        Err(trouble::taken(name, &lent.id(), &lent.profile))
    }

    fn known(&self, profile: String) -> Result<ProfileName, Failure> {
        let config = self.engine.config();
        profile
            .parse::<ProfileName>()
            .ok()
            .filter(|name| config.profiles.contains_key(name))
            .ok_or_else(|| Trouble::UnknownProfile(profile).into())
    }

    fn grant(&self, lent: &Lent, token: Secret, port: u16) -> Grant {
        Grant {
            url: format!("{}{}{}", url(port), guard::PATH, lent.id()),
            token,
            token_file: lent.name().map(|name| self.store.token_file(name)),
            view: lent.view(),
        }
    }
}

fn kept_until(lent: &Lent) -> Option<i64> {
    lent.end.map(|end| end.until.secs())
}

fn end(seconds: Option<u32>, now: Now) -> Result<Option<End>, Failure> {
    match seconds {
        None => Ok(None),
        Some(0) => Err(trouble::no_time()),
        Some(seconds) => {
            let length = Duration::from_secs(seconds.into());
            Ok(Some(End {
                until: now.wall + length,
                at: now.at + length,
            }))
        }
    }
}

/// 256 bits of the system's own randomness.
fn token() -> Result<Secret, Failure> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| trouble::no_randomness())?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(*bytes)))
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// As many as there are connections.
const ASKING: usize = 256;
