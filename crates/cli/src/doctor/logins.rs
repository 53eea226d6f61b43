//! Who is signed in, until when, and what stands in the way of keys.

use std::net::TcpListener;

use poolkey_core::config::{Config, LoginSpec};
use poolkey_core::failure::Trouble;
use poolkey_core::name::LoginName;
use poolkey_core::snapshot::{LoginState, LoginView, ProfileView, Snapshot};
use poolkey_core::time::UnixTime;

use super::codes::Code;
use super::machine::Machine;
use super::report::Report;
use crate::words::{clean, until};

/// Which logins and profiles are looked at.
#[derive(Clone, Debug)]
pub(super) enum Scope {
    All,
    /// One login and its profiles.
    Login(String),
    /// One profile of Poolkey's and its login.
    Profile(String, Option<String>),
    /// A profile of the files of `~/.aws` that is nobody's here.
    Aws(String),
}

impl Scope {
    fn has_login(&self, name: &LoginName) -> bool {
        match self {
            Self::All => true,
            Self::Login(login) | Self::Profile(_, Some(login)) => name.as_str() == login,
            Self::Profile(_, None) | Self::Aws(_) => false,
        }
    }

    fn has_profile(&self, profile: &ProfileView) -> bool {
        match self {
            Self::All => true,
            Self::Login(login) => profile
                .login
                .as_ref()
                .is_some_and(|name| name.as_str() == login),
            Self::Profile(name, _) => profile.name.as_str() == name,
            Self::Aws(_) => false,
        }
    }

    /// The login to be examined by the daemon; `None` for all.
    pub(super) fn login(&self) -> Option<&str> {
        match self {
            Self::Login(login) | Self::Profile(_, Some(login)) => Some(login),
            Self::All | Self::Profile(_, None) | Self::Aws(_) => None,
        }
    }
}

pub(super) fn examine(machine: &Machine, snapshot: &Snapshot, scope: &Scope, report: &mut Report) {
    for view in snapshot
        .logins
        .iter()
        .filter(|view| scope.has_login(&view.name))
    {
        login(machine, view, report);
    }
    let mut told: Vec<&str> = snapshot
        .logins
        .iter()
        .filter_map(|login| Some(&*login.trouble.as_ref()?.sentence))
        .collect();
    for view in snapshot
        .profiles
        .iter()
        .filter(|view| scope.has_profile(view))
    {
        profile(machine, view, &mut told, report);
    }
    clock(snapshot.clock_ahead, report);
}

/// What a daemon that is not there cannot be in the way of.
pub(super) fn ports(
    machine: &Machine,
    snapshot: Option<&Snapshot>,
    scope: &Scope,
    report: &mut Report,
) {
    let Ok(config) = &machine.config else { return };
    for (name, spec) in config
        .logins
        .iter()
        .filter(|(name, _)| scope.has_login(name))
    {
        let is_signing_in = snapshot.is_some_and(|snapshot| {
            let mut logins = snapshot.logins.iter();
            logins.any(|login| login.name == *name && login.state == LoginState::SigningIn)
        });
        let ports = callback_ports(spec);
        if !is_signing_in && !ports.is_empty() && ports.iter().all(|port| is_taken(*port)) {
            let list: Vec<String> = ports.iter().map(u16::to_string).collect();
            report.bad(
                Code::CallbackPortsBusy,
                format!("login {name}"),
                format!(
                    "Another program listens on each port that a browser may come back to: {}.",
                    list.join(", ")
                ),
                "End that program, or register a URL with another port and add it to redirect_uris",
            );
        }
    }
}

/// The ports of registered addresses; none where any port will do.
fn callback_ports(spec: &LoginSpec) -> Vec<u16> {
    let browser = match spec {
        LoginSpec::UserPool(pool) => pool.managed_login.as_ref().map(|login| &login.browser),
        LoginSpec::Oidc(oidc) => Some(&oidc.browser),
        LoginSpec::Command(_) | LoginSpec::Guest => None,
    };
    let addresses = browser.map_or(&[][..], |browser| &browser.redirect_uris);
    let ports: Option<Vec<u16>> = addresses
        .iter()
        .map(|address| url::Url::parse(address).ok()?.port())
        .collect();
    ports.unwrap_or_default()
}

fn is_taken(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_err()
}

fn login(machine: &Machine, view: &LoginView, report: &mut Report) {
    let (name, now) = (&view.name, machine.now);
    let about = || format!("login {name}");
    match (view.state, view.ended) {
        (LoginState::NeedsSignIn, Some(ended)) => {
            let failure = Trouble::NeedsSignIn(name.clone(), ended).into();
            report.failure(Code::NeedsSignIn, about(), &failure);
        }
        (LoginState::NeedsSignIn, None) | (LoginState::SignedOut, _) => report.bad(
            Code::SignedOut,
            about(),
            "Nobody is signed in.",
            format!("poolkey login {name}"),
        ),
        (LoginState::SignedIn, _) => signed_in(view, now, report),
        (LoginState::Unread | LoginState::SigningIn, _) => {}
    }
    if let Some(failure) = &view.trouble {
        report.failure(Code::LoginTroubled, about(), failure);
    }
    if view.unrevoked > 0 {
        report.note(
            Code::SessionsUnrevoked,
            about(),
            "A session that is over here is not revoked at its provider yet; Poolkey tries again.",
        );
    }
}

fn signed_in(view: &LoginView, now: UnixTime, report: &mut Report) {
    let name = &view.name;
    let about = || format!("login {name}");
    let user = view.user.as_ref();
    let user = user.map_or("somebody", |user| {
        user.email.as_deref().unwrap_or(&user.username)
    });
    let token = view.id_token_expires.filter(|expires| *expires > now);
    let token = token.map_or_else(String::new, |expires| {
        format!(" (ID token for {})", until(expires, now))
    });
    match view.session_ends {
        Some(ends) if ends.secs_after(now) < SOON => report.bad(
            Code::SessionEndsSoon,
            about(),
            format!(
                "The session ends in {}, whatever is done.",
                until(ends, now)
            ),
            format!("poolkey login {name}"),
        ),
        Some(ends) => report.good(
            Code::LoginSignedIn,
            about(),
            format!(
                "{}, for {}{}{token}.",
                clean(user),
                if view.session_end_is_learnt {
                    "about "
                } else {
                    ""
                },
                until(ends, now)
            ),
        ),
        None => {
            report.good(
                Code::LoginSignedIn,
                about(),
                format!("{}{token}.", clean(user)),
            );
            if view.renews.is_some() {
                report.bad(
                    Code::SessionEndUnknown,
                    about(),
                    "No provider tells when its session ends, so nobody can be warned before.",
                    format!("Set session_life = \"30d\", or what the app client says, under [login.{name}]"),
                );
            }
        }
    }
    match (view.renews, view.id_token_expires) {
        (Some(renews), Some(expires)) if !view.working => {
            // A token is renewed with ten minutes left, or a third of a shorter life.
            let lead = expires.secs_after(renews);
            if (1..LEAD).contains(&lead) {
                report.bad(
                    Code::IdTokenShort,
                    about(),
                    format!(
                        "Its ID tokens live for about {} only: each renewal is a call, and a billed \
                         one where nobody else uses the login.",
                        until(UnixTime::from_secs(lead * 3), UnixTime::default())
                    ),
                    "Ask the pool's administrator for ID tokens of an hour (IdTokenValidity)",
                );
            }
        }
        (None, _) if !view.working && view.trouble.is_none() => report.note(
            Code::LoginRests,
            about(),
            "No tool has asked for a while, so it is renewed when one does.",
        ),
        (Some(_) | None, _) => {}
    }
}

fn profile(machine: &Machine, view: &ProfileView, told: &mut Vec<&str>, report: &mut Report) {
    let about = || format!("profile {}", view.name);
    let written = view.written.as_ref();
    if let Some(failure) = written.and_then(|written| written.trouble.as_ref()) {
        report.failure(Code::KeysNotWritten, about(), failure);
    }
    match &view.trouble {
        // What stands in the way of a login stands in the way of its profiles.
        Some(failure) if told.contains(&&*failure.sentence) => {}
        Some(failure) => report.failure(Code::ProfileTroubled, about(), failure),
        None => {
            if let Some(ends) = view.keys_expire.filter(|ends| *ends > machine.now) {
                report.good(
                    Code::ProfileWorks,
                    about(),
                    format!("It has keys, for {}.", until(ends, machine.now)),
                );
            }
        }
    }
}

/// The zone is of no matter: only what the clock shows in UTC is compared.
fn clock(ahead: Option<i64>, report: &mut Report) {
    match ahead {
        Some(secs) => {
            let by = until(
                UnixTime::from_secs(secs.saturating_abs()),
                UnixTime::default(),
            );
            let side = if secs > 0 { "ahead of" } else { "behind" };
            report.bad(
                Code::ClockOff,
                "clock",
                format!(
                    "It is {by} {side} Amazon's. Poolkey makes up for it; tools that sign requests \
                     by it may be refused from five minutes on."
                ),
                "sudo timedatectl set-ntp true",
            );
        }
        None => report.good(
            Code::ClockAgrees,
            "clock",
            "It agrees with Amazon's, as far as is known.",
        ),
    }
}

/// The scope of a name.
pub(super) fn scope_of(name: &str, config: &Config) -> Option<Scope> {
    if let Some(profile) = config.profiles.keys().find(|known| known.as_str() == name) {
        let login = config.login_of(profile).filter(|login| !login.is_guest());
        return Some(Scope::Profile(
            name.to_owned(),
            login.map(|login| login.to_string()),
        ));
    }
    let mut logins = config.logins.keys();
    logins
        .any(|known| known.as_str() == name)
        .then(|| Scope::Login(name.to_owned()))
}

const SOON: i64 = 3600;

/// Below the ten minutes of a token that lives for an hour.
const LEAD: i64 = 590;
