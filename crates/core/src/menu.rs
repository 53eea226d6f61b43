//! The tray's icon, tooltip and menu: a pure function of what the daemon told last.
//!
//! It is painted by `poolkey-tray` on Linux and by the desktop app elsewhere. Whoever paints asks
//! for it anew whenever a snapshot comes in, and whenever the menu is about to be shown, so that
//! the times in it are true without a timer.

use crate::environment::Shell;
use crate::failure::Code;
use crate::messages::Language;
use crate::name::{LoginName, ProfileName};
use crate::snapshot::{LoginState, LoginView, Snapshot};
use crate::time::UnixTime;

pub mod icon;
mod items;
mod lines;

/// What is shown, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// What the daemon told last; `None` while it is not there.
    pub snapshot: Option<Snapshot>,
    /// The person's language.
    pub language: Language,
    /// Whether Poolkey starts when the person logs in to this computer.
    pub at_login: bool,
    /// Whether there is a program that shows windows.
    pub window: bool,
}

/// The tray as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// What the icon says.
    pub icon: Icon,
    /// The same in words.
    pub tooltip: String,
    /// The items from top to bottom.
    pub items: Vec<Item>,
}

/// What the icon says at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// Somebody is signed in, and nothing stands in the way.
    Well,
    /// A session is over: a person must sign in again.
    NeedsSignIn,
    /// Something is being waited for: a sign-in, the network, the keychain, the daemon.
    Waiting,
    /// Nobody is signed in.
    Nobody,
}

/// An item of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Words alone.
    Label(String),
    /// What can be done.
    Action(String, Action),
    /// What can be switched.
    Check(String, Switch, Action),
    /// A menu of its own.
    Submenu(String, Vec<Item>),
    /// A line.
    Separator,
}

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sign in.
    SignIn(LoginName),
    /// Sign out.
    SignOut(LoginName),
    /// Renew tokens and keys.
    Renew(LoginName),
    /// Copy a profile's keys as environment variables.
    Copy(ProfileName, Shell),
    /// Open the main window.
    Open,
    /// Add a login, in the main window.
    AddLogin,
    /// Start the daemon.
    StartDaemon,
    /// Start at login, or do not.
    StartAtLogin(Switch),
    /// End the icon, and leave the daemon.
    QuitIcon,
    /// End both.
    QuitAll,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

impl From<bool> for Switch {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl std::ops::Not for Switch {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::On => Self::Off,
            Self::Off => Self::On,
        }
    }
}

/// The tray as a whole, as of now.
pub fn menu(shown: &Shown, now: UnixTime) -> Menu {
    let (icon, tooltip) = glance(shown, now);
    Menu {
        icon,
        tooltip,
        items: items::items(shown, now),
    }
}

/// What the icon says, and the same in words: what a person must do comes before what may pass.
fn glance(shown: &Shown, now: UnixTime) -> (Icon, String) {
    let language = shown.language;
    let Some(snapshot) = &shown.snapshot else {
        return (Icon::Waiting, language.say("tip.daemon_gone", &[]));
    };
    let those = |so: &dyn Fn(&LoginView) -> bool| -> Option<String> {
        let names = || snapshot.logins.iter().filter(|login| so(login));
        names().next()?;
        Some(language.list(names().map(|login| login.name.as_str())))
    };
    if let Some(logins) = those(&|login| login.state == LoginState::NeedsSignIn) {
        let text = language.say("tip.needs_sign_in", &[("logins", &logins)]);
        return (Icon::NeedsSignIn, text);
    }
    if snapshot.config.is_some() {
        return (Icon::Waiting, language.headline(Code::Config));
    }
    let obstacle = |login: &LoginView| obstacle(snapshot, login);
    if let Some(code) = snapshot.logins.iter().find_map(obstacle) {
        let logins = those(&|login| obstacle(login) == Some(code)).unwrap_or_default();
        let headline = language.headline(code);
        let places = [("headline", &*headline), ("logins", &*logins)];
        return (Icon::Waiting, language.say("tip.waiting", &places));
    }
    if let Some(logins) = those(&|login| is_awaited(snapshot, login, now)) {
        let text = language.say("tip.working", &[("logins", &logins)]);
        return (Icon::Waiting, text);
    }
    if let Some(logins) = those(&|login| login.state == LoginState::SignedIn) {
        let text = language.say("tip.signed_in", &[("logins", &logins)]);
        return (Icon::Well, text);
    }
    (Icon::Nobody, language.say("tip.nobody", &[]))
}

/// What stands in a login's way, or in the way of one of its profiles.
fn obstacle(snapshot: &Snapshot, login: &LoginView) -> Option<Code> {
    let of_login = login.trouble.as_ref();
    let members = snapshot.profiles.iter().filter(|profile| {
        profile.login.as_ref() == Some(&login.name) && login.state == LoginState::SignedIn
    });
    let of_profile = || {
        members
            .filter_map(|profile| profile.trouble.as_ref())
            .next()
    };
    of_login.or_else(of_profile).map(|failure| failure.code)
}

/// Whether somebody may be waiting for what is being done. An icon that changed at each renewal in
/// advance would only disturb.
fn is_awaited(snapshot: &Snapshot, login: &LoginView, now: UnixTime) -> bool {
    match login.state {
        LoginState::Unread | LoginState::SigningIn => true,
        LoginState::SignedIn => {
            let alive = |end: Option<UnixTime>| end.is_some_and(|end| end > now);
            let mut members = snapshot
                .profiles
                .iter()
                .filter(|profile| profile.login.as_ref() == Some(&login.name));
            login.working
                && !alive(login.id_token_expires)
                && !members.any(|profile| alive(profile.keys_expire))
        }
        LoginState::SignedOut | LoginState::NeedsSignIn => false,
    }
}
